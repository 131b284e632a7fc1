"""Switches, computed values, and waits."""

from typing import Any

import pytest

from concertato.run.state import Run
from support.histories import START
from support.stepping import Stepped, task


def wait(node_id: str, **what: Any) -> dict[str, Any]:
    return {"id": node_id, "type": "wait", **what}


def failure(run: Run) -> tuple[str, str | None]:
    assert run.finished is not None
    assert run.finished.failure is not None
    return run.finished.failure.kind.value, run.finished.path


@pytest.mark.parametrize(("n", "way"), [(9, "high"), (5, "middle"), (1, "low")])
def test_a_switch_takes_the_first_case_that_holds(n: int, way: str) -> None:
    cases = [{"when": "n > 8", "to": "high"}, {"when": "n > 3", "to": "middle"}]
    switch = {"id": "s", "type": "switch", "cases": cases, "default": "low"}
    nodes = [
        switch,
        task("high"),
        task("middle"),
        task("low"),
        {"id": "to", "type": "set", "inputs": {"way": "s.output"}},
    ]
    run = Stepped({"inputs": {"n": "any"}, "nodes": nodes}, inputs={"n": n})
    assert run.called == [way]
    run.answer(way)
    assert run.outputs["to"] == {"way": way}


def test_a_switch_without_a_way_takes_none() -> None:
    switch = {"id": "s", "type": "switch", "cases": [{"when": "n > 8", "to": "a"}]}
    run = Stepped({"inputs": {"n": "any"}, "nodes": [switch, task("a")]}, inputs={"n": 1})
    assert run.end == "succeeded"
    assert run.statuses == {"s": "succeeded", "a": "skipped"}


def test_a_switch_that_cannot_decide_fails() -> None:
    switch = {"id": "s", "type": "switch", "cases": [{"when": "n", "to": "a"}]}
    run = Stepped({"inputs": {"n": "any"}, "nodes": [switch, task("a")]}, inputs={"n": 1})
    assert failure(run.run) == ("invalid_input", "s")


def test_a_signal_goes_to_the_wait_that_came_first() -> None:
    run = Stepped({"nodes": [wait("a", signal="s"), wait("b", signal="s")]})
    run.signal("s", 1)
    run.signal("s", 2)
    assert run.outputs == {"a": 1, "b": 2}


def test_signals_that_nobody_waits_for_are_kept_in_their_order() -> None:
    run = Stepped({"nodes": [task("t"), wait("a", signal="s"), wait("b", signal="s")], "edges": EDGES})
    run.signal("s", 1)
    run.signal("s", 2)
    run.answer("t")
    assert run.outputs == {"b": 2}
    assert run.statuses["a"] == "succeeded"


EDGES = [{"from": "t", "to": "a"}, {"from": "a", "to": "b"}]


def test_names_of_signals_do_not_pile_up() -> None:
    loop = {"id": "l", "type": "loop", "until": "iteration == 3", "nodes": [wait("a", signal="s")]}
    run = Stepped({"nodes": [loop]})
    for _ in range(4):
        assert set(run.run.waits) == {"s"}
        run.signal("s")
    assert run.run.waits == run.run.mailbox == {}


def test_a_signal_that_comes_too_late_for_a_wait_is_kept_for_the_next() -> None:
    collecting: dict[str, Any] = {"id": "m", "type": "map", "over": "[1]", "on_item_failure": "collect"}
    collecting["nodes"] = [wait("a", signal="s", timeout=5)]
    nodes = [collecting, task("t"), wait("b", signal="s")]
    run = Stepped({"nodes": nodes, "edges": [{"from": "t", "to": "b"}]})
    run.fire("timeout:m[0]/a#1")
    run.signal("s", 7)
    run.answer("t")
    assert run.outputs["b"] == 7


def test_a_wait_that_is_over_leaves_no_timer() -> None:
    run = Stepped({"nodes": [wait("a", signal="s", timeout=50), task("b")]})
    run.signal("s")
    assert run.world.timers == {}


def test_a_wait_for_a_moment_ends_when_it_comes() -> None:
    run = Stepped({"nodes": [wait("a", until="2023-11-14T22:14:20Z"), wait("b", **{"for": 5})]})
    assert run.world.timers == {"wait:a": START + 60, "wait:b": START + 5}
    run.fire("wait:b")
    run.fire("wait:a")
    assert run.outputs == {"a": None, "b": None}


@pytest.mark.parametrize("moment", ["tomorrow", "2023-11-14T22:14:20", 5, None])
def test_a_wait_for_what_is_no_moment_fails(moment: Any) -> None:
    run = Stepped({"inputs": {"at": "any"}, "nodes": [wait("a", until="at")]}, inputs={"at": moment})
    assert failure(run.run) == ("invalid_input", "a")


def test_a_wait_bounded_in_time_fails_when_that_is_over() -> None:
    run = Stepped({"nodes": [wait("a", timeout=3, **{"for": 5})]})
    run.fire("timeout:a#1")
    assert failure(run.run) == ("timeout", "a")
    assert run.world.timers == {}
