"""Chance is the same for the same seed, on every machine and in every version: seeds are kept in notes and tests."""

from concertato.simulation.dice import Dice, seed_of


def test_seeds_of_cases_stay_what_they_are() -> None:
    assert [seed_of(1, number) for number in range(3)] == [2791857979, 3602223452, 1731915440]


def test_what_is_drawn_stays_what_it_is() -> None:
    dice = Dice(7)
    assert round(dice.share(), 6) == 0.323833
    assert dice.pick("abc") == "a"
    assert round(dice.around(1.0), 6) == 2.185621
    assert dice.weighted("xy", [1, 9]) == "y"


def test_a_weight_is_how_often_it_is_taken() -> None:
    dice = Dice(1)
    drawn = [dice.weighted("xy", [1, 9]) for _ in range(1000)]
    assert 60 < drawn.count("x") < 140
