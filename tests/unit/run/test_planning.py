"""Plan nodes: a proposal is opened as any body, goes back once, and then is a failure."""

from typing import Any

from support.stepping import Stepped, escalate, task, undoable

GOOD: dict[str, Any] = {"nodes": [undoable("x"), task("y", inputs=["x.output"])]}
BAD: dict[str, Any] = {"nodes": [{"id": "x", "type": "unheard"}]}


def planned(**more: Any) -> Stepped:
    node = {
        "id": "p",
        "type": "plan",
        "agent": "planner",
        "inputs": {"goal": "'all'"},
        "allow": ["work", "undo"],
        **more,
    }
    return Stepped({"nodes": [node]})


def test_what_is_proposed_is_done() -> None:
    run = planned()
    assert run.given("p") == {"goal": "all"}
    run.answer("p", GOOD)
    run.answer("p/x", 1)
    run.answer("p/y", 2)
    assert run.outputs == {"p": {"y": 2}}
    assert run.told("proposed") == [("p", {"agent": "planner", "added": ["x", "y"]})]


def test_a_proposal_that_may_not_be_goes_back_once_with_every_mistake_as_another_task() -> None:
    run = planned()
    run.answer("p", BAD)
    assert "'unheard' is not allowed here" in run.given("p")["mistakes"][0]
    assert run.world.calls["p"].task_id == "r/p~mended"
    run.answer("p", GOOD)
    assert run.called == ["p/x"]


def test_a_second_such_proposal_is_a_failure_that_the_retries_and_then_the_ladder_see() -> None:
    run = planned(retry={"max_attempts": 1}, on_failure=[escalate()])
    run.answer("p", BAD)
    run.answer("p", BAD)
    assert run.asked == ["p~failed"]
    run.decide("p~failed", "retry")
    assert "mistakes" not in run.given("p")
    run.answer("p", GOOD)
    assert run.called == ["p~2/x"]


def test_a_planner_is_tried_again_as_any_agent() -> None:
    run = planned(retry={"max_attempts": 2})
    run.fail("p", "unavailable")
    run.fire("retry:p#2")
    run.answer("p", GOOD)
    assert run.called == ["p/x"]


def test_what_was_proposed_is_undone_before_it_is_planned_anew() -> None:
    run = planned(on_failure=[escalate()])
    run.answer("p", GOOD)
    run.answer("p/x")
    run.fail("p/y")
    run.undone("p/x")
    run.decide("p~failed", "retry")
    run.answer("p", {"nodes": [task("z")]})
    run.answer("p~2/z", 3)
    assert run.outputs == {"p": {"z": 3}}


def test_a_planner_that_takes_too_long_is_told_to_stop_and_what_it_proposes_then_is_not_done() -> None:
    run = planned(timeout=5, on_failure=["continue"])
    run.fire("timeout:p#1")
    assert run.world.told == {"p"}
    run.answer("p", GOOD)
    assert (run.end, run.statuses) == ("succeeded", {"p": "failed"})


def test_a_planner_whose_run_is_cancelled_proposes_nothing_more() -> None:
    run = planned()
    run.cancel()
    run.answer("p", GOOD)
    assert (run.end, run.statuses) == ("cancelled", {"p": "cancelled"})
