"""A body in the place of the one that the definition has: it means what it would mean if it stood there."""

from typing import Any

import msgspec
import pytest

from concertato.definition.problem import DefinitionError
from concertato.plan.compile import compile_plan
from concertato.plan.model import Plan, ScopePlan
from concertato.run.bodies import own_plan, read_body, write_body
from concertato.run.events import RunStarted
from concertato.run.scope import Scope
from concertato.run.state import Run
from support.deep import NESTED_TOO_DEEP
from support.stepping import task

LOOP: dict[str, Any] = {
    "id": "l",
    "type": "loop",
    "until": "last.ok",
    "nodes": [task("work", inputs=["item", "a.output"])],
}
MAP: dict[str, Any] = {"id": "m", "type": "map", "over": "a.output", "nodes": [task("x"), LOOP]}
PART: dict[str, Any] = {
    "name": "part",
    "inputs": {"given": "any"},
    "nodes": [task("a"), {"id": "grow", "type": "plan", "agent": "planner", "allow": ["work"]}],
}
DOCUMENT: dict[str, Any] = {
    "name": "d",
    "nodes": [
        task("a"),
        MAP,
        {"id": "one", "type": "workflow", "workflow": "part", "inputs": {"given": "1"}},
        {"id": "two", "type": "workflow", "workflow": "part", "inputs": {"given": "2"}},
    ],
    "workflows": {"part": PART},
}


def run_of(document: dict[str, Any]) -> Run:
    plan = compile_plan(document)
    return Run(plan, RunStarted(at=0.0, run_id="r", workflow="d", plan="", inputs={}, task_root="r"))


def opened(
    outer: Scope, node_id: str, index: int, body: dict[str, Any] | None = None, plan: Plan | None = None
) -> Scope:
    node = outer.plan.nodes[outer.plan.by_id[node_id]]
    text = None if body is None else msgspec.json.encode(body)
    own = None if text is None or plan is None else own_plan(plan, outer, node, text)
    scope = Scope.inside(outer, node, index, own)
    scope.body = text
    return scope


def compiled(run: Run, outer: Scope, node_id: str, body: dict[str, Any]) -> ScopePlan:
    return own_plan(run.plan, outer, outer.plan.nodes[outer.plan.by_id[node_id]], msgspec.json.encode(body))


def mistakes(run: Run, outer: Scope, node_id: str, body: dict[str, Any]) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        compiled(run, outer, node_id, body)
    return [str(problem) for problem in caught.value.problems]


def test_a_body_compiles_as_it_would_in_the_definition() -> None:
    """At any depth: another definition that has it there gives the same plan."""
    run = run_of(DOCUMENT)
    item = opened(run.root, "m", 0)
    body = {
        "nodes": [task("more", inputs=["x.output", "iteration", "a.output"]), task("after", inputs=["more.output"])]
    }
    there = compile_plan(
        {**DOCUMENT, "nodes": [task("a"), {**MAP, "nodes": [task("x"), {**LOOP, **body}]}, *DOCUMENT["nodes"][2:]]}
    )
    outer = there.root.nodes[1].body
    assert outer is not None
    assert repr(compiled(run, item, "l", body)) == repr(outer.nodes[1].body)


def test_a_body_stands_inside_those_that_the_scopes_around_it_have_for_themselves() -> None:
    run = run_of(DOCUMENT)
    item = opened(run.root, "m", 0, {"nodes": [task("first"), task("x"), LOOP]}, run.plan)
    plan = compiled(run, item, "l", {"nodes": [task("more", inputs=["first.output", "x.output"])]})
    reads = [program.names[name].node for name, program in plan.nodes[0].binding.programs]
    assert reads == [0, 1]
    assert (
        "refers to 'first', which is neither an input nor a node"
        in mistakes(run, opened(run.root, "m", 1), "l", {"nodes": [task("more", inputs=["first.output"])]})[0]
    )


def test_every_mistake_is_told_as_in_a_definition_with_its_place_in_the_body() -> None:
    run = run_of(DOCUMENT)
    body = {
        "nodes": [
            task("x", inputs=["absent.output"]),
            task("y", inputs=["x.outptu", "z.output"]),
            task("z", inputs=["y.output"]),
        ],
        "edges": [{"from": "x", "to": "q"}],
    }
    assert mistakes(run, run.root, "m", body) == [
        "<edit>: nodes.0.inputs.0 CT104 node 'm/x' refers to 'absent', which is neither an input nor a node",
        (
            "<edit>: nodes.1 CT120 these nodes wait for each other: y → z → y ('z' reads 'y', 'y' reads 'z'); "
            "break the circle at one of its steps"
        ),
        (
            "<edit>: nodes.1.inputs.0 CT114 node 'm/y' refers to 'x.outptu', and a node has 'output' and 'status' "
            "only; did you mean 'x.output'?"
        ),
        (
            "<edit>: edges.0.to CT104 edge 'x' → 'q' refers to 'q', which is not a node in the body of 'm'; "
            "did you mean 'z'?"
        ),
    ]


def test_a_body_in_a_definition_that_two_nodes_name_is_that_of_one_of_them() -> None:
    run = run_of(DOCUMENT)
    one = opened(run.root, "one", -1)
    plan = compiled(run, one, "grow", {"nodes": [task("work", inputs=["a.output", "given"])]})
    assert [program.names[name].what for name, program in plan.nodes[0].binding.programs] == ["node", "input"]
    two = opened(run.root, "two", -1)
    assert two.plan.nodes[1].body is None
    assert "refers to 'm'" in mistakes(run, one, "grow", {"nodes": [task("work", inputs=["m.output"])]})[0]


def test_no_workflow_is_used_within_itself() -> None:
    run = run_of(DOCUMENT)
    again = {"nodes": [{"id": "again", "type": "workflow", "workflow": "part", "with": {"given": 1}}]}
    assert mistakes(run, opened(run.root, "one", -1), "grow", again) == [
        (
            "<edit>: nodes.0.workflow CT122 node 'grow/again': the workflow 'part' contains what it would stand in "
            "here; name another"
        )
    ]
    assert compiled(run, run.root, "m", again).nodes[0].kind == "workflow"


def test_a_body_has_one_text_however_it_is_written() -> None:
    body = {"edges": [], "nodes": [{"type": "t", "id": "a", "join": "synchronize", "timeout": "90s"}], "outputs": None}
    text = write_body(read_body(msgspec.json.encode(body), "<edit>"))
    assert text == b'{"nodes":[{"id":"a","type":"t","timeout":"1m30s"}]}'
    assert write_body(read_body(text, "<edit>")) == text


def test_what_is_no_body_is_told() -> None:
    for text, message in (
        (b"3", "expected it to be a mapping"),
        (b"{}", "'nodes' is missing"),
        (NESTED_TOO_DEEP, "deeper"),
    ):
        with pytest.raises(DefinitionError, match=message):
            read_body(text, "<proposal>")
