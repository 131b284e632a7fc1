"""Recovery agents: what they are shown, which answers are taken, and how often they may act."""

from typing import Any

import pytest

from concertato.run.events import Raw
from support.deep import NESTED_TOO_DEEP
from support.stepping import Stepped, escalate, recover, task


def failed(*may: str, **more: Any) -> Stepped:
    """A run whose node `a` has failed; its inputs are `x` and `y`."""
    node = task("a", inputs={"x": "1", "y": "2"}, description="adds", on_failure=[recover(*may, **more), escalate()])
    run = Stepped({"nodes": [node]})
    run.fail("a")
    return run


def test_it_is_shown_the_failure_and_what_it_may_choose() -> None:
    run = failed("retry", "skip", **{"with": {"hint": "be kind"}})
    assert run.given("a~recover1") == {
        "hint": "be kind",
        "problem": {
            "failure": {"kind": "rejected", "message": "as the test says", "path": "a"},
            "attempts": 1,
            "inputs": {"x": 1, "y": 2},
            "node": {"id": "a", "path": "a", "type": "work", "description": "adds"},
            "tried": [{"what": "node", "who": "work", "said": "rejected: as the test says", "attempts": 1}],
            "may": ["retry", "skip"],
            "times_left": 2,
        },
    }


@pytest.mark.parametrize("action", ["skip", "use_output", "escalate", "rollback", "abort"])
def test_what_it_may_choose_is_done(action: str) -> None:
    run = failed(action)
    run.advise("a", action, **({"output": 7} if action == "use_output" else {}))
    if action == "escalate":
        assert run.asked == ["a~failed"]
    else:
        ends = {"skip": "succeeded", "use_output": "succeeded", "rollback": "failed", "abort": "failed"}
        assert run.end == ends[action]
    if action == "use_output":
        assert run.outputs == {"a": 7}


def test_a_retry_may_carry_other_inputs_and_is_then_another_task() -> None:
    run = failed("retry")
    first = run.turns[0].commands[0].task_id  # type: ignore[union-attr]
    run.advise("a", "retry", inputs={"x": 5})
    assert run.given("a") == {"x": 5, "y": 2}
    assert first == "r/a"
    assert run.world.calls["a"].task_id == "r/a~inputs1"
    run.fail("a", "unavailable")
    run.fire("retry:a#3")
    assert run.world.calls["a"].task_id == "r/a~inputs1"


def test_a_retry_with_the_same_inputs_is_the_same_task_with_attempts_of_its_own() -> None:
    run = failed("retry")
    run.advise("a", "retry")
    assert (run.world.calls["a"].task_id, run.world.calls["a"].attempt) == ("r/a", 2)
    for attempt in (3, 4):
        run.fail("a", "unavailable")
        run.fire(f"retry:a#{attempt}")
    run.fail("a", "unavailable")
    assert run.called == ["a~recover1.2"]


def test_inputs_that_could_not_be_computed_can_be_given() -> None:
    node = task("a", inputs={"x": "[1][5]", "y": "2"}, on_failure=[recover("retry")])
    computes = {"id": "s", "type": "set", "inputs": {"v": "[1][5]"}, "on_failure": [recover("retry")]}
    part = {"name": "part", "inputs": {"v": "any"}, "nodes": [task("x", inputs=["v"])]}
    sub = {
        "id": "p",
        "type": "workflow",
        "workflow": "part",
        "inputs": {"v": "[1][5]"},
        "on_failure": [recover("retry")],
    }
    run = Stepped({"nodes": [node, computes, sub], "workflows": {"part": part}})
    run.advise("a", "retry", inputs={"x": 5})
    run.advise("s", "retry", inputs={"v": 6})
    run.advise("p", "retry", inputs={"v": 7})
    assert run.given("a") == {"x": 5, "y": 2}
    assert run.given("p/x") == {"v": 7}
    run.answer("a", 1)
    run.answer("p/x", 2)
    assert run.outputs == {"a": 1, "s": {"v": 6}, "p": {"x": 2}}


BROKEN: list[tuple[Any, str]] = [
    ("skip", "expected an answer such as"),
    ({"action": "skip"}, "expected a 'reason'"),
    ({"action": "skip", "reason": "  "}, "expected a 'reason'"),
    ({"action": "rollback", "reason": "x"}, "expected 'action' to be one of retry, skip, use_output"),
    ({"action": "skp", "reason": "x"}, "did you mean 'skip'"),
    ({"action": ["skip"], "reason": "x"}, "expected 'action'"),
    ({"action": "skip", "reason": "x", "why": 1}, "got also: why"),
    ({"action": "skip", "reason": "x", "output": 1}, "expected an 'output' with 'use_output'"),
    ({"action": "use_output", "reason": "x"}, "expected an 'output' with 'use_output'"),
    ({"action": "skip", "reason": "x", "inputs": {"x": 1}}, "expected 'inputs' with 'retry' alone"),
    ({"action": "retry", "reason": "x", "inputs": {"z": 1}}, "the node has no input 'z'"),
    ({"action": "retry", "reason": "x", "inputs": [1]}, "expected the changed inputs to be a mapping"),
    (Raw(b'{"action":"use_output","reason":"x","output":1e999}'), "expected an answer that can be read"),
    (Raw(NESTED_TOO_DEEP), "expected an answer that can be read"),
]


@pytest.mark.parametrize(("answer", "why"), BROKEN, ids=[why for _, why in BROKEN])
def test_an_answer_that_may_not_be_is_told_and_the_next_rung_is_walked(answer: Any, why: str) -> None:
    run = failed("retry", "skip", "use_output")
    run.advise_whole("a", answer)
    ((_, told),) = run.told("recovery_decided")
    assert not told["accepted"]
    assert why in told["why"]
    assert run.asked == ["a~failed"]


def test_what_the_nodes_own_agent_has_against_the_inputs_counts_as_well() -> None:
    run = failed("retry")
    run.advise_whole("a", {"action": "retry", "reason": "x", "inputs": {"x": "five"}}, misfit="x: expected a number")
    assert run.asked == ["a~failed"]


def test_a_recovery_agent_that_fails_leaves_the_nodes_own_failure_to_the_next_rung() -> None:
    run = failed("retry")
    run.fail("a~recover1", "internal")
    assert run.world.tasks["a~failed"].title == "'a' failed (rejected): as the test says"


def test_it_acts_as_often_for_a_node_as_it_may() -> None:
    run = failed("retry", max_times=2)
    for _ in range(2):
        run.advise("a", "retry")
        run.fail("a")
    assert run.asked == ["a~failed"]
    assert "acted 2 times for this node" in run.told("passed_over")[0][1]["why"]


def test_it_acts_as_often_in_a_run_as_it_may() -> None:
    nodes = [task(name, on_failure=[recover("skip"), "continue"]) for name in ("a", "b", "c")]
    run = Stepped({"nodes": nodes, "max_recoveries": 2})
    for name in ("a", "b", "c"):
        run.fail(name)
    assert run.called == ["a~recover1", "b~recover1"]
    assert run.statuses["c"] == "failed"


def test_in_a_run_that_continues_another_it_is_asked_anew() -> None:
    node = task("a", on_failure=[recover("skip")])
    run = Stepped({"nodes": [node]}, continues="q", relation="retry", run_id="r", task_root="q")
    run.fail("a")
    assert run.world.calls["a~recover1"].task_id == "r/a~recover1"
