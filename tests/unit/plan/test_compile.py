"""What a definition becomes: names bound to places, edges inferred and merged, bodies within bodies."""

from typing import Any

import pytest

from concertato.definition.load import load
from concertato.definition.problem import DefinitionError
from concertato.errors import TRANSIENT, FailureKind
from concertato.plan.compile import compile_document, compile_plan
from concertato.plan.model import EdgePlan, LoopPlan, MapPlan, Name, NodePlan, Plan, ScopePlan, SwitchPlan, WaitPlan

Json = dict[str, Any]


def task(node_id: str, *inputs: str, **fields: Any) -> Json:
    return {"id": node_id, "type": f"do_{node_id}", **({"inputs": list(inputs)} if inputs else {}), **fields}


def plan(*nodes: Json, edges: list[Json] | None = None, **fields: Any) -> Plan:
    return compile_plan({"name": "w", "nodes": list(nodes), "edges": edges or [], **fields})


def edges(scope: ScopePlan) -> dict[str, EdgePlan]:
    return {f"{scope.nodes[edge.source].id}>{scope.nodes[edge.target].id}": edge for edge in scope.edges}


def node(scope: ScopePlan, node_id: str) -> NodePlan:
    return scope.nodes[scope.by_id[node_id]]


def body(scope: ScopePlan, node_id: str) -> ScopePlan:
    found = node(scope, node_id).body
    assert found is not None
    return found


def fields(bound: NodePlan) -> dict[str, str]:
    return {name: program.expression.source for name, program in bound.binding.programs}


ARTICLE: Json = {
    "name": "order_processing",
    "nodes": [
        {"id": "n1", "type": "data_validation", "inputs": ["order_data"]},
        {"id": "n2", "type": "risk_assessment", "inputs": ["n1.output"]},
        {"id": "n3", "type": "payment_processing", "inputs": ["n2.output"]},
    ],
    "edges": [{"from": "n1", "to": "n2"}, {"from": "n2", "to": "n3"}],
}


def test_the_articles_workflow_compiles_as_it_stands() -> None:
    compiled = compile_plan(ARTICLE)
    assert list(edges(compiled.root)) == ["n1>n2", "n2>n3"]
    assert compiled.root.starts == (0,)
    assert compiled.root.simple
    assert compiled.inputs == {"order_data": "any"}
    assert compiled.agents == {"data_validation", "risk_assessment", "payment_processing"}
    assert [name for name, _ in compiled.root.outputs] == ["n3"]


def test_a_dict_a_definition_and_a_document_give_the_same_plan() -> None:
    document = load(ARTICLE)
    assert compile_plan(document) == compile_plan(document.definition) == compile_plan(ARTICLE)


def test_a_stored_document_compiles_to_the_same_plan() -> None:
    compiled = compile_plan(ARTICLE)
    assert compile_document(compiled.document) == compiled


def test_what_is_read_from_a_node_makes_a_data_edge() -> None:
    compiled = plan(task("a"), task("b"), task("c", "a.output", "b.output.x"))
    assert {way: edge.control for way, edge in edges(compiled.root).items()} == {"a>c": False, "b>c": False}
    assert node(compiled.root, "c").decides == node(compiled.root, "c").incoming


def test_a_written_edge_and_what_is_read_along_it_are_one() -> None:
    compiled = plan(task("a"), task("b", "a.output"), edges=[{"from": "a", "to": "b"}])
    assert [edge.control for edge in compiled.root.edges] == [True]


def test_control_edges_alone_decide_whether_a_node_runs() -> None:
    compiled = plan(task("a"), task("b"), task("c", "a.output"), edges=[{"from": "b", "to": "c"}])
    joined = node(compiled.root, "c")
    assert len(joined.incoming) == 2
    assert joined.decides == (compiled.root.edges.index(edges(compiled.root)["b>c"]),)
    assert not compiled.root.simple


def test_an_edge_needs_its_source_and_what_its_condition_reads() -> None:
    when = "b.output > 1 && a.output && order > 2"
    compiled = plan(task("a"), task("b"), task("c"), edges=[{"from": "a", "to": "c", "when": when}])
    edge = compiled.root.edges[0]
    assert edge.needs == (0, 1)
    assert compiled.root.edge_needs == (2,)
    assert compiled.root.needed_by == ((0,), (0,), ())
    assert not compiled.root.simple


def test_a_condition_that_is_true_is_no_condition() -> None:
    compiled = plan(task("a"), task("b"), edges=[{"from": "a", "to": "b", "when": True}])
    assert compiled.root.edges[0].when is None
    assert compiled.root.simple


def test_the_ways_out_of_a_switch_are_control_edges_with_their_cases() -> None:
    switch = {
        "id": "s",
        "type": "switch",
        "cases": [{"when": "x > 1", "to": ["a", "b"]}, {"when": "x < 0", "to": "a"}],
        "default": "c",
    }
    compiled = plan(switch, task("a"), task("b"), task("c"), edges=[{"from": "s", "to": "b"}])
    found = edges(compiled.root)
    assert {way: edge.cases for way, edge in found.items()} == {
        "s>b": frozenset({0}),
        "s>a": frozenset({0, 1}),
        "s>c": frozenset({-1}),
    }
    detail = node(compiled.root, "s").detail
    assert isinstance(detail, SwitchPlan)
    assert detail.ways == (b'["a","b"]', b'"a"', b'"c"')


