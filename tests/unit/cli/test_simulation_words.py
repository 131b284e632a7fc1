"""A simulation's report in words: rare ends, long paths, and text that is not to be obeyed by a terminal."""

import io

from msgspec.structs import replace

from concertato import SimulationReport, simulate
from concertato.cli.screen import Screen
from concertato.cli.simulation.telling import Telling
from concertato.simulation.outcome import Step
from concertato.simulation.report import EndReached, Surprise
from concertato.simulation.story import Moment

REPORT = simulate({"name": "one", "nodes": [{"id": "work", "type": "work"}]}, runs=2, faults="none")


def told(report: SimulationReport) -> str:
    stream = io.StringIO()
    Telling(Screen(stream), "concertato simulate one.yaml").tell(report)
    return stream.getvalue()


def test_every_end_has_its_words() -> None:
    def end(kind: str, at: str) -> EndReached:
        return EndReached(end=kind, at=at, kinds={}, runs=1, share=0.5, seed=1)  # type: ignore[arg-type]

    ends = [end("waits", "signal 'go' at wait"), end("endless", "try"), end("fault", ""), end("rolled_back", "pay")]
    text = told(replace(REPORT, ends=ends))
    for words in (
        "waits for ever for signal 'go' at wait",
        "stopped, since it may have no end (most at try)",
        "a fault of Concertato itself",
        "rolled back at pay",
    ):
        assert words in text


def test_of_a_long_path_the_middle_is_left_out() -> None:
    path = [Step(f"n{number}", "attempt", 1.0) for number in range(40)]
    text = " ".join(told(replace(REPORT, length=replace(REPORT.length, longest_path=path))).split())
    assert "n5 1.00 s, … 28 more, 28.00 s …, n34 1.00 s" in text
    assert "n20" not in text


def test_what_took_the_time_is_told() -> None:
    path = [
        Step("pay", "time-out", 5.0),
        Step("pay", "back-off", 1.0),
        Step("review", "silence", 3600.0),
        Step("go", "signal", 2.0),
        Step("", "workflow time-out", 7.0),
    ]
    text = " ".join(told(replace(REPORT, length=replace(REPORT.length, longest_path=path))).split())
    assert (
        "pay (no answer in time) 5.00 s, pay (before it is tried again) 1.00 s, review (nobody decided) 1h 00m" in text
    )


def test_control_characters_are_shown_and_not_obeyed() -> None:
    ill = replace(REPORT, workflow="one\x1b[2J", ends=[replace(REPORT.ends[0], at="\x1b[31mx")])
    assert "\x1b" not in told(ill)
    assert "one\\u001b[2J" in told(ill)


def test_a_simulation_that_was_interrupted_says_how_far_it_came() -> None:
    assert "2 of 1,000 simulated runs" in told(replace(REPORT, wanted=1000))


def test_no_more_than_a_few_findings_are_told_and_the_first_that_has_a_run_is_shown() -> None:
    def missed(number: int, seed: int | None) -> Surprise:
        text = f"n{number} was never reached"
        return Surprise(kind="never_reached", place=f"n{number}", text=text, runs=2, share=1.0, seed=seed)

    text = told(replace(REPORT, surprises=[missed(number, None) for number in range(3000)]))
    assert "3000 surprises" in text
    assert "20  n19 was never reached" in text
    assert "n20 " not in text
    assert "… and 2,980 more; --json has them all" in text
    assert "see one of them" not in text
    assert "concertato simulate one.yaml --seed 7 --runs 1" in told(
        replace(REPORT, surprises=[missed(1, None), missed(2, 7)])
    )


def test_where_there_is_nothing_more_to_tell_the_last_line_says_so() -> None:
    assert told(REPORT).endswith("\n\nno surprises\n")


def test_of_many_ends_the_first_are_told() -> None:
    ends = [EndReached(end="failed", at=f"n{n}", kinds={}, runs=1, share=0.01, seed=1) for n in range(33)]
    text = told(replace(REPORT, ends=ends, runs=100))
    assert "failed at n19" in text
    assert "failed at n20" not in text
    assert "13.0%      13  at 13 other places; --json has them all" in text


def test_what_no_run_came_to_is_listed() -> None:
    text = " ".join(told(replace(REPORT, unreached=[f"n{n}" for n in range(40)])).split())
    assert "no run came to n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11 and 28 more" in text


def test_the_options_that_repeat_a_run_stay_together() -> None:
    surprise = Surprise(
        kind="endless", place="n", text="t", runs=1, share=0.5, seed=3358183542, where="a_longer_name.yaml:12:5"
    )
    for width in range(60):
        text = told(replace(REPORT, surprises=[replace(surprise, where="x" * width)]))
        assert "repeat one: --seed 3358183542 --runs 1" in text.partition("see one of them")[0]


def test_a_report_as_text_counts_in_english() -> None:
    once = replace(REPORT, runs=1, surprises=[Surprise(kind="endless", place="n", text="t", runs=1, share=1, seed=7)])
    assert str(once).startswith("1 run of one simulated, ")
    assert str(once).endswith("endless: t; in 1 run, such as seed=7, runs=1")


def test_late_in_a_story_one_second_is_told_from_the_next() -> None:
    moments = [Moment(at, "answered", "work", "work answers") for at in (0.256, 3607.25, 3608.5, 90_000.0)]
    lines = told(replace(REPORT, story=moments)).splitlines()
    assert [line.split()[0] for line in lines if "work answers" in line] == [
        "0.26",
        "1:00:07.25",
        "1:00:08.50",
        "25:00:00.00",
    ]


def test_no_clock_of_a_story_shows_sixty_seconds() -> None:
    moments = [Moment(at, "answered", "work", "work answers") for at in (599.994, 599.996, 659.996, 3599.999)]
    lines = told(replace(REPORT, story=moments)).splitlines()
    assert [line.split()[0] for line in lines if "work answers" in line] == [
        "599.99",
        "0:10:00.00",
        "0:11:00.00",
        "1:00:00.00",
    ]
