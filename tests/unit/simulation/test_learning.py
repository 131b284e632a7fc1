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
        ("x * 3 > 10", [3, 4]),
        ("x * 100.0 == 29.0", [0.29]),
        ("x * 0 == 1", []),
        ("x / 2 > 10", [20, 22]),
        ("x / 2.0 > 10.0", [20.0]),
        ("100 / x > 10", [10]),
        ("x + 0.1 > 0.3", [0.2]),
        ("5 + x == 100", [95]),
        ("x - 5 < 0", [5]),
        ("5 - x < 0", [5]),
        ("-x > 100", [-100]),
        ("-(x + 1) * 2 > 100", [-51]),
        ("x % 10 == 7", [7]),
        ("x % y == 7", []),
        ("(x > 5) == true", [5]),
        ("x == []", [[]]),
        ("['a', 1] == x", [["a", 1]]),
        ("x == [y]", []),
        ("x < '2026-06-01'", ["2026-06-01", "2026-05-31", "2026-06-02"]),
        ("x <= '2026-01-01T00:00:00Z'", ["2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "2026-01-01T00:00:01Z"]),
        ("x <= '2026-01-01T00:00:00'", ["2026-01-01T00:00:00", "2025-12-31T23:59:59", "2026-01-01T00:00:01"]),
        ("x > ''", ["", "a"]),
        ("x > 'm5'", ["m5", "m4", "m6"]),
        ("x > 'a'", ["a", "", "b"]),
        ("x > 'z'", ["z", "y", "za"]),
    ],
)
def test_what_a_value_is_compared_with_is_kept(text: str, constants: list[Any]) -> None:
    assert hint_of(text).constants == constants


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("timestamp(x) > timestamp('1970-01-02T00:00:00Z')", [86_400]),
        ("timestamp('1970-01-01T01:00:00+01:00') == timestamp(x)", [0]),
        ("timestamp(x) + duration('1m') > timestamp('1970-01-01T01:00:00Z')", [3540]),
        ("timestamp(x) - duration('1m') > timestamp('1970-01-01T01:00:00Z')", [3660]),
        ("timestamp('1970-01-01T01:00:00Z') - duration(x) > timestamp('1970-01-01T00:00:00Z')", [3600]),
        ("timestamp('1970-01-01T01:00:00Z') + duration(x) > timestamp('1970-01-01T02:00:00Z')", [3600]),
        ("timestamp(x) > timestamp('1970-01-01T01:00:00Z') + duration('1h') - duration('1m')", [7140]),
        ("duration(x) > duration('1h1m1.5s')", [3661.5]),
        ("duration(x) > duration('-500ms')", [-0.5]),
        ("duration(x).getMinutes() == 2", [120, 180]),
        ("timestamp(x).getFullYear() == 1970", [0, 365 * 86_400]),
        ("timestamp(x) > timestamp('never')", []),
        ("duration(x) > duration('1.2.3s')", []),
        ("timestamp(x) > timestamp(y)", []),
        ("timestamp(x) > timestamp(y) + duration('1h')", [1_767_225_600 + 3600]),
        ("timestamp(y) - duration('1h') < timestamp(x)", [1_767_225_600 - 3600]),
    ],
)
def test_the_times_that_a_time_is_compared_with_are_kept(text: str, times: list[float]) -> None:
    assert list(hint_of(text).times) == times


def test_what_is_asked_of_a_moment_tells_how_far_moments_must_vary() -> None:
    day = 86_400
    assert hint_of("timestamp(x).getHours() > 9").spread == 14 * day
    assert hint_of("timestamp(x).getMonth() > 9 || timestamp(x).getHours() > 9").spread == 800 * day
    assert hint_of("(timestamp(x) + duration(x.wait)).getHours() > 9").fields["wait"].spread == 0


def test_the_rest_of_a_division_is_kept_with_those_beside_it() -> None:
    assert list(hint_of("x % 10 > 7").rests) == [(10, 7), (10, 6), (10, 8)]
    assert list(hint_of("x % 2 == 0").rests) == [(2, 0), (2, 1)]


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


def test_a_text_that_is_to_have_several_parts_may_have_them_all() -> None:
    found = said(
        {"id": "x", "type": "x"},
        {"id": "y", "type": "y"},
        edges=[{"from": "x", "to": "y", "when": "x.output.contains('ab') && x.output.contains('yz')"}],
    )
    assert found.outputs["x"].constants == ["ab", "yz", "ab yz"]


def test_moments_that_are_compared_with_each_other_share_their_times_and_not_with_what_is_added() -> None:
    when = "timestamp(x.output.a) > timestamp('1970-01-01T00:00:09Z') && timestamp(x.output.a) + duration(x.output.c)"
    found = said(
        {"id": "x", "type": "x"},
        {"id": "y", "type": "y"},
        edges=[{"from": "x", "to": "y", "when": f"{when} > timestamp(x.output.b)"}],
    )
    fields = found.outputs["x"].fields
    assert {name: list(hint.times) for name, hint in fields.items()} == {"a": [9], "b": [9], "c": []}
