"""Edits of a run that is alive: what is refused, and that the live state finds its place in the new plan."""

from typing import Any

import msgspec
import pytest

from concertato.definition.problem import DefinitionError
from concertato.errors import Refused
from concertato.run import scopes
from concertato.run.codec import encode_state
from concertato.run.edit import apply_edit, check_edit, opposite
from support.invariants import every_prefix_of_the_journal_is_the_run
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


def test_a_map_whose_items_have_all_begun_has_no_body_left_to_edit() -> None:
    m = {"id": "m", "type": "map", "over": "[1]", "nodes": [task("inner")]}
    run = Stepped({"nodes": [m, task("n", inputs=["m.output"])]})
    reason = run.edit_refused(**{"in": "m", "add": {"nodes": [task("more")]}})
    assert reason.startswith("no item of 'm' is still to begin, and those that have begun keep their body")
    assert reason.endswith("such as 'm[0]'")
    run.answer("m[0]/inner")
    assert "no item of 'm'" in run.edit_refused(**{"in": "m", "add": {"nodes": [task("more")]}})


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


LOOP: dict[str, Any] = {
    "id": "refine",
    "type": "loop",
    "until": "last.good",
    "nodes": [task("draft"), task("judge", inputs=["draft.output"])],
    "outputs": {"good": "judge.output"},
}


def test_an_edit_of_a_loop_under_way_is_for_the_iterations_to_come() -> None:
    run = Stepped({"nodes": [LOOP]})
    run.edit(**{"in": "refine", "add": {"nodes": [task("check", inputs=["draft.output"])]}})
    run.answer("refine[0]/draft")
    assert run.called == ["refine[0]/judge"]
    run.answer("refine[0]/judge", False)
    run.answer("refine[1]/draft", "second")
    assert run.called == ["refine[1]/judge", "refine[1]/check"]
    assert run.given("refine[1]/check") == {"draft": "second"}


def test_an_iteration_that_is_open_is_edited_alone() -> None:
    run = Stepped({"nodes": [LOOP]})
    run.edit(**{"in": "refine[0]", "add": {"nodes": [task("check", inputs=["draft.output"])]}})
    run.answer("refine[0]/draft", "first")
    assert run.given("refine[0]/check") == {"draft": "first"}
    run.answer("refine[0]/judge", False)
    assert run.called == ["refine[0]/check"]
    run.answer("refine[0]/check")
    run.answer("refine[1]/draft", "second")
    assert run.called == ["refine[1]/judge"]


def test_what_has_ended_is_no_reason_to_refuse_an_edit_for_one_who_sees_it_still() -> None:
    run = Stepped({"nodes": [LOOP, task("late", inputs=["refine.output"])]})
    run.edit(**{"in": "refine[0]", "add": {"nodes": [task("check")]}})
    for path in ("draft", "judge", "check"):
        run.answer(f"refine[0]/{path}", False)
    run.edit(add={"nodes": [task("check")]})  # what iteration 0 had for itself hides that name, and has ended
    run.edit(**{"in": "refine", "add": {"nodes": [task("more")]}})
    assert "hides a node outside" in run.edit_refused(**{"in": "refine[1]", "add": {"nodes": [task("check")]}})
    run.cancel()
    every_prefix_of_the_journal_is_the_run(run)


def test_a_proposal_that_was_done_is_no_reason_to_refuse_an_edit_for_one_who_sees_it_still() -> None:
    planner = {"id": "grow", "type": "plan", "agent": "planner", "allow": ["work"]}
    run = Stepped({"nodes": [planner, task("late", inputs=["grow.output"])]})
    run.answer("grow", {"nodes": [task("look")]})
    run.answer("grow/look")
    run.edit(add={"nodes": [task("look")]})
    run.cancel()
    every_prefix_of_the_journal_is_the_run(run)


