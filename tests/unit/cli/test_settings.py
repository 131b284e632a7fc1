"""What the environment sets."""

from pathlib import Path

import pytest

from concertato.errors import RequestError
from concertato.settings import Settings, from_environ


def test_an_empty_environment_gives_the_defaults() -> None:
    assert from_environ({}) == Settings(
        journal=Path(".concertato/journal.db"), durability="full", agents=(), colour=None
    )


def test_an_empty_variable_counts_as_unset() -> None:
    assert from_environ({"CONCERTATO_JOURNAL": "", "CONCERTATO_DURABILITY": "", "NO_COLOR": ""}) == Settings()


def test_every_variable_reaches_its_setting() -> None:
    environ = {"CONCERTATO_JOURNAL": "x.db", "CONCERTATO_DURABILITY": "process", "CONCERTATO_AGENTS": "a.py, b"}
    assert from_environ(environ) == Settings(journal=Path("x.db"), durability="process", agents=("a.py", "b"))


@pytest.mark.parametrize(
    ("environ", "colour"),
    [({"NO_COLOR": "1"}, False), ({"FORCE_COLOR": "1"}, True), ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False)],
)
def test_no_colour_wins_over_colour(environ: dict[str, str], colour: bool) -> None:
    assert from_environ(environ).colour is colour


def test_a_durability_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(RequestError, match="expected CONCERTATO_DURABILITY to be full or process, got: 'none'"):
        from_environ({"CONCERTATO_DURABILITY": "none"})
