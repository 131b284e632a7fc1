"""Values that are made up fit what is declared, and fall on both sides of what they are compared with."""

from typing import Any

import pytest

from concertato.definition.declared import misfits
from concertato.definition.expression import parse
from concertato.definition.expression_text import ExpressionError
from concertato.simulation.dice import Dice
from concertato.simulation.hints import Hint, every, settle
from concertato.simulation.learning import learn
from concertato.simulation.making import Maker
from concertato.simulation.syntax import tree_of


def hint_of(text: str) -> Hint:
    hint = Hint()
    learn(tree_of(text), {"x": hint}.get)
    return hint


def values(schema: Any = None, text: str = "null", *, many: int = 200) -> list[Any]:
    maker = Maker(Dice(1))
    return [maker.make(schema, hint_of(text)) for _ in range(many)]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": "string", "minLength": 5},
        {"type": "string", "maxLength": 1},
        {"type": "integer", "minimum": 3, "maximum": 9},
        {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        {"type": "integer", "multipleOf": 5},
        {"type": "integer", "minimum": 1001, "maximum": 1499, "multipleOf": 250},
        {"type": "number", "minimum": 1, "multipleOf": 0.01},
        {"type": "number", "minimum": 0.07, "maximum": 0.08, "multipleOf": 0.01},
        {"type": "string", "maxLength": 0},
        {"type": "object", "required": ["undeclared"]},
        {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 3},
        {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False},
        {"enum": ["a", 1, None]},
        {"const": {"a": 1}},
        {"type": ["string", "null"]},
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        {"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "integer"}}}]},
        {"$ref": "#/$defs/line", "$defs": {"line": {"type": "object", "properties": {"n": {"type": "integer"}}}}},
        {
            "type": "object",
            "required": ["lines"],
            "properties": {
                "lines": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]},
                },
                "note": {"type": "string"},
            },
            "additionalProperties": False,
        },
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "email"},
        {"type": "object", "minProperties": 1, "additionalProperties": {"type": "integer"}},
        {"type": "object", "minProperties": 1, "properties": {"a": {"type": "integer"}}, "additionalProperties": False},
        {"type": "object", "minProperties": 2, "maxProperties": 2},
        {"type": "array", "contains": {"const": "z"}},
        {"contains": {"const": "z"}, "items": {"type": "string"}, "minContains": 2, "minItems": 3},
    ],
)
def test_what_is_made_fits_the_schema(schema: dict[str, Any]) -> None:
    for value in values(schema):
        assert list(misfits({"type": "any", **schema}, value)) == []


def test_lists_are_made_as_short_and_as_long_as_they_may_be() -> None:
    assert {len(each) for each in values({"type": "array", "minItems": 3, "maxItems": 7})} == {3, 5, 7}
    assert {len(each) for each in values({"type": "array", "maxItems": 1000})} == {0, 1, 2, 5}
    assert {len(each) for each in values({"type": "array", "minItems": 1000})} == {1000}


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("x > 0.7", lambda value: value > 0.7),
        ("x == 0.7", lambda value: value == 0.7),
        ("x >= 10", lambda value: value >= 10),
        ("x == 'red'", lambda value: value == "red"),
        ("x == null", lambda value: value is None),
        ("x", bool),
        ("size(x) > 2", lambda value: len(value) > 2),
    ],
)
def test_values_fall_on_both_sides(text: str, condition: Any) -> None:
    hint = hint_of(text)
    if text == "x":
        hint.kinds["boolean"] = None
    maker = Maker(Dice(1))
    assert {bool(condition(maker.make(None, hint))) for _ in range(100)} == {True, False}