def test_what_has_started_in_an_iteration_is_not_touched() -> None:
    run = Stepped({"nodes": [LOOP, task("late", inputs=["refine.output"])]})
    inside = {"in": "refine[0]"}
    assert "node 'draft' is running" in run.edit_refused(**inside, remove={"nodes": ["draft"]})
    edges = {"edges": [{"from": "judge", "to": "draft"}]}
    assert "leads to what has started: node 'draft'" in run.edit_refused(**inside, add=edges)
    misread = {"nodes": [task("check", inputs=["drafft.output"])]}
    assert run.edit_refused(**inside, add=misread) == (
        "<edit>: nodes.2.inputs.0 CT104 node 'refine/check' refers to 'drafft', which is neither an input nor a node; "
        "did you mean 'draft'?"
    )
    both = {"nodes": [task("one", inputs=["two.output"]), task("two", inputs=["one.output"])]}
    assert "these nodes wait for each other: one → two → one" in run.edit_refused(**inside, add=both)


@pytest.mark.parametrize("place", ["refine", "refine[0]"])
def test_a_loop_that_has_begun_waits_for_nothing_more(place: str) -> None:
    run = Stepped({"nodes": [task("slow"), task("late", inputs=["refine.output"]), LOOP]})
    reason = run.edit_refused(**{"in": place, "add": {"nodes": [task("check", inputs=["slow.output"])]}})
    assert reason.startswith("node 'refine' has started and would read 'slow', which is running; ")
    run.answer("slow", "now")
    run.edit(**{"in": place, "add": {"nodes": [task("check", inputs=["slow.output"])]}})


def test_only_what_is_open_is_edited_alone() -> None:
    run = Stepped(
        {"nodes": [LOOP, {**LOOP, "id": "other", "join": "all"}], "edges": [{"from": "refine", "to": "other"}]}
    )
    more = {"add": {"nodes": [task("more")]}}
    assert run.edit_refused(**{"in": "refine[1]", **more}) == (
        "the edit is in 'refine[1]', and 'refine[1]' is not open; what is open there: refine[0]"
    )
    assert run.edit_refused(**{"in": "other[0]", **more}) == (
        "the edit is in 'other[0]', and 'other[0]' is not open; nothing is open there: node 'other' is pending"
    )
    assert "there is no node 'refin'; did you mean 'refine'?" in run.edit_refused(**{"in": "refin[0]", **more})


def nested(**more: Any) -> dict[str, Any]:
    inner = {
        "id": "inner",
        "type": "loop",
        "until": "last.good",
        "nodes": [task("work")],
        "outputs": {"good": "work.output"},
    }
    return {"id": "outer", "type": "map", "over": "[1, 2, 3]", "concurrency": 2, "nodes": [inner], **more}


def test_an_edit_of_a_body_further_in_reaches_all_that_is_still_to_begin_there() -> None:
    run = Stepped({"nodes": [nested()]})
    run.edit(**{"in": "outer/inner", "add": {"nodes": [task("more")]}})
    assert run.called == ["outer[0]/inner[0]/work", "outer[1]/inner[0]/work"]
    run.answer("outer[0]/inner[0]/work", False)
    run.answer("outer[1]/inner[0]/work", True)
    assert set(run.called) == {
        "outer[0]/inner[1]/work",
        "outer[0]/inner[1]/more",
        "outer[2]/inner[0]/work",
        "outer[2]/inner[0]/more",
    }


def test_a_body_further_in_is_edited_for_one_item_alone() -> None:
    run = Stepped({"nodes": [nested()]})
    run.edit(**{"in": "outer[0]/inner", "add": {"nodes": [task("more")]}})
    run.answer("outer[0]/inner[0]/work", False)
    run.answer("outer[1]/inner[0]/work", False)
    assert run.called == ["outer[0]/inner[1]/work", "outer[0]/inner[1]/more", "outer[1]/inner[1]/work"]
    run.edit(**{"in": "outer[1]/inner[1]", "add": {"nodes": [task("once")]}})
    assert run.called[-1] == "outer[1]/inner[1]/once"


def test_which_item_is_said_of_every_step_or_of_none() -> None:
    run = Stepped({"nodes": [nested()]})
    assert run.edit_refused(**{"in": "outer/inner[0]", "add": {"nodes": [task("more")]}}) == (
        "the edit is in 'outer/inner[0]', which says which 'inner' is meant, but not which 'outer'; give each map and "
        "loop the index of what is open ('outer[0]'), or none of them for all that is still to begin"
    )


