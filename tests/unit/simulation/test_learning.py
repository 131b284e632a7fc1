"""What expressions say about values: their parts, their kinds, and what they are compared with."""

from typing import Any

import pytest

from concertato.plan.compile import compile_plan
from concertato.simulation.hints import Hint
from concertato.simulation.learning import learn
from concertato.simulation.reading import Said, read_plan
from concertato.simulation.syntax import tree_of


def hint_of(text: str) -> Hint:
    """What an expression says about the value `x` in it."""
    hint = Hint()
    learn(tree_of(text), {"x": hint}.get)
    return hint


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("x > 0.7", {"number"}),
        ("x * 100.0", {"double"}),
        ("100 + x", {"integer"}),
        ("x + 'text'", {"string"}),
        ("!x", {"boolean"}),
        ("x && true", {"boolean"}),
        ("x ? 1 : 2", {"boolean"}),
        ("x.startsWith('a')", {"string"}),
        ("timestamp(x) > timestamp('2026-01-01T00:00:00Z')", {"moment"}),
        ("x.all(each, each > 1)", {"list"}),
        ("'a' in x", {"list"}),
        ("int(x) > 3", {"number"}),
        ("int(x)", {"double"}),
    ],
)
def test_how_a_value_is_used_tells_its_kind(text: str, kinds: set[str]) -> None:
    assert set(hint_of(text).kinds) == kinds


@pytest.mark.parametrize(
    ("text", "constants"),
    [
        ("x == 'red' || x == \"green\"", ["red", "green"]),
        ("x in ['red', 'blue']", ["red", "blue"]),
        ("0.2 < x && x <= 0.7", [0.2, 0.7]),
        ("x == -3", [-3]),
        ("x == 0x1F", [31]),
        ("x == r'raw'", ["raw"]),
        ("x * 2 > 10", [5]),
    ],
)
def test_what_a_value_is_compared_with_is_kept(text: str, constants: list[Any]) -> None:
    assert hint_of(text).constants == constants


def test_parts_are_followed() -> None:
    hint = hint_of("x.lines[0].price > 5.0 && x['a name'] == null && has(x.note) && size(x.lines) > 3")
    assert set(hint.fields) == {"lines", "a name", "note"}
    lines = hint.fields["lines"]
    assert (lines.least, lines.sizes) == (1, [2, 3, 4])
    assert lines.item().fields["price"].constants == [5.0]
    assert (hint.fields["a name"].nullable, hint.fields["note"].optional) == (True, True)


def test_what_a_macro_says_of_its_variable_is_said_of_the_items() -> None:
    hint = hint_of("x.exists(line, line.sku == 'cup' && line.count > 2)")
    assert hint.item().fields["sku"].constants == ["cup"]
    assert hint.item().fields["count"].constants == [2]


def test_what_is_not_understood_says_nothing() -> None:
    hint = hint_of("x ==")
    assert (hint.fields, hint.items, hint.constants, hint.kinds, hint.sizes) == ({}, None, [], {}, [])


def said(*nodes: dict[str, Any], **more: Any) -> Said:
    return read_plan(compile_plan({"name": "said", "nodes": list(nodes), **more}))


def test_what_is_said_of_a_value_that_is_handed_on_is_said_of_where_it_comes_from() -> None:
    found = said(
        {"id": "risk", "type": "assess"},
        {"id": "kept", "type": "set", "inputs": {"score": "risk.output.score"}},
        {"id": "look", "type": "look"},
        edges=[{"from": "kept", "to": "look", "when": "kept.output.score > 0.7"}],
    )
    assert found.outputs["risk"].fields["score"].constants == [0.7]


def test_the_items_of_a_map_are_those_of_its_list() -> None:
    body = [{"id": "price", "type": "price", "inputs": {"sku": "line.sku"}}]
    found = said(
        {"id": "prices", "type": "map", "over": "order.lines", "as": "line", "nodes": body},
        {"id": "sum", "type": "add", "inputs": {"first": "prices.output[0].price.cents + 1"}},
        inputs={"order": "object"},
    )
    lines = found.inputs["order"].fields["lines"]
    assert set(lines.item().fields) == {"sku"}
    assert set(found.outputs["prices/price"].fields["cents"].kinds) == {"integer"}


def test_a_loop_reads_what_its_body_gave() -> None:
    found = said(
        {
            "id": "polish",
            "type": "loop",
            "until": "last.score > 0.9",
            "nodes": [{"id": "draft", "type": "draft"}],
            "outputs": {"score": "draft.output.score"},
        }
    )
    assert found.outputs["polish/draft"].fields["score"].constants == [0.9]


def test_a_sub_workflow_is_read_with_what_it_is_given() -> None:
    check = {
        "name": "check",
        "inputs": {"subject": "object"},
        "nodes": [{"id": "look", "type": "look"}, {"id": "stop", "type": "stop"}],
        "edges": [{"from": "look", "to": "stop", "when": "subject.level == 'high'"}],
    }
    found = said(
        {"id": "one", "type": "make"},
        {"id": "checked", "type": "workflow", "workflow": "check", "inputs": {"subject": "one.output.thing"}},
        workflows={"check": check},
    )
    assert found.outputs["one"].fields["thing"].fields["level"].constants == ["high"]


def test_a_compensation_speaks_of_its_own_node() -> None:
    undo = {"type": "undo", "inputs": {"id": "output.transfer.id"}}
    found = said({"id": "pay", "type": "pay", "compensate": undo})
    assert set(found.outputs["pay"].fields["transfer"].fields) == {"id"}


def test_values_that_are_compared_with_each_other_share_their_constants() -> None:
    found = said(
        {"id": "a", "type": "make"},
        {"id": "b", "type": "make"},
        {"id": "c", "type": "make"},
        edges=[
            {"from": "a", "to": "b", "when": "a.output.colour == 'red'"},
            {"from": "b", "to": "c", "when": "a.output.colour == b.output.colour"},
        ],
    )
    assert found.outputs["b"].fields["colour"].constants == ["red"]


def test_the_payload_of_a_signal_is_a_value_like_any_other() -> None:
    found = said(
        {"id": "approval", "type": "wait", "signal": "approved"},
        {"id": "go", "type": "go"},
        edges=[{"from": "approval", "to": "go", "when": "approval.output.level >= 3"}],
    )
    assert found.signals["approved"].fields["level"].constants == [3]


def test_what_is_compared_with_a_sum_is_of_the_kind_of_what_is_added() -> None:
    found = said(
        {"id": "x", "type": "x"},
        {"id": "y", "type": "y"},
        edges=[{"from": "x", "to": "y", "when": "x.output.total == a + b"}],
        inputs={"a": {"type": "integer"}, "b": "integer"},
    )
    assert found.outputs["x"].fields["total"].kinds.keys() == {"integer"}


def test_a_text_that_is_to_begin_and_to_end_in_some_way_may_do_both() -> None:
    found = said(
        {"id": "x", "type": "x"},
        {"id": "y", "type": "y"},
        edges=[{"from": "x", "to": "y", "when": "x.output.startsWith('ab') && x.output.endsWith('yz')"}],
    )
    assert "ab…yz" in found.outputs["x"].constants
