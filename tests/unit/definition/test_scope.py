"""Which names are visible where, and how many scopes outwards they stand."""

from typing import Any

from concertato.definition.load import load
from concertato.definition.model import LoopNode, MapNode
from concertato.definition.scope import Scope, Visible

WORK = {"id": "work", "type": "t"}


def scopes(**more: Any) -> tuple[Scope, Scope, Scope, LoopNode]:
    """The scopes of a workflow, of a map in it, and of a loop in that map."""
    loop = {"id": "again", "type": "loop", "until": "last != null", "nodes": [WORK]}
    nodes = [{"id": "first", "type": "t"}, {"id": "each", "type": "map", "over": "[]", "as": "line", "nodes": [loop]}]
    definition = load({"name": "w", "nodes": nodes, **more}).definition
    outer = Scope.of(definition)
    each = definition.nodes[1]
    assert isinstance(each, MapNode)
    again = each.nodes[0]
    assert isinstance(again, LoopNode)
    return outer, outer.inside(each), outer.inside(each).inside(again), again


def test_names_are_found_from_the_inside_outwards() -> None:
    _, _, inner, _ = scopes(inputs={"order": "any"})
    assert inner.lookup("work") == Visible("node", 0, "work")
    assert inner.lookup("iteration") == Visible("iteration", 0, "iteration")
    assert inner.lookup("line") == Visible("item", 1, "line")
    assert inner.lookup("index") == Visible("index", 1, "index")
    assert inner.lookup("again") == Visible("node", 1, "again")
    assert inner.lookup("first") == Visible("node", 2, "first")
    assert inner.lookup("order") == Visible("input", 2, "order")
    assert inner.lookup("run") == Visible("run", 2, "run")
    assert inner.lookup("item") is None


def test_a_loop_s_conditions_stand_where_its_body_does_and_see_no_node_of_it() -> None:
    _, middle, _, loop = scopes()
    testing = middle.testing(loop)
    assert testing.lookup("last") == Visible("last", 0, "last")
    assert testing.lookup("line") == Visible("item", 1, "line")
    assert testing.lookup("work") is None


def test_a_compensation_sees_what_its_node_gave_and_got_and_all_else_as_its_node_does() -> None:
    _, middle, _, _ = scopes()
    undoing = middle.undoing()
    assert undoing.lookup("output") == Visible("output", 0, "output")
    assert undoing.lookup("input") == Visible("input_of", 0, "input")
    assert undoing.lookup("line") == middle.lookup("line")
    assert undoing.lookup("first") == Visible("node", 1, "first")


def test_a_ladder_sees_why_its_node_failed_and_what_it_got_and_all_else_as_its_node_does() -> None:
    _, middle, _, _ = scopes()
    failing = middle.failing()
    assert failing.lookup("failure") == Visible("failure", 0, "failure")
    assert failing.lookup("input") == Visible("input_of", 0, "input")
    assert failing.lookup("line") == middle.lookup("line")
    assert failing.lookup("first") == Visible("node", 1, "first")
    assert middle.lookup("failure") is None


def test_the_ladder_of_a_workflow_sees_its_inputs_and_takes_no_node_for_one() -> None:
    definition = load({"name": "w", "nodes": [WORK]}).definition
    apart = Scope.without_nodes(definition).failing()
    assert apart.lookup("run") == Visible("run", 0, "run")
    assert apart.lookup("work") is None
    assert apart.undeclared(("work",)) is None
    assert apart.undeclared(("order", "id")) == Visible("input", 0, "order")


def test_an_undeclared_input_belongs_to_the_outermost_scope() -> None:
    _, middle, inner, _ = scopes()
    assert inner.undeclared(("order", "lines")) == Visible("input", 2, "order")
    assert middle.undoing().undeclared(("order",)) == Visible("input", 1, "order")


def test_what_means_a_node_or_is_nearly_something_visible_is_no_undeclared_input() -> None:
    outer, _, _, _ = scopes()
    assert outer.undeclared(("order", "output")) is None
    assert outer.undeclared(("frist",)) is None
    assert outer.undeclared(("item",)) is None


def test_a_workflow_that_declares_inputs_has_no_others() -> None:
    outer, _, _, _ = scopes(inputs={"order": "any"})
    assert outer.undeclared(("customer",)) is None
