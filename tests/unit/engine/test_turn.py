"""The turn takes one event whole, and knows an answer that comes too late or twice."""

from typing import Any

import pytest

from concertato.engine.turn import take
from concertato.errors import FailureKind
from concertato.plan.compile import compile_plan
from concertato.run.events import (
    AnyEvent,
    AttemptFailed,
    Failure,
    LateResult,
    NodeSucceeded,
    Raw,
    RecoveryDecided,
    RunStarted,
)
from concertato.run.machine import begin
from concertato.run.state import Run

TWO: dict[str, Any] = {
    "name": "two",
    "nodes": [{"id": "first", "type": "work"}, {"id": "second", "type": "work", "inputs": ["first.output"]}],
}


@pytest.fixture
def run() -> Run:
    plan = compile_plan(TWO)
    started = RunStarted(at=0.0, run_id="r", workflow="two", plan=plan.fingerprint, inputs={}, task_root="r")
    return begin(plan, started)[0]


def answer(text: bytes, at: float) -> NodeSucceeded:
    return NodeSucceeded(at=at, path="first", output=Raw(text))


def test_an_answer_leads_to_the_next_call(run: Run) -> None:
    event = answer(b"1", at=1.0)
    taken = take(run, event)
    assert isinstance(taken, tuple)
    assert taken[0] is event
    assert [command.path for command in taken[1]] == ["second"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "second",
    [
        answer(b"2", at=2.0),
        AttemptFailed(at=2.0, path="first", failure=Failure(FailureKind.INTERNAL, "after all")),
        RecoveryDecided(at=2.0, path="first", answer=Raw(b"{}")),
    ],
    ids=["another result", "a failure", "a recovery agent's"],
)
def test_the_first_of_two_answers_counts_and_the_second_is_late(run: Run, second: AnyEvent) -> None:
    take(run, answer(b"1", at=1.0))
    taken = take(run, second)
    assert isinstance(taken, tuple)
    record, commands = taken
    assert isinstance(record, LateResult)
    assert commands == []
    assert run.root.outputs[0] == b"1"
