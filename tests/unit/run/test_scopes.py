"""Maps, loops and sub-workflows: how they open and what they make of their results."""

from typing import Any

import pytest

from concertato.run import scopes
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


def mapped(*body: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A map over the input `xs`."""
    return {"id": "m", "type": "map", "over": "xs", "nodes": [*body], **more}


def waits(node_id: str, **more: Any) -> dict[str, Any]:
    return {"id": node_id, "type": "wait", "signal": "go", **more}


def opened(run: Stepped) -> int:
    return len(run.run.root.children[0])


def test_a_long_map_opens_as_it_goes() -> None:
    run = Stepped({"nodes": [mapped(task("a"), task("b", inputs=["a.output"]))]}, inputs={"xs": list(range(300))})
    assert opened(run) == len(run.called) == 256
    run.answer("m[3]/a")
    assert run.called[-1] == "m[3]/b"
    assert opened(run) == 256
    run.answer("m[3]/b")
    assert run.called[-1] == "m[256]/a"
    while run.called:
        assert opened(run) <= 256
        run.answer(run.called[0])
    assert run.end == "succeeded"


def test_a_long_map_gives_a_wide_run_all_that_it_may_ask() -> None:
    run = Stepped({"max_parallel": 280, "nodes": [mapped(task("a"))]}, inputs={"xs": list(range(300))})
    assert opened(run) == len(run.called) == 280


def test_items_that_only_wait_do_not_wait_in_turn() -> None:
    run = Stepped({"nodes": [mapped(waits("w"))]}, inputs={"xs": list(range(1000))})
    assert len(run.run.waits["go"]) == 1000


def test_items_that_come_to_wait_make_room_for_others() -> None:
    body = mapped(task("a"), waits("w"), edges=[{"from": "a", "to": "w"}])
    run = Stepped({"nodes": [body]}, inputs={"xs": list(range(300))})
    for _ in range(300):
        run.answer(run.called[0])
    assert len(run.run.waits["go"]) == 300


def test_concurrency_counts_items_whatever_they_do() -> None:
    run = Stepped({"nodes": [mapped(waits("w"), concurrency=2)]}, inputs={"xs": [1, 2, 3]})
    assert len(run.run.waits["go"]) == 2
    run.signal("go")
    assert set(run.statuses) == {"m", "m[0]/w", "m[1]/w", "m[2]/w"}


def test_a_map_that_begins_in_a_full_run_opens_its_first_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """What else the run does may take for ever; the first items of a map need not wait for that."""
    monkeypatch.setattr(scopes, "OPEN_AT_ONCE", 2)
    nodes = [{"id": "before", "type": "wait", "for": 1}, task("long"), mapped(waits("w"))]
    edges = [{"from": "before", "to": "m"}]
    run = Stepped({"max_parallel": 1, "nodes": nodes, "edges": edges}, inputs={"xs": [1, 2, 3, 4]})
    run.fire("wait:before")
    assert len(run.run.waits["go"]) == 2
    run.answer("long")
    assert len(run.run.waits["go"]) == 4


def test_maps_without_items_are_passed_through_however_many() -> None:
    inner = {"id": "i", "type": "map", "over": "[]", "nodes": [task("a")]}
    assert Stepped({"nodes": [mapped(inner)]}, inputs={"xs": list(range(3000))}).outputs == {"m": [{"i": []}] * 3000}
    nested = inner
    for depth in range(40):
        nested = {"id": f"m{depth}", "type": "map", "over": "[1]", "nodes": [nested]}
    assert Stepped({"nodes": [nested]}).end == "succeeded"


def test_a_loop_that_asks_nobody_goes_round_a_hundred_thousand_times() -> None:
    loop = {
        "id": "l",
        "type": "loop",
        "until": "iteration == 99999",
        "max_iterations": 100_000,
        "nodes": [{"id": "s", "type": "set", "inputs": {"i": "iteration"}}],
    }
    assert Stepped({"nodes": [loop]}).outputs == {"l": {"s": {"i": 99_999}}}
