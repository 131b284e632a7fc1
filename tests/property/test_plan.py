"""What holds for the plan of any definition."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from concertato.definition.model import Definition
from concertato.definition.problem import DefinitionError
from concertato.plan.compile import compile_document, compile_plan
from concertato.plan.draw import to_mermaid, to_text
from concertato.plan.model import Program, ScopePlan
from concertato.plan.topology import order
from support.definitions import definitions, documents

# A laden machine is no mistake of what is tested.
unhurried = settings(deadline=None, max_examples=60)


def scopes(scope: ScopePlan) -> Iterator[ScopePlan]:
    yield scope
    for node in scope.nodes:
        if node.body is not None:
            yield from scopes(node.body)


def mistakes(definition: Definition | dict[str, Any]) -> set[str]:
    try:
        compile_plan(definition)
    except DefinitionError as error:
        return {problem.code for problem in error.problems}
    return set()


def planned(definition: Definition) -> ScopePlan | None:
    """The root of the plan; None where a random condition made a node that can never run."""
    found = mistakes(definition)
    assert found <= {"CT121"}
    return None if found else compile_plan(definition).root


@unhurried
@given(definitions())
def test_a_plan_is_the_same_however_often_and_wherever_from_it_is_compiled(definition: Definition) -> None:
    if planned(definition) is not None:
        plan = compile_plan(definition)
        assert compile_plan(definition) == plan == compile_document(plan.document)


@unhurried
@given(definitions())
def test_edges_are_counted_the_same_from_every_side(definition: Definition) -> None:
    root = planned(definition)
    for scope in scopes(root) if root else ():
        pairs = [(edge.source, edge.target) for edge in scope.edges]
        assert len(set(pairs)) == len(pairs)
        for number, edge in enumerate(scope.edges):
            assert edge.needs[0] == edge.source
            assert len(set(edge.needs)) == len(edge.needs) == scope.edge_needs[number]
            assert all(number in scope.needed_by[need] for need in edge.needs)
            assert edge.when is None or own_nodes(edge.when) <= set(edge.needs)
        assert sum(map(len, scope.needed_by)) == sum(scope.edge_needs)
        for node in scope.nodes:
            assert all(scope.edges[edge].target == node.number for edge in node.incoming)
            assert all(scope.edges[edge].source == node.number for edge in node.outgoing)
            control = {edge for edge in node.incoming if scope.edges[edge].control}
            assert set(node.decides) == (control or set(node.incoming))
            assert (node.number in scope.starts) is (not node.incoming)
            assert scope.by_id[node.id] == node.number


@unhurried
@given(definitions())
def test_every_node_waits_for_all_that_it_reads_and_comes_after_it(definition: Definition) -> None:
    root = planned(definition)
    for scope in scopes(root) if root else ():
        place = {number: position for position, number in enumerate(order(scope))}
        assert len(place) == len(scope.nodes)
        for node in scope.nodes:
            sources = {scope.edges[edge].source for edge in node.incoming}
            assert set().union(*(own_nodes(program) for _, program in node.binding.programs)) <= sources
            assert all(place[need] < place[node.number] for edge in node.incoming for need in scope.edges[edge].needs)


@unhurried
@given(definitions())
def test_any_plan_can_be_drawn(definition: Definition) -> None:
    if planned(definition) is not None:
        plan = compile_plan(definition)
        every = sum(len(scope.nodes) for scope in scopes(plan.root))
        assert to_mermaid(plan).count("<br/>") + to_mermaid(plan).count("subgraph ") >= every
        assert to_text(plan, unicode=False).isascii()


@unhurried
@given(documents(), st.data())
def test_no_rewired_definition_does_more_than_be_refused(document: dict[str, Any], data: st.DataObject) -> None:
    """Edges and reads led anywhere make cycles, dead ends and unknown names: mistakes, never a crash."""
    wild = copy.deepcopy(document)
    ids = [node["id"] for node in wild["nodes"]] + ["nobody"]
    for _ in range(data.draw(st.integers(1, 3))):
        source, target = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
        wild.setdefault("edges", []).append({"from": source, "to": target, "when": f"{target}.status == '{source}'"})
        node = data.draw(st.sampled_from(wild["nodes"]))
        if node["type"] == "set":
            node["inputs"] = {"x": f"{source}.output", "y": f"size({target}"}
    if not mistakes(wild):
        root = compile_plan(wild).root
        assert len(order(root)) == len(root.nodes)


def own_nodes(program: Program) -> set[int]:
    """The nodes of its own body that a program reads."""
    return {name.node for name in program.names.values() if name.what == "node" and name.up == 0}
