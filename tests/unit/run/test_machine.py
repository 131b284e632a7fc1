"""The one door: what does not fit is refused, whatever it is, and changes nothing."""

from typing import Any

import pytest

from concertato.errors import FailureKind
from concertato.run.commands import FinishRun
from concertato.run.events import (
    AnyEvent,
    AttemptFailed,
    CancelRequested,
    CompensationFailed,
    CompensationSucceeded,
    Failure,
    LateResult,
    NodeSucceeded,
    PlanEdited,
    Raw,
    RunFinished,
    RunPaused,
    RunResumed,
    SignalReceived,
    TimerFired,
)
from support.histories import START
from support.stepping import Stepped, task, undoable

FAILURE = Failure(FailureKind.INTERNAL, "m")
NULL = Raw(b"null")


def running() -> Stepped:
    return Stepped({"nodes": [undoable("a", timeout=5), task("b", inputs=["a.output"])]})


UNFITTING: list[AnyEvent] = [
    NodeSucceeded(at=START, path="a", output=NULL, attempt=2),
    NodeSucceeded(at=START, path="b", output=NULL),
    NodeSucceeded(at=START, path="", output=NULL),
    NodeSucceeded(at=START, path="a[0]/b", output=NULL),
    AttemptFailed(at=START, path="a", failure=FAILURE, attempt=0),
    CompensationSucceeded(at=START, path="a"),
    CompensationSucceeded(at=START, path="a~undo"),
    CompensationFailed(at=START, path="a", failure=FAILURE),
    TimerFired(at=START, timer="timeout:a#2"),
    TimerFired(at=START, timer="run:"),
    RunResumed(at=START),
    *(PlanEdited(at=START, patch=Raw(patch), plan="") for patch in (b"[]", b"1", b'"x"', b"null", b'{"add": 1}', b"{")),
    PlanEdited(at=START, patch=Raw(b'{"in": "nowhere/at/all"}'), plan=""),
]


@pytest.mark.parametrize("event", UNFITTING, ids=lambda event: type(event).__name__)
def test_what_does_not_fit_is_refused_and_changes_nothing(event: AnyEvent) -> None:
    run = running()
    assert run.refusal(event).reason
    (_, _, before, after) = run.refused[-1]
    assert before == after


def test_an_answer_that_nobody_waits_for_is_late() -> None:
    run = running()
    run.answer("a")
    assert run.refusal(NodeSucceeded(at=START, path="a", output=NULL)).late
    assert not run.refusal(TimerFired(at=START, timer="timeout:a#1")).late


def test_a_run_begins_once() -> None:
    run = running()
    assert run.refusal(run.started).reason == "the run has started already"


def test_a_run_that_has_ended_refuses_everything_but_the_record_of_it() -> None:
    run = Stepped({"nodes": [task("a")]})
    run.answer("a")
    assert run.end == "succeeded"
    happening: list[Any] = [*UNFITTING, RunPaused(at=START), CancelRequested(at=START)]
    happening.append(SignalReceived(at=START, name="s", payload=NULL))
    for event in happening:
        refusal = run.refusal(event)
        assert (refusal.reason, refusal.late) == ("the run has ended (succeeded)", True)
    assert run.send(RunFinished(at=START, status="succeeded")) is None
    assert run.send(LateResult(at=START, path="a", attempt=1, outcome="succeeded")) is None
    assert run.turns[-1].commands == []


def test_a_paused_run_records_answers_and_starts_nothing() -> None:
    run = running()
    run.pause()
    run.answer("a", 1)
    assert run.called == []
    assert run.statuses == {"a": "succeeded", "b": "queued"}
    run.resume()
    assert run.called == ["b"]


def test_a_run_is_paused_once() -> None:
    run = running()
    run.pause()
    assert run.refusal(RunPaused(at=START)).reason == "only a running run can be paused; this one is paused"


def test_a_paused_run_in_which_nothing_is_left_succeeds() -> None:
    run = Stepped({"nodes": [task("a")]})
    run.pause()
    run.answer("a", 1)
    assert run.outputs == {"a": 1}


def test_a_paused_run_in_which_something_fails_is_stopped_and_undone() -> None:
    run = Stepped({"nodes": [undoable("a"), task("b"), task("c", inputs=["a.output"])]})
    run.answer("a")
    run.pause()
    run.fail("b")
    assert run.called == ["c"]
    run.fail("c", "cancelled")
    run.undone("a")
    assert run.end == "rolled_back"


def test_the_end_is_the_last_command_and_takes_the_timers_with_it() -> None:
    run = Stepped({"timeout": 1000, "nodes": [task("a")]})
    assert run.world.timers == {"run:": START + 1000}
    run.answer("a", 1)
    assert run.world.timers == {}
    assert isinstance(run.turns[-1].commands[-1], FinishRun)


def test_what_a_fork_takes_over_is_not_asked_for_nor_undone() -> None:
    nodes = [undoable("a"), undoable("b", inputs=["a.output"]), task("c", inputs=["b.output"])]
    run = Stepped({"nodes": nodes}, taken={"a": 1}, relation="fork")
    assert run.given("b") == {"a": 1}
    run.answer("b", 2)
    run.fail("c")
    run.undone("b")
    assert run.end == "rolled_back"
    assert run.statuses["a"] == "succeeded"


def test_what_a_retry_takes_over_is_undone_with_the_rest() -> None:
    nodes = [undoable("a"), undoable("b", inputs=["a.output"]), task("c", inputs=["b.output"])]
    run = Stepped({"nodes": nodes}, taken={"a": 1, "b": 2}, relation="retry")
    run.fail("c")
    run.undone("b")
    run.undone("a")
    assert run.end == "rolled_back"


def test_a_long_chain_of_computed_nodes_is_followed_in_one_step() -> None:
    """Without recursion: thousands of nodes of which no agent is asked."""
    nodes: list[dict[str, Any]] = [{"id": "n0", "type": "set", "inputs": {"x": "0"}}]
    nodes += [{"id": f"n{i}", "type": "set", "inputs": {"x": f"n{i - 1}.output.x"}} for i in range(1, 3000)]
    assert Stepped({"nodes": nodes}).outputs == {"n2999": {"x": 0}}


def test_a_long_chain_of_skipped_nodes_is_followed_in_one_step() -> None:
    nodes: list[dict[str, Any]] = [
        {"id": "way", "type": "switch", "cases": [{"when": "run.id == 'another'", "to": "n0"}]}
    ]
    nodes += [task(f"n{i}") for i in range(3000)]
    edges = [{"from": f"n{i - 1}", "to": f"n{i}"} for i in range(1, 3000)]
    assert Stepped({"nodes": nodes, "edges": edges}).statuses["n2999"] == "skipped"
