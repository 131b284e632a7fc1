"""The exit statuses are a promise to scripts."""

import pytest

from concertato.cli.exits import MEANING, Exit, of_error, of_status
from concertato.definition.problem import DefinitionError
from concertato.errors import JournalLocked, RunFailed, UnknownAgent, UnknownRun


def test_every_exit_status_has_a_meaning() -> None:
    assert set(MEANING) == set(Exit)


@pytest.mark.parametrize(
    ("error", "exit_"),
    [
        (JournalLocked("x"), 4),
        (DefinitionError([]), 2),
        (UnknownRun("x"), 2),
        (UnknownAgent("x"), 2),
        (RunFailed("x", run_id="r"), 1),
        (ZeroDivisionError(), 70),
    ],
)
def test_who_must_act_decides_the_exit_status(error: Exception, exit_: int) -> None:
    assert of_error(error) == exit_


@pytest.mark.parametrize(
    ("status", "exit_"),
    [("succeeded", 0), ("failed", 1), ("rolled_back", 1), ("cancelled", 1), ("running", 3), ("paused", 3)],
)
def test_a_run_that_has_not_ended_is_neither_well_nor_ill(status: str, exit_: int) -> None:
    assert of_status(status) == exit_
