"""Maps, loops and sub-workflows: how they open and what they make of their results."""

from typing import Any

from concertato.run.state import Run
from support.stepping import Stepped, task


def failure(run: Run) -> tuple[str, str | None]:
    assert run.finished is not None
    assert run.finished.failure is not None
    return run.finished.failure.kind.value, run.finished.path


def test_a_map_gives_its_results_in_the_order_of_its_items() -> None:
    run = Stepped({"nodes": [{"id": "m", "type": "map", "over": "[1, 2, 3]", "nodes": [task("a", inputs=["item"])]}]})
    for index in (2, 0, 1):
        run.answer(f"m[{index}]/a", index * 10)
    assert run.outputs == {"m": [{"a": 0}, {"a": 10}, {"a": 20}]}


def test_a_map_opens_no_more_items_than_its_concurrency() -> None:
    nodes = [{"id": "m", "type": "map", "over": "[1, 2, 3]", "concurrency": 2, "nodes": [task("a")]}]
    run = Stepped({"nodes": nodes})
    assert run.called == ["m[0]/a", "m[1]/a"]
    run.answer("m[1]/a")
    assert run.called == ["m[0]/a", "m[2]/a"]


def test_a_map_over_nothing_is_done_at_once() -> None:
    run = Stepped({"nodes": [{"id": "m", "type": "map", "over": "[]", "timeout": 9, "nodes": [task("a")]}]})
    assert run.outputs == {"m": []}
    assert run.world.timers == {}


def test_a_map_over_what_is_no_list_fails() -> None:
    run = Stepped({"nodes": [{"id": "m", "type": "map", "over": "{'a': 1}", "nodes": [task("a")]}]})
    assert failure(run.run) == ("invalid_input", "m")


def test_finished_scopes_are_let_go() -> None:
    loop = {"id": "l", "type": "loop", "until": "iteration == 2", "nodes": [task("a")]}
    run = Stepped({"nodes": [loop, task("b")]})
    for index in range(3):
        assert [scope.prefix for scope in run.run.scopes()] == ["", f"l[{index}]/"]
        run.answer(f"l[{index}]/a", index)
    assert [scope.prefix for scope in run.run.scopes()] == [""]


def test_a_loop_hands_its_last_outputs_on() -> None:
    loop = {
        "id": "l",
        "type": "loop",
        "while": "last == null || last.a < 2",
        "nodes": [task("a", inputs=["iteration", "last"])],
    }
    run = Stepped({"nodes": [loop]})
    assert run.given("l[0]/a") == {"iteration": 0, "last": None}
    run.answer("l[0]/a", 1)
    assert run.given("l[1]/a") == {"iteration": 1, "last": {"a": 1}}
    run.answer("l[1]/a", 2)
    assert run.outputs == {"l": {"a": 2}}


def test_a_loop_that_never_begins_gives_null() -> None:
    run = Stepped({"nodes": [{"id": "l", "type": "loop", "while": "iteration < 0", "nodes": [task("a")]}]})
    assert run.outputs == {"l": None}


def test_a_loop_that_does_not_end_fails_at_its_bound() -> None:
    bounded = {"id": "l", "type": "loop", "until": "last.a == 1", "max_iterations": 2, "nodes": [task("a")]}
    run = Stepped({"nodes": [bounded]})
    run.answer("l[0]/a", 0)
    run.answer("l[1]/a", 0)
    assert failure(run.run) == ("rejected", "l")


def test_a_loop_that_ends_just_at_its_bound_succeeds() -> None:
    bounded = {"id": "l", "type": "loop", "until": "last.a == 1", "max_iterations": 1, "nodes": [task("a")]}
    run = Stepped({"nodes": [bounded]})
    run.answer("l[0]/a", 1)
    assert run.end == "succeeded"


def test_a_sub_workflow_sees_its_own_inputs_only() -> None:
    part: dict[str, Any] = {"name": "part", "inputs": {"x": "any"}, "nodes": [task("a", inputs=["x"])]}
    node = {"id": "w", "type": "workflow", "workflow": "part", "inputs": {"x": "y + 1"}}
    run = Stepped({"inputs": {"y": "any"}, "nodes": [node], "workflows": {"part": part}}, inputs={"y": 1})
    assert run.given("w/a") == {"x": 2}
    run.answer("w/a", "done")
    assert run.outputs == {"w": {"a": "done"}}


def test_outputs_that_cannot_be_computed_fail_the_scope_with_their_place() -> None:
    node = {"id": "l", "type": "loop", "until": "true", "nodes": [task("a")], "outputs": {"x": "a.output.missing"}}
    run = Stepped({"nodes": [node]})
    run.answer("l[0]/a", {})
    assert failure(run.run) == ("invalid_output", "l[0]")
    assert run.statuses["l"] == "failed"
