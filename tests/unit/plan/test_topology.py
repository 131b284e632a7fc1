"""Order, cycles and nodes that can never run."""

from typing import Any

import pytest

from concertato.definition.problem import DefinitionError, Problem
from concertato.plan import topology
from concertato.plan.compile import compile_plan
from concertato.plan.model import SwitchPlan
from concertato.plan.topology import order
from support.effort import at_most

Json = dict[str, Any]


def task(node_id: str, *inputs: str, **fields: Any) -> Json:
    return {"id": node_id, "type": "t", "inputs": list(inputs), **fields}


def problems(*nodes: Json, edges: list[Json] | None = None, **fields: Any) -> list[Problem]:
    with pytest.raises(DefinitionError) as caught:
        compile_plan({"name": "w", "nodes": list(nodes), "edges": edges or [], **fields})
    return caught.value.problems


def link(source: str, target: str, **fields: Any) -> Json:
    return {"from": source, "to": target, **fields}


def test_a_cycle_is_named_by_its_path() -> None:
    nodes = [task("n1"), task("n2"), task("n3"), task("n4")]
    found = problems(*nodes, edges=[link("n1", "n2"), link("n2", "n3"), link("n3", "n1"), link("n3", "n4")])
    assert [problem.code for problem in found] == ["CT120"]
    assert "n1 → n2 → n3 → n1;" in found[0].message


def test_a_cycle_that_nobody_wrote_says_who_reads_what() -> None:
    (found,) = problems(task("a"), task("b", "a.output"), task("c", "b.output"), edges=[link("c", "a")])
    assert "a → b → c → a ('b' reads 'a', 'c' reads 'b')" in found.message


def test_a_node_that_reads_itself_is_told_so() -> None:
    (found,) = problems(task("a", "a.output"))
    assert "'a' waits for itself" in found.message


def test_a_body_that_reads_the_node_around_it_waits_for_itself() -> None:
    (found,) = problems({"id": "m", "type": "map", "over": "xs", "nodes": [task("x", "m.output")]})
    assert "'m' waits for itself" in found.message


def test_a_condition_that_reads_what_it_leads_to_is_a_cycle() -> None:
    (found,) = problems(task("a"), task("b"), edges=[link("a", "b", when="b.output == 1")])
    assert found.code == "CT120"


def test_each_knot_of_nodes_is_told() -> None:
    nodes = [task("a", "b.output"), task("b", "a.output"), task("c", "d.output", "a.output"), task("d", "c.output")]
    found = problems(*nodes)
    assert [problem.path for problem in found] == [("nodes", 0), ("nodes", 2)]


def test_cycles_inside_bodies_are_found_where_they_are() -> None:
    inner = [task("x", "y.output"), task("y", "x.output")]
    (found,) = problems(task("a"), {"id": "m", "type": "map", "over": "xs", "nodes": inner})
    assert found.path == ("nodes", 1, "nodes", 0)


def test_a_long_cycle_is_told_shortly() -> None:
    nodes = [task(f"n{i}", f"n{(i - 1) % 10_000}.output") for i in range(10_000)]
    with at_most(10):
        (found,) = problems(*nodes)
    assert "n0 → n1 → " in found.message
    assert "…" in found.message
    assert len(found.message) < 1000


def test_a_node_behind_a_condition_that_is_never_true_can_never_run() -> None:
    nodes = [task("a"), task("b"), task("c", "b.output"), task("d", "a.output", "b.output")]
    found = problems(*nodes, edges=[link("a", "b", when="1 > 2")])
    assert [problem.path[1] for problem in found] == [1, 2]
    assert "the condition of the edge from 'a' is always false" in found[0].message
    assert "it comes after 'b', which can never run" in found[1].message


def test_one_open_way_is_enough_except_where_all_are_wanted() -> None:
    nodes = [task("a"), task("b")]
    ways = [link("a", "c", when=False), link("b", "c")]
    compile_plan({"name": "w", "nodes": [*nodes, task("c")], "edges": ways})
    (found,) = problems(*nodes, task("c", join="all"), edges=ways)
    assert found.code == "CT121"


@pytest.mark.parametrize(
    ("first", "second", "dead"),
    [("x > 1", "x > 2", []), (True, "x > 2", ["b", "c"]), (False, "x > 2", ["a"]), ("x > 1", "1 == 1", ["c"])],
)
def test_a_case_that_is_never_reached_leads_nowhere(first: object, second: object, dead: list[str]) -> None:
    cases = [{"when": first, "to": "a"}, {"when": second, "to": "b"}]
    nodes = [{"id": "s", "type": "switch", "cases": cases, "default": "c"}, task("a"), task("b"), task("c")]
    definition = {"name": "w", "inputs": {"x": "number"}, "nodes": nodes}
    try:
        compile_plan(definition)
        found = []
    except DefinitionError as error:
        found = [nodes[int(problem.path[1])]["id"] for problem in error.problems if problem.code == "CT121"]
    assert found == dead


def test_a_way_out_of_a_switch_whose_edge_is_never_open_leads_nowhere() -> None:
    switch = {"id": "s", "type": "switch", "cases": [{"when": "x > 1", "to": "a"}]}
    (found,) = problems(switch, task("a"), edges=[link("s", "a", when=False)], inputs={"x": "number"})
    assert "the condition of the edge from 's' is always false" in found.message


def test_an_expression_that_would_take_for_ever_is_not_computed_to_check_it() -> None:
    numbers = str(list(range(10)))
    endless = f"{numbers}.all(a, " * 30 + "true" + ")" * 30
    compile_plan({"name": "w", "nodes": [task("a"), task("b")], "edges": [link("a", "b", when=endless)]})


def test_the_order_puts_every_node_after_what_it_waits_for() -> None:
    nodes = [task("c", "b.output"), task("b", "a.output"), task("a"), task("d", "a.output")]
    plan = compile_plan({"name": "w", "nodes": nodes})
    assert [plan.root.nodes[number].id for number in order(plan.root)] == ["a", "b", "d", "c"]


@pytest.mark.parametrize("reads", [1, 5])
def test_ten_thousand_nodes_are_loaded_checked_and_compiled_quickly(reads: int) -> None:
    nodes = [task(f"n{i}", *(f"n{j}.output" for j in range(max(0, i - reads), i))) for i in range(10_000)]
    with at_most(10):
        plan = compile_plan({"name": "w", "nodes": nodes})
    assert len(order(plan.root)) == 10_000


def test_which_ways_a_switch_can_take_is_found_out_once_for_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[SwitchPlan] = []

    def counted(switch: SwitchPlan) -> set[int]:
        looked_at.append(switch)
        return open_cases(switch)

    open_cases = topology._open_cases
    monkeypatch.setattr(topology, "_open_cases", counted)
    ways = [f"n{number}" for number in range(20)]
    cases = [{"when": f"given == {way!r}", "to": way} for way in ways]
    nodes = [{"id": "s", "type": "switch", "cases": cases}, *({"id": way, "type": "t"} for way in ways)]
    compile_plan({"name": "w", "inputs": {"given": "any"}, "nodes": nodes})
    assert len(looked_at) == 1
