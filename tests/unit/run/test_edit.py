"""Edits of a run that is alive: what is refused, and that the live state finds its place in the new plan."""

from typing import Any

import pytest

from concertato.run import scopes
from support.stepping import Stepped, task, undoable

CHAIN: dict[str, Any] = {"nodes": [task("a"), task("b", inputs=["a.output"]), task("c", inputs=["b.output"])]}


def test_what_has_started_is_not_touched() -> None:
    run = Stepped(CHAIN)
    assert "node 'a' is running" in run.edit_refused(replace={"nodes": [task("a", retry={"max_attempts": 9})]})
    assert "node 'a' is running" in run.edit_refused(remove={"nodes": ["a"]})
    assert "leads to what has started: node 'a'" in run.edit_refused(
        add={"nodes": [task("n")], "edges": [{"from": "n", "to": "a"}]}
    )


def test_an_edit_that_leads_to_a_mistake_changes_nothing_and_tells_it() -> None:
    run = Stepped(CHAIN)
    assert "'b'" in run.edit_refused(remove={"nodes": ["b"]})  # c reads it
    assert "wait for each other" in run.edit_refused(add={"edges": [{"from": "c", "to": "b"}]})
    assert run.called == ["a"]
    assert all(before == after for _, _, before, after in run.refused)


def test_a_node_that_waits_for_nothing_starts_at_once() -> None:
    run = Stepped(CHAIN)
    run.edit(add={"nodes": [task("d")]})
    assert run.called == ["a", "d"]


def test_a_node_behind_what_has_ended_starts_at_once() -> None:
    run = Stepped(CHAIN)
    run.answer("a", 1)
    run.edit(add={"nodes": [task("d", inputs=["a.output"])]})
    assert run.given("d") == {"a": 1}


def test_a_node_put_in_between_is_waited_for() -> None:
    run = Stepped(CHAIN)
    run.edit(
        remove={"nodes": ["c"]}, add={"nodes": [task("x", inputs=["a.output"])], "edges": [{"from": "x", "to": "b"}]}
    )
    run.answer("a")
    assert run.called == ["x"]
    run.answer("x")
    assert run.called == ["b"]


def test_taking_out_all_that_was_left_ends_the_run() -> None:
    run = Stepped({"nodes": [task("a"), {"id": "w", "type": "wait", "signal": "s"}, task("b", inputs=["w.output"])]})
    run.answer("a", 1)
    run.edit(remove={"nodes": ["b"]})
    run.signal("s", 5)
    assert run.outputs == {"a": 1, "w": 5}


def test_removing_a_node_moves_the_numbers_of_all_that_is_under_way() -> None:
    """A call, a queued node, a retry, a wait and a timer of nodes that stand behind the one that goes."""
    nodes = [
        task("gone", inputs=["call.output"]),
        task("call", timeout=9),
        task("retry"),
        {"id": "signal", "type": "wait", "signal": "s"},
        {"id": "time", "type": "wait", "for": 5},
        task("queued"),
    ]
    run = Stepped({"max_parallel": 2, "nodes": nodes})
    run.fail("retry", "unavailable")
    run.edit(add={"nodes": [task("late")]})
    run.edit(remove={"nodes": ["gone"]})
    run.fire("retry:retry#2")
    run.fire("wait:time")
    run.signal("s", "signal")
    run.answer("queued", "queued")
    run.answer("late", "late")
    run.fail("call", "timeout")
    run.answer("retry", "retry")
    run.fire("retry:call#2")
    run.answer("call", "call")
    expected = {"call": "call", "retry": "retry", "signal": "signal", "time": None, "queued": "queued", "late": "late"}
    assert run.outputs == expected


def test_what_queues_inside_a_body_reads_the_nodes_that_it_read_before() -> None:
    """Its own number stays as it is, but those of the nodes around the body that it reads do not."""
    nodes = [
        task("gone", inputs=["m.output"]),
        task("a"),
        {"id": "m", "type": "map", "over": "[1, 2]", "nodes": [task("inner", inputs=["a.output"])]},
        task("end", inputs=["m.output"]),
    ]
    run = Stepped({"max_parallel": 1, "nodes": nodes})
    run.answer("a", "read me")
    run.edit(remove={"nodes": ["gone"]})
    run.answer("m[0]/inner", 1)
    assert run.given("m[1]/inner") == {"a": "read me"}
    run.answer("m[1]/inner", 2)
    assert run.given("end") == {"m": [{"inner": 1}, {"inner": 2}]}