def test_what_a_body_reads_of_an_outer_node_the_node_that_holds_it_waits_for() -> None:
    inner = {"id": "m", "type": "map", "over": "xs", "nodes": [task("deep", "a.output", "b.status", "item")]}
    loop = {"id": "l", "type": "loop", "until": "last.m != c.output", "nodes": [inner], "outputs": {"m": "m.output"}}
    compiled = plan(task("a"), task("b"), task("c"), task("d"), loop)
    assert list(edges(compiled.root)) == ["a>l", "b>l", "c>l"]
    assert body(compiled.root, "l").edges == ()
    deep = node(body(body(compiled.root, "l"), "m"), "deep")
    assert dict(deep.binding.programs)["a"].names == {"a": Name("node", 2, 0)}
    assert dict(deep.binding.programs)["item"].whole == Name("item", 0)
    until = node(compiled.root, "l").detail
    assert isinstance(until, LoopPlan)
    assert until.until is not None
    assert until.until.names == {"last": Name("last", 0), "c": Name("node", 1, 2)}


def test_what_outputs_and_conditions_inside_read_outside_makes_the_holder_wait() -> None:
    inner = {
        "id": "m",
        "type": "map",
        "over": "xs",
        "as": "line",
        "nodes": [task("x", "line"), task("y")],
        "edges": [{"from": "x", "to": "y", "when": "a.output > x.output"}],
        "outputs": {"it": "x.output", "other": "b.output"},
    }
    compiled = plan(task("a"), task("b"), inner)
    assert list(edges(compiled.root)) == ["a>m", "b>m"]
    assert body(compiled.root, "m").edges[0].needs == (0,)


def test_what_a_compensation_reads_makes_nothing_wait() -> None:
    undo = {"type": "undo", "inputs": {"what": "output.id", "got": "input", "late": "b.output"}}
    compiled = plan(task("a", compensate=undo), task("b", "a.output"))
    assert list(edges(compiled.root)) == ["a>b"]
    compensate = node(compiled.root, "a").compensate
    assert compensate is not None
    names = {field: program.names for field, program in compensate.binding.programs}
    assert names["what"] == {"output": Name("output")}
    assert names["got"] == {"input": Name("input_of")}
    assert names["late"] == {"b": Name("node", 0, 1)}
    assert "undo" in compiled.agents


def test_a_compensation_without_inputs_gets_what_its_node_got_and_gave() -> None:
    compensate = node(plan(task("a", compensate={"type": "undo"})).root, "a").compensate
    assert compensate is not None
    wholes = {field: program.whole for field, program in compensate.binding.programs}
    assert wholes == {"input": Name("input_of"), "output": Name("output")}


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("a.output", Name("node", 0, 0)),
        ("order", Name("input", 0, name="order")),
        ("run", Name("run", 0)),
        ("a.output.x", None),
        ("a.status", None),
        ("order.id", None),
        ("order == null", None),
    ],
)
def test_a_value_that_is_kept_as_text_is_passed_on_as_it_stands(text: str, whole: Name | None) -> None:
    compiled = plan(task("a"), {"id": "b", "type": "t", "inputs": {"x": text}}, inputs={"order": "any"})
    assert dict(node(compiled.root, "b").binding.programs)["x"].whole == whole


def test_inputs_become_fields_in_their_order_and_constants_json_text() -> None:
    listed = node(plan(task("a"), task("b", "order", "a.output", "a.output.deep.amount")).root, "b")
    assert fields(listed) == {"order": "order", "a": "a.output", "amount": "a.output.deep.amount"}
    named = {"id": "c", "type": "t", "inputs": {"z": "order.id", "n": 1.5, "t": True}, "with": {"l": [1, "x"]}}
    bound = node(plan(named).root, "c").binding
    assert [name for name, _ in bound.programs] == ["z"]
    assert bound.constants == {"n": b"1.5", "t": b"true", "l": b'[1,"x"]'}


def test_outputs_may_be_constants_and_default_to_those_of_the_last_nodes() -> None:
    written = plan(task("a"), outputs={"x": "a.output.y", "one": 1, "none": None, "half": -0.5, "tiny": 1e-9})
    values = {name: program.expression.source for name, program in written.root.outputs}
    assert values == {"x": "a.output.y", "one": "1", "none": "null", "half": "-0.5", "tiny": "1e-9"}
    last = plan(task("a"), task("b", "a.output"), task("c", "a.output"))
    assert [name for name, _ in last.root.outputs] == ["b", "c"]