def outcomes(text: str, schema: Any = None, *, many: int = 200) -> list[Any]:
    """What a condition comes to with values that are made for it; None where it cannot be told."""
    hint = hint_of(text)
    settle(every([hint]))
    maker, condition = Maker(Dice(1)), parse(text)
    found = []
    for _ in range(many):
        try:
            found.append(condition.evaluate({"x": maker.make(schema, hint)}))
        except ExpressionError:
            found.append(None)
    return found


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("x.errors == []", None),
        ("x != []", {"type": "array", "items": {"type": "string"}}),
        ("x == ['a', 'b']", None),
        ("x == [3, 4]", {"type": "array", "items": {"type": "integer"}}),
        ("-x > 100", None),
        ("-x.balance >= 100.5", None),
        ("-x > 100", {"type": "integer"}),
        ("size(x) > 100", None),
        ("size(x) > 100", {"type": "string"}),
        ("x.size() > 100", {"type": "string", "maxLength": 101}),
        ("x != '' && size(x) > 100", None),
        ("x.startsWith('ab') && size(x) > 20", None),
        ("x.endsWith('yz') && size(x) > 20", {"type": "string"}),
        ("timestamp(x) > timestamp('2031-06-01T00:00:00Z')", None),
        ("timestamp(x) == timestamp('2026-06-01T00:00:00Z')", {"type": "string"}),
        ("timestamp(x) < timestamp('2024-06-01T00:00:00+02:00')", {"type": "string", "format": "date-time"}),
        ("timestamp(x) > timestamp('9999-12-31T23:59:59Z') - duration('1h')", None),
        ("timestamp(x) + duration('72h') > timestamp('2026-06-01T00:00:00Z')", None),
        ("timestamp(x) - timestamp('2026-06-01T00:00:00Z') > duration('72h')", None),
        ("timestamp('2026-06-01T00:00:00Z') - timestamp(x) > duration('72h')", None),
        ("timestamp(x.end) - timestamp(x.start) > duration('720h')", None),
        ("timestamp(x.end) > timestamp(x.start) && timestamp(x.start) > timestamp('2026-06-01T00:00:00Z')", None),
        ("timestamp(x.end) > timestamp(x.start) + duration('720h')", None),
        ("timestamp(x.start) - duration('720h') < timestamp(x.end)", None),
        ("x == '' || timestamp(x) > timestamp('2026-06-01T00:00:00Z')", {"type": "string"}),
        ("duration(x) > duration('2h')", None),
        ("duration(x) <= duration('1h30m')", {"type": "string"}),
        ("duration(x) == duration('1.5s')", None),
        ("duration(x).getHours() >= 48", None),
        ("x / 2 > 10", None),
        ("x / 1000 == 5", {"type": "integer"}),
        ("x / 1000 == -5", {"type": "integer"}),
        ("x * 3 >= 12", {"type": "integer"}),
        ("x * 3 == 1200", None),
        ("x * 100.0 > 50000.0", {"type": "number"}),
        ("x + 5 > 100", {"type": "integer", "minimum": 0, "maximum": 100}),
        ("x - 5 < 0", {"type": "integer", "minimum": 0, "maximum": 1000000}),
        ("1000 - x < 10", {"type": "integer", "minimum": 0, "maximum": 1000000}),
        ("6000 / x > 10", {"type": "integer", "minimum": 1}),
        ("(x + 20) * 9 / 5 == 72", None),
        ("x % 10 == 7", None),
        ("x % 10 > 7", {"type": "integer", "minimum": 1000}),
        ("x > 500 && x % 7 == 3", None),
        ("x < '2026-06-01'", None),
        ("x > '2026-06-01'", {"type": "string"}),
        ("x == '2026-06-01'", {"type": "string", "format": "date"}),
        ("x < '2026-06-01'", {"type": "string", "format": "date"}),
        ("x >= '2026-06-01T00:00:00Z'", {"type": "string", "format": "date-time"}),
        ("x < 'b' && x > ''", None),
        ("x > '1.9' && x < '2'", None),
        ("x.contains('a') && x.contains('bb')", None),
        ("x.startsWith('q') && x.contains('a') && x.contains('bb') && x.endsWith('z')", {"type": "string"}),
        ("timestamp(x).getHours() >= 9", None),
        ("timestamp(x).getHours() < 3", {"type": "string", "format": "date-time"}),
        ("timestamp(x).getDayOfWeek() == 0", {"type": "string"}),
        ("timestamp(x).getMonth() == 5", None),
        ("timestamp(x).getFullYear() >= 2030", None),
        ("(timestamp(x) + duration('1h')).getHours() == 0", None),
        ("size(x) == 2 && x.k == 1", None),
        ("size(x) > 3", {"type": "object", "additionalProperties": {"type": "integer"}}),
    ],
)
def test_conditions_come_out_both_ways(text: str, schema: Any) -> None:
    assert {True, False} <= set(outcomes(text, schema))


def test_what_is_known_to_be_a_time_can_be_read_as_one() -> None:
    assert None not in outcomes("timestamp(x) > timestamp('2026-06-01T00:00:00Z')", {"type": "string"})
    assert None not in outcomes("duration(x) > duration('2h')", {"type": "string"})


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "enum": []},
        {"type": "number", "minimum": 1.0e308},
        {"type": "integer", "minimum": 10**400},
        {"type": "integer", "minimum": -(10**400), "maximum": 10**400},
        {"type": "number", "minimum": -1.7e308, "maximum": 1.7e308},
        {"type": "number", "minimum": 1.0e300, "multipleOf": 1.0e-300},
        {"type": "string", "minLength": 10**20},
        {"type": "number", "minimum": 1.5, "multipleOf": 10**400},
    ],
)
def test_a_schema_for_which_nothing_can_be_made_up_is_no_error(schema: dict[str, Any]) -> None:
    maker = Maker(Dice(1))
    for _ in range(50):
        maker.make(schema, None, whole_too=True)


def test_a_boundary_is_tried_just_there_and_just_beside_it() -> None:
    found = set(values(None, "x > 0.7"))
    assert 0.7 in found
    assert any(0 < each - 0.7 < 0.02 for each in found)
    assert any(0 < 0.7 - each < 0.02 for each in found)


def test_a_boundary_that_the_schema_does_not_allow_is_not_tried() -> None:
    assert all(0 <= each <= 1 for each in values({"type": "number", "minimum": 0, "maximum": 1}, "x > 80.0"))


def test_whole_numbers_stay_whole_and_others_do_not() -> None:
    assert {type(each) for each in values({"type": "integer"}, "x > 5")} == {int}
    assert {type(each) for each in values({"type": "number"}, "x > 5")} == {float}
    maker = Maker(Dice(1))
    as_json = {type(maker.make({"type": "number"}, Hint(), whole_too=True)) for _ in range(100)}
    assert as_json == {int, float}


def test_a_loose_schema_is_filled_with_what_is_read() -> None:
    assert all(isinstance(each["score"], float) for each in values({"type": "object"}, "x.score * 2.0 > 1.0"))
    numbers = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert all(isinstance(each["count"], int) for each in values(numbers, "x.count > 3"))


def test_what_may_be_absent_sometimes_is() -> None:
    assert {"note" in each for each in values(None, "has(x.note) && x.other == 1")} == {True, False}


def test_a_value_that_holds_itself_ends() -> None:
    tree: dict[str, Any] = {
        "$ref": "#/$defs/tree",
        "$defs": {"tree": {"type": "object", "required": ["left"], "properties": {"left": {"$ref": "#/$defs/tree"}}}},
    }
    assert values(tree, many=3)