def test_what_was_done_before_an_edit_is_undone_after_it() -> None:
    nodes = [
        task("gone", inputs=["bad.output"]),
        {"id": "m", "type": "map", "over": "[1]", "nodes": [undoable("inner", inputs=["index"])]},
        undoable("a", inputs=["m.output"]),
        task("bad", inputs=["a.output"]),
    ]
    run = Stepped({"nodes": nodes})
    run.answer("m[0]/inner", "x")
    run.answer("a", "y")
    run.edit(remove={"nodes": ["gone"]})
    run.fail("bad")
    assert run.given("a~undo") == {"input": {"m": [{"inner": "x"}]}, "output": "y"}
    run.undone("a")
    assert run.given("m[0]/inner~undo") == {"input": {"index": 0}, "output": "x"}
    run.undone("m[0]/inner")
    assert run.end == "rolled_back"


def test_an_edit_goes_along_with_an_item_that_is_being_undone() -> None:
    """What an item had done is undone while the rest of the run goes on, and may be edited."""
    loop = {"id": "l", "type": "loop", "until": "true", "nodes": [undoable("inner", inputs=["a.output"])]}
    body = [loop, task("bad", inputs=["l.output"])]
    m = {"id": "m", "type": "map", "over": "[1]", "on_item_failure": "collect", "nodes": body}
    run = Stepped({"nodes": [task("gone", inputs=["m.output"]), task("a"), m]})
    run.answer("a", "before")
    run.answer("m[0]/l[0]/inner", 1)
    run.fail("m[0]/bad")
    assert run.called == ["m[0]/l[0]/inner~undo"]
    run.edit(remove={"nodes": ["gone"]})
    run.not_undone("m[0]/l[0]/inner", "unavailable")
    run.fire("retry:m[0]/l[0]/inner~undo#2")
    assert run.given("m[0]/l[0]/inner~undo")["input"] == {"a": "before"}
    run.undone("m[0]/l[0]/inner")
    assert run.end == "succeeded"


def test_a_body_that_is_under_way_is_not_edited() -> None:
    m = {"id": "m", "type": "map", "over": "[1]", "nodes": [task("inner")]}
    run = Stepped({"nodes": [m, {**m, "id": "n", "join": "all"}], "edges": [{"from": "m", "to": "n"}]})
    inside = {"add": {"nodes": [task("more")]}}
    assert "its body cannot be edited: node 'm' is running" in run.edit_refused(**{"in": "m"}, **inside)


def test_a_body_that_has_not_begun_is_edited() -> None:
    m = {"id": "m", "type": "map", "over": "[1]", "nodes": [task("inner")]}
    run = Stepped({"nodes": [task("a"), m], "edges": [{"from": "a", "to": "m"}]})
    run.edit(**{"in": "m", "add": {"nodes": [task("more")]}})
    run.answer("a")
    assert run.called == ["m[0]/inner", "m[0]/more"]


def test_a_run_that_is_being_stopped_is_not_edited() -> None:
    run = Stepped({"nodes": [undoable("a"), task("b")]})
    run.fail("b")
    assert "can no longer be edited" in run.edit_refused(add={"nodes": [task("d")]})


def test_a_paused_run_is_edited_and_starts_nothing_for_it() -> None:
    run = Stepped(CHAIN)
    run.pause()
    run.edit(add={"nodes": [task("d")]})
    assert run.called == ["a"]
    run.resume()
    assert run.called == ["a", "d"]


def test_an_edit_names_no_input_that_the_run_was_not_given() -> None:
    """Where inputs are not declared a misspelt one would be another that may be given; but it is too late for that."""
    run = Stepped({"nodes": [task("a", inputs=["customer_name"])]}, inputs={"customer_name": "ann"})
    reason = run.edit_refused(add={"nodes": [task("b", inputs=["customer_nmae", "quantity"])]})
    assert "the run was given no input 'customer_nmae'; did you mean 'customer_name'?" in reason
    assert "the run was given no input 'quantity'; it was given customer_name" in reason
    run.edit(add={"nodes": [task("b", inputs=["customer_name"])]})
    assert run.given("b") == {"customer_name": "ann"}


def test_an_input_that_may_be_absent_may_be_named_by_an_edit() -> None:
    run = Stepped({"inputs": {"note": {"type": "string", "required": False}}, "nodes": [task("a")]})
    run.edit(add={"nodes": [task("b", inputs=["note"])]})
    assert run.given("b") == {"note": None}


def test_an_edit_finds_a_map_that_is_still_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scopes, "OPEN_AT_ONCE", 1)
    wait = {"id": "w", "type": "wait", "signal": "s"}
    nodes = [task("gone", inputs=["m.output"]), {"id": "m", "type": "map", "over": "[1, 2, 3]", "nodes": [wait]}]
    run = Stepped({"max_parallel": 1, "nodes": [task("a"), *nodes]})
    assert "m[1]/w" not in run.statuses
    run.edit(remove={"nodes": ["gone"]})
    run.answer("a")
    assert run.statuses["m[2]/w"] == "waiting"
