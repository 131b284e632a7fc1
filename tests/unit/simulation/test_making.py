"""Values that are made up fit what is declared, and fall on both sides of what they are compared with."""

from typing import Any

import pytest

from concertato.definition.declared import misfits
from concertato.simulation.dice import Dice
from concertato.simulation.hints import Hint
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
