"""What a plan node's agent proposes is a body within the node's limits, or every mistake in it is told."""

from typing import Any

import msgspec
import pytest

from concertato.run.proposal import Proposal, read_proposal
from support.stepping import Stepped, task

PLAN: dict[str, Any] = {
    "id": "grow",
    "type": "plan",
    "agent": "planner",
    "allow": ["work", "human"],
    "inputs": ["a.output"],
}


def planned(**more: Any) -> Stepped:
    """A run whose planner has been asked."""
    run = Stepped({"nodes": [task("a"), {**PLAN, **more}, task("z", inputs=["grow.output"])]})
    run.answer("a", "seen")
    return run


def read(run: Stepped, proposal: object) -> Proposal | list[str]:
    root = run.run.root
    return read_proposal(run.run, root, root.plan.nodes[root.plan.by_id["grow"]], msgspec.json.encode(proposal))


def told(proposal: object, **more: Any) -> list[str]:
    found = read(planned(**more), proposal)
    assert isinstance(found, list), found
    return found


def test_a_proposal_within_the_limits_is_taken_and_runs() -> None:
    run = planned()
    proposal = {"nodes": [task("x", inputs=["a.output"]), task("y", inputs=["x.output"])]}
    found = read(run, {**proposal, "edges": []})
    assert isinstance(found, Proposal)
    assert msgspec.json.decode(found.body) == proposal
    run.answer("grow", proposal)
    assert run.given("grow/x") == {"a": "seen"}
    run.answer("grow/x")
    run.answer("grow/y", "done")
    assert run.given("z") == {"grow": {"y": "done"}}


def test_what_is_no_body_is_told_in_the_words_of_the_grammar() -> None:
    assert told(3) == ["<proposal>: CT105 the body: expected it to be a mapping, got: the number 3"]
    assert told({"nodes": [{"type": "work"}], "name": "w"}) == [
        (
            "<proposal>: nodes.0 CT106 node number 1: 'id' is missing; write a name that expressions can use, such as "
            "'check_order'"
        ),
        "<proposal>: name CT103 the body: there is no field 'name' here; it can have: nodes, edges, outputs",
    ]


def test_only_what_is_allowed_is_used_wherever_it_is_named() -> None:
    ladder = [{"fallback": {"type": "spare"}}, {"recover": {"type": "supervisor", "may": ["retry"]}}, "fail"]
    nodes = [
        task("x", compensate={"type": "undo"}, on_failure=ladder),
        {"id": "w", "type": "wrk"},
        {"id": "p", "type": "plan", "agent": "other", "allow": ["work", "more"], "max_nodes": 1, "max_depth": 1},
    ]
    mistakes = told({"nodes": nodes}, allow=["work", "plan"])
    kinds = "agents that are: work; kinds: loop, map, plan, set, switch, wait"
    assert mistakes == [
        (
            "<proposal>: nodes.0.compensate.type CT127 the compensate of node 'grow/x': 'undo' is not allowed "
            f"here; {kinds}"
        ),
        "<proposal>: nodes.1.type CT127 node 'grow/w': 'wrk' is not allowed here; did you mean 'work'?",
        f"<proposal>: nodes.2.agent CT127 node 'grow/p': 'other' is not allowed here; {kinds}",
        f"<proposal>: nodes.2.allow.1 CT127 node 'grow/p': 'more' is not allowed here; {kinds}",
        (
            "<proposal>: nodes.0.on_failure.0.fallback.type CT127 'fallback' in the on_failure of node 'grow/x': "
            f"'spare' is not allowed here; {kinds}"
        ),
        (
            "<proposal>: nodes.0.on_failure.1.recover.type CT127 'recover' in the on_failure of node 'grow/x': "
            f"'supervisor' is not allowed here; {kinds}"
        ),
    ]