def test_retries_say_which_kinds_they_are_for() -> None:
    assert node(plan(task("a")).root, "a").retry.on == TRANSIENT
    some = node(plan(task("a", retry={"on": ["internal"], "max_attempts": 7, "initial": "100ms"})).root, "a").retry
    assert some.on == frozenset({FailureKind.INTERNAL})
    assert (some.max_attempts, some.initial) == (7, 0.1)


def test_every_kind_of_node_keeps_what_it_is() -> None:
    compiled = plan(
        {"id": "m", "type": "map", "over": "xs", "concurrency": 3, "on_item_failure": "collect", "nodes": [task("x")]},
        {"id": "l", "type": "loop", "while": "iteration < 3", "max_iterations": 5, "nodes": [task("y")]},
        {"id": "w1", "type": "wait", "for": "90s"},
        {"id": "w2", "type": "wait", "until": "2030-01-31T09:00:00Z"},
        {"id": "w3", "type": "wait", "signal": "paid", "timeout": "4h"},
        {"id": "w4", "type": "wait", "until": "due_at"},
        {"id": "s", "type": "set", "inputs": {"v": "xs"}},
    )
    details = {each.id: each.detail for each in compiled.root.nodes}
    assert isinstance(details["m"], MapPlan)
    assert (details["m"].concurrency, details["m"].collect) == (3, True)
    assert isinstance(details["l"], LoopPlan)
    assert details["l"].max_iterations == 5
    assert details["w1"] == WaitPlan(seconds=90.0)
    assert isinstance(details["w2"], WaitPlan)
    assert details["w2"].until is not None
    assert details["w2"].until.expression.evaluate({}) == "2030-01-31T09:00:00Z"
    assert details["w3"] == WaitPlan(signal="paid")
    assert node(compiled.root, "w3").timeout == 14400.0
    assert isinstance(details["w4"], WaitPlan)
    assert [each.kind for each in compiled.root.nodes] == ["map", "loop", "wait", "wait", "wait", "wait", "set"]


SUB: Json = {"name": "sub", "inputs": {"x": "any"}, "nodes": [task("inner", "x")]}


def test_a_workflow_node_sees_only_its_own_inputs_and_its_body_is_shared() -> None:
    uses = [{"id": f"u{i}", "type": "workflow", "workflow": "sub", "inputs": {"x": "a.output"}} for i in (1, 2)]
    compiled = plan(task("a"), *uses, workflows={"sub": SUB})
    assert list(edges(compiled.root)) == ["a>u1", "a>u2"]
    inner = body(compiled.root, "u1")
    assert inner.isolated
    assert inner is body(compiled.root, "u2")
    assert dict(node(inner, "inner").binding.programs)["x"].names == {"x": Name("input", 0, name="x")}
    assert "do_inner" in compiled.agents


def test_workflows_that_use_each_other_twice_over_and_over_are_compiled_once_each() -> None:
    depth = 18
    workflows: Json = {f"w{depth}": {"name": "leaf", "nodes": [task("leaf")]}}
    for level in range(depth):
        uses = [{"id": name, "type": "workflow", "workflow": f"w{level + 1}"} for name in ("left", "right")]
        workflows[f"w{level}"] = {"name": f"w{level}", "nodes": uses}
    compiled = plan({"id": "top", "type": "workflow", "workflow": "w0"}, workflows=workflows)
    scopes = [compiled.root]
    for scope in scopes:
        scopes += {id(each.body): each.body for each in scope.nodes if each.body}.values()
    assert len(scopes) == depth + 2


def test_a_workflow_that_nobody_uses_is_looked_at_but_asks_no_agent() -> None:
    assert "do_inner" not in plan(task("a"), workflows={"sub": SUB}).agents
    knotted = {**SUB, "nodes": [task("p", "q.output"), task("q", "p.output")]}
    with pytest.raises(DefinitionError) as caught:
        plan(task("a"), workflows={"sub": knotted})
    assert [problem.path for problem in caught.value.problems] == [("workflows", "sub", "nodes", 0)]


def test_mistakes_of_every_sort_come_together_in_the_order_of_the_document() -> None:
    with pytest.raises(DefinitionError) as caught:
        plan(
            task("a", "b.output"),
            task("b", "a.output"),
            task("c", "nine.output"),
            task("d"),
            edges=[{"from": "c", "to": "d", "when": False}],
        )
    assert [problem.code for problem in caught.value.problems] == ["CT120", "CT104", "CT121"]


def test_a_workflow_that_contains_itself_is_a_mistake_and_no_endless_loop() -> None:
    again = {"name": "sub", "nodes": [{"id": "u", "type": "workflow", "workflow": "sub"}]}
    with pytest.raises(DefinitionError, match="CT122"):
        plan({"id": "u", "type": "workflow", "workflow": "sub"}, workflows={"sub": again})


def test_the_fingerprint_is_of_what_the_definition_says() -> None:
    same = {**ARTICLE, "max_parallel": 256}
    other = {**ARTICLE, "max_parallel": 2}
    assert compile_plan(same).fingerprint == compile_plan(ARTICLE).fingerprint != compile_plan(other).fingerprint
    assert len(compile_plan(ARTICLE).fingerprint) == 64
