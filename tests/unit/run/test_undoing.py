"""What cannot be undone: somebody is asked, and nothing is forgotten."""

from typing import Any

import pytest

from concertato.run.commands import CallAgent
from concertato.run.state import VERSION
from support.stepping import Stepped, held, task, undoable


def rolling_back(**undo: Any) -> Stepped:
    """A run that is being undone: `b` first, whose undoing has just failed for good, and `a` next."""
    second = task("b", inputs=["a.output"], compensate={"type": "undo", **undo})
    nodes = [undoable("a"), second, task("c", inputs=["b.output"])]
    run = Stepped({"nodes": nodes}, machine=VERSION)
    run.answer("a")
    run.answer("b")
    run.fail("c")
    run.not_undone("b")
    return run


def test_an_operator_is_asked_where_nobody_is_named_and_the_others_are_undone_meanwhile() -> None:
    run = rolling_back()
    assert run.world.tasks["b~undo"].to == ("role:operator",)
    assert run.called == ["a~undo"]
    run.undone("a")
    assert run.run.finished is None
    run.decide("b~undo", "done")
    assert (run.end, run.statuses["b"]) == ("rolled_back", "compensated")
    assert [detail["by_hand"] for _, detail in run.told("compensated")] == [False, True]


def test_what_nobody_can_undo_is_left_and_told() -> None:
    run = rolling_back()
    run.undone("a")
    run.decide("b~undo", "leave")
    assert (run.end, run.run.undone_left) == ("failed", ["b"])


def test_where_it_says_fail_nobody_is_asked() -> None:
    run = rolling_back(on_failure=["fail"])
    run.undone("a")
    assert (run.end, run.run.undone_left) == ("failed", ["b"])


def test_it_can_be_tried_again_as_the_same_task_with_attempts_of_its_own() -> None:
    run = rolling_back(retry={"max_attempts": 2}, on_failure=[{"escalate": {"to": "role:boss"}}])
    assert run.world.tasks["b~undo"].to == ("role:boss",)
    run.undone("a")
    run.decide("b~undo", "retry")
    run.not_undone("b", "unavailable")
    run.fire("retry:b~undo#3")
    assert run.world.calls["b~undo"].task_id == "r/b~undo"
    run.not_undone("b")
    assert run.asked == ["b~undo#2"]
    run.decide("b~undo#2", "done")
    assert run.end == "rolled_back"


def test_it_is_left_when_the_time_to_decide_is_over() -> None:
    run = rolling_back(on_failure=[{"escalate": {"to": "role:boss", "timeout": 5}}])
    run.undone("a")
    run.fire("due:b~undo")
    assert (run.end, run.run.undone_left) == ("failed", ["b"])


def test_what_cannot_even_be_asked_for_is_a_persons_to_undo() -> None:
    run = Stepped(
        {"nodes": [task("a", compensate={"type": "undo", "inputs": {"x": "output.gone"}}), task("b")]}, machine=2
    )
    run.answer("a", {})
    run.fail("b")
    assert run.asked == ["a~undo"]
    run.decide("a~undo", "retry")
    assert run.asked == ["a~undo#2"]
    run.decide("a~undo#2", "leave")
    assert run.end == "failed"


def test_a_run_of_the_first_version_asks_nobody() -> None:
    run = Stepped({"nodes": [undoable("a"), task("b")]}, machine=1)
    run.answer("a")
    run.fail("b")
    run.not_undone("a")
    assert (run.end, run.asked, run.run.undone_left) == ("failed", [], ["a"])


def test_what_somebody_gave_in_place_of_a_result_is_not_undone() -> None:
    failing = undoable("a", on_failure=[{"escalate": {"to": "role:boss"}}])
    run = Stepped({"nodes": [failing, task("b", inputs=["a.output"])]})
    run.fail("a")
    run.decide("a~failed", "use_output", values={"output": 1})
    run.fail("b")
    assert run.end == "failed"


def test_each_iteration_and_the_whole_of_a_sub_workflow_is_undone_last_one_first() -> None:
    part = {"name": "part", "nodes": [undoable("x")]}
    loop = {"id": "l", "type": "loop", "until": "iteration == 1", "nodes": [undoable("y")]}
    sub = {"id": "p", "type": "workflow", "workflow": "part"}
    edges = [{"from": "l", "to": "p"}, {"from": "p", "to": "z"}]
    run = Stepped({"nodes": [loop, sub, task("z")], "edges": edges, "workflows": {"part": part}})
    for path in ("l[0]/y", "l[1]/y", "p/x"):
        run.answer(path)
    run.fail("z")
    for path in ("p/x", "l[1]/y", "l[0]/y"):
        assert run.called == [f"{path}~undo"]
        run.undone(path)
    assert run.end == "rolled_back"


def test_what_may_not_be_cut_off_is_let_finish_and_what_may_is_told_to_stop() -> None:
    nodes = [undoable("a", cancellable=True), task("b", cancellable=False), task("c")]
    run = Stepped({"nodes": nodes})
    run.cancel()
    assert run.world.told == {"a", "c"}
    run.fail("a", "cancelled")
    run.fail("c", "cancelled")
    run.answer("b")
    assert (run.end, run.statuses["b"]) == ("cancelled", "succeeded")


def test_the_ladder_of_a_node_waits_for_whoever_undoes_by_hand_what_stands_in_it() -> None:
    inside = held("m", undoable("x"), task("y"), on_failure=["continue"])
    run = Stepped({"nodes": [inside]}, machine=VERSION)
    run.answer("m[0]/x")
    run.fail("m[0]/y")
    run.not_undone("m[0]/x")
    assert (run.asked, run.statuses["m"]) == (["m[0]/x~undo"], "recovering")
    run.decide("m[0]/x~undo", "done")
    assert (run.end, run.statuses["m"]) == ("succeeded", "failed")


def test_what_is_undone_twice_is_told_the_same() -> None:
    run = rolling_back(inputs={"was": "output"})
    run.undone("a")
    run.decide("b~undo", "retry")
    asked = [
        each for turn in run.turns for each in turn.commands if isinstance(each, CallAgent) and each.path == "b~undo"
    ]
    assert asked[0].fields == asked[1].fields


@pytest.mark.parametrize(("machine", "told"), [(VERSION, None), (2, {"turn": "first"})])
def test_what_undoes_a_node_in_a_loop_is_told_what_the_node_was_given(machine: int, told: Any) -> None:
    """Not what `last` became as the iteration ended. A run keeps the machine that it began with."""
    compensate = {"type": "undo", "inputs": {"was": "input.before", "last": "last"}}
    turn = task("turn", inputs={"before": "last"}, compensate=compensate)
    loop = {"id": "l", "type": "loop", "until": "iteration == 0", "nodes": [turn]}
    run = Stepped({"nodes": [loop, task("end", inputs=["l.output"])]}, machine=machine)
    assert run.given("l[0]/turn") == {"before": None}
    run.answer("l[0]/turn", "first")
    run.fail("end")
    assert run.given("l[0]/turn~undo") == {"was": told, "last": told}