@pytest.mark.parametrize(
    ("node", "is_free"),
    [
        ({"type": "switch", "cases": [{"when": "true", "to": "work"}]}, True),
        ({"type": "map", "over": "[1]", "nodes": [task("inner")]}, True),
        ({"type": "loop", "until": "true", "nodes": [task("inner")]}, True),
        ({"type": "set", "inputs": {"one": 1}}, True),
        ({"type": "wait", "for": 1}, True),
        ({"type": "human", "to": "user:ann"}, False),
        ({"type": "plan", "agent": "work", "allow": ["work"], "max_nodes": 1, "max_depth": 1}, False),
        ({"type": "workflow", "workflow": "part"}, False),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_kinds_that_ask_somebody_are_allowed_by_name(node: dict[str, Any], is_free: bool) -> None:
    part = {"name": "part", "nodes": [task("work")]}
    proposal = {"nodes": [{"id": "n", **node}, task("work")]}
    for allow in (["work"], ["work", node["type"]]):
        run = Stepped({"nodes": [{**PLAN, "inputs": [], "allow": allow}], "workflows": {"part": part}})
        found = read(run, proposal)
        assert isinstance(found, Proposal) is (is_free or len(allow) == 2), found


def test_nodes_are_counted_in_all_bodies_and_bodies_stand_no_deeper_than_they_may() -> None:
    inner = {"id": "inner", "type": "map", "over": "[1]", "nodes": [task("x")]}
    outer = {"id": "outer", "type": "loop", "until": "true", "nodes": [inner]}
    assert told({"nodes": [outer]}, max_nodes=3) == [
        (
            "<proposal>: nodes.0.nodes.0.nodes CT127 the body of 'grow/outer/inner' would stand 3 deep, and max_depth "
            "is 2; do without a body there"
        ),
    ]
    assert isinstance(read(planned(max_nodes=3, max_depth=3), {"nodes": [outer]}), Proposal)
    assert len(told({"nodes": [inner]}, max_depth=1)) == 1


def test_of_a_proposal_with_too_many_nodes_nothing_else_is_looked_at() -> None:
    inner = {"id": "inner", "type": "map", "over": "[1]", "nodes": [{}] * 20_000}
    assert told({"nodes": [task("x"), inner], "edges": 7}) == [
        (
            "<proposal>: CT127 the proposal has 20002 nodes with those in its bodies, and max_nodes is 20; leave 19982 "
            "of them out, and the rest is looked at"
        )
    ]
    assert told({"nodes": [{}, 1, None]}, max_nodes=2) == [
        (
            "<proposal>: CT127 the proposal has 3 nodes with those in its bodies, and max_nodes is 2; leave 1 of them "
            "out, and the rest is looked at"
        )
    ]


def test_a_planner_in_a_proposal_may_propose_what_is_left() -> None:
    nested = {"id": "p", "type": "plan", "agent": "work", "allow": ["work"]}
    allow = ["work", "plan"]
    assert told({"nodes": [nested]}, allow=allow, max_nodes=20, max_depth=1) == [
        (
            "<proposal>: nodes.0.max_nodes CT127 node 'grow/p': its max_nodes is 20, and 19 is what is left here; "
            "write max_nodes: 19"
        ),
        (
            "<proposal>: nodes.0.max_depth CT127 node 'grow/p': its max_depth is 2, and 0 is what is left here; do "
            "without this node"
        ),
    ]
    two = [{**nested, "id": name, "max_nodes": 9, "max_depth": 1} for name in ("p", "q")]
    assert isinstance(read(planned(allow=allow, max_nodes=20), {"nodes": two}), Proposal)
    assert told({"nodes": two}, allow=allow, max_nodes=19) == [
        (
            "<proposal>: nodes.1.max_nodes CT127 node 'grow/q': its max_nodes is 9, and 8 is what is left here; write "
            "max_nodes: 8"
        )
    ]


def test_what_the_planner_did_not_wait_for_is_not_read() -> None:
    run = Stepped({"nodes": [task("slow"), {**PLAN, "inputs": []}, task("z", inputs=["grow.output"])]})
    for name, status in (("slow", "running"), ("z", "pending")):
        found = read(run, {"nodes": [task("x", inputs=[f"{name}.output"])]})
        assert found == [
            (
                f"node 'grow' has started and would read '{name}', which is {status}; let it read what has ended, or "
                "put what reads it behind both"
            )
        ]
    run.answer("slow")
    assert isinstance(read(run, {"nodes": [task("x", inputs=["slow.output"])]}), Proposal)


def test_an_input_that_the_run_was_not_given_is_none() -> None:
    run = Stepped({"nodes": [task("a", inputs=["customer"]), {**PLAN, "inputs": []}]}, inputs={"customer": "ann"})
    assert isinstance(read(run, {"nodes": [task("x", inputs=["customer"])]}), Proposal)
    assert read(run, {"nodes": [task("x", inputs=["amount"])]}) == [
        "the run was given no input 'amount'; it was given customer"
    ]


def test_whoever_started_the_run_is_barred_only_where_that_is_known() -> None:
    barred = {"nodes": [{"id": "ask", "type": "human", "to": "role:risk", "not": ["initiator"]}]}
    assert told(barred) == [
        "a task may not be decided by whoever started the run, and nobody knows who that was; name others"
    ]