def test_an_edit_outside_goes_along_with_bodies_of_their_own() -> None:
    """They are compiled anew: what they read further out has other numbers now."""
    m = {"id": "m", "type": "map", "over": "[1]", "nodes": [task("inner", inputs=["a.output"])]}
    run = Stepped({"nodes": [task("gone", inputs=["m.output"]), task("a"), m]})
    run.answer("a", "read me")
    run.edit(**{"in": "m[0]", "add": {"nodes": [task("more", inputs=["inner.output", "a.output"])]}})
    run.edit(remove={"nodes": ["gone"]})
    run.answer("m[0]/inner", 1)
    assert run.given("m[0]/more") == {"inner": 1, "a": "read me"}
    reason = run.edit_refused(add={"nodes": [task("more", inputs=["m.output"])]})
    assert reason.startswith("<m[0]>: nodes.1.id CT110 node 'm/more': its id hides a node outside")


def test_the_definition_that_a_workflow_node_names_stays_as_it_is() -> None:
    part = {"name": "part", "nodes": [{"id": "m", "type": "map", "over": "[1]", "nodes": [task("work")]}]}
    run = Stepped({"nodes": [{"id": "sub", "type": "workflow", "workflow": "part"}], "workflows": {"part": part}})
    more = {"add": {"nodes": [task("more")]}}
    assert "node 'sub' is of type 'workflow', and only a map and a loop have a body" in run.edit_refused(
        **{"in": "sub", **more}
    )
    assert "what a workflow node names is a definition apart" in run.edit_refused(**{"in": "sub/m", **more})
    run.edit(**{"in": "sub/m[0]", **more})
    assert run.called == ["sub/m[0]/work", "sub/m[0]/more"]


ASKED = [{"escalate": {"to": "user:ann", "may": ["retry", "abort"]}}, "fail"]


def test_a_failed_node_is_replaced_while_a_person_decides_and_the_new_one_is_tried() -> None:
    run = Stepped({"nodes": [task("gone", inputs=["a.output"]), task("a", on_failure=ASKED)]})
    run.fail("a")
    assert run.called == []
    assert "node 'a' is waiting" in run.edit_refused(remove={"nodes": ["a"]})
    run.edit(replace={"nodes": [{**task("a", on_failure=ASKED), "type": "better"}]}, remove={"nodes": ["gone"]})
    run.decide("a~failed", "retry")
    assert run.world.calls["a"].agent == "better"
    run.answer("a", 5)
    assert run.outputs == {"a": 5}


def test_a_loop_that_failed_is_replaced_and_begins_anew_with_the_body_that_it_has_now() -> None:
    run = Stepped({"nodes": [task("gone", inputs=["refine.output"]), {**LOOP, "on_failure": ASKED}]})
    run.answer("refine[0]/draft")
    run.fail("refine[0]/judge")
    assert "is waiting" in run.edit_refused(remove={"nodes": ["refine"]})
    fresh = {**LOOP, "nodes": [task("plan"), *LOOP["nodes"]], "on_failure": ASKED}
    run.edit(replace={"nodes": [fresh]}, remove={"nodes": ["gone"]})
    run.decide("refine~failed", "retry")
    assert run.called == ["refine~2[0]/plan", "refine~2[0]/draft"]
    reason = run.edit_refused(**{"in": "refine[0]", "add": {"nodes": [task("more")]}})
    assert reason.endswith("'refine[0]' is not open; what is open there: refine~2[0]")
    run.edit(**{"in": "refine~2[0]", "add": {"nodes": [task("more")]}})
    assert run.called[-1] == "refine~2[0]/more"


def test_a_failed_node_that_is_with_an_agent_is_not_replaced() -> None:
    ladder = [{"recover": {"type": "supervisor", "may": ["retry"]}}, "fail"]
    run = Stepped({"nodes": [task("a", on_failure=ladder)]})
    run.fail("a")
    assert "node 'a' is recovering" in run.edit_refused(replace={"nodes": [{**task("a"), "type": "better"}]})


def test_an_edit_that_is_no_edit_is_refused() -> None:
    run = Stepped(CHAIN)
    assert apply_edit(run.run, b"{") == "expected the edit to be JSON, got: Input data was truncated"
    assert apply_edit(run.run, b"[" * 5000) is not None
    assert "expected it to be a mapping" in str(apply_edit(run.run, b"3"))
    assert "expected nodes by their ids" in run.edit_refused(**{"in": "a[x]"})


def test_whether_an_edit_is_allowed_is_found_out_without_making_it() -> None:
    run = Stepped(CHAIN)
    before = encode_state(run.run)
    plan = check_edit(run.run, b'{"add": {"nodes": [{"id": "d", "type": "other"}]}}')
    assert (plan.agents, run.run.plan.agents) == (frozenset({"work", "other"}), frozenset({"work"}))
    with pytest.raises(Refused, match="node 'a' is running"):
        check_edit(run.run, b'{"remove": {"nodes": ["a"]}}')
    with pytest.raises(DefinitionError, match="CT124 the edit removes node 'q', which is not there"):
        check_edit(run.run, b'{"remove": {"nodes": ["q"]}}')
    assert encode_state(run.run) == before


def test_the_agents_of_an_edited_iteration_are_told_beforehand() -> None:
    run = Stepped({"nodes": [LOOP]})
    patch = b'{"in": "refine[0]", "add": {"nodes": [{"id": "d", "type": "other"}]}}'
    plan = check_edit(run.run, patch)
    assert (plan.agents, plan.fingerprint) == (frozenset({"work", "other"}), run.run.plan.fingerprint)


@pytest.mark.parametrize("place", [None, "refine", "refine[0]"])
def test_an_edit_is_taken_back_by_its_opposite(place: str | None) -> None:
    run = Stepped({"nodes": [task("draft"), task("judge", inputs=["draft.output"]), task("third")]})
    if place is not None:
        run = Stepped({"nodes": [LOOP]})
    before, fingerprint = encode_state(run.run), run.run.plan.fingerprint
    patch: dict[str, Any] = {
        "replace": {"nodes": [{**task("judge", inputs=["draft.output"]), "type": "other"}]},
        "add": {"nodes": [task("more", inputs=["draft.output"])], "edges": [{"from": "more", "to": "judge"}]},
        "order": {"nodes": ["more", "judge", "draft", *(["third"] if place is None else [])]},
    }
    patch |= {} if place is None else {"in": place}
    back = opposite(run.run, msgspec.json.encode(patch))
    run.edit(**patch)
    assert encode_state(run.run) != before
    run.edit(**msgspec.json.decode(back))
    assert (encode_state(run.run), run.run.plan.fingerprint) == (before, fingerprint)


def test_an_edit_that_says_nothing_is_refused() -> None:
    run = Stepped({"nodes": [{"id": "a", "type": "work"}, {"id": "b", "type": "work", "inputs": ["a.output"]}]})
    assert apply_edit(run.run, b"{}") == (
        "the edit changes nothing: it says neither what to add, nor to remove, nor to replace"
    )


def test_what_led_to_a_node_that_has_started_by_another_way_stays() -> None:
    nodes = [
        {"id": "a", "type": "work"},
        {"id": "b", "type": "work"},
        {"id": "s", "type": "switch", "cases": [{"when": "b.output == 1", "to": "first"}]},
        {"id": "first", "type": "work", "join": "first"},
    ]
    run = Stepped({"nodes": nodes, "edges": [{"from": "a", "to": "first"}]})
    run.answer("a")
    assert run.statuses["first"] == "running"
    other = {"id": "s", "type": "switch", "cases": [{"when": "b.output == 2", "to": "b"}]}
    for patch in ({"remove": {"nodes": ["s"]}}, {"replace": {"nodes": [other]}}):
        refused = apply_edit(run.run, msgspec.json.encode(patch))
        assert refused == "node 's' leads to what has started: node 'first' is running"
