"""The inputs of a run fit what its workflow declares, or every misfit is told."""

from typing import Any

import pytest

from concertato.definition.inputs import check_inputs
from concertato.definition.spelling import Speller
from concertato.errors import InvalidInput


def misfits(declared: dict[str, Any], given: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        check_inputs(declared, given)
    return str(caught.value).splitlines()


def test_defaults_are_filled_in_and_what_may_be_absent_is_null() -> None:
    declared = {"a": "string", "b": {"type": "integer", "default": 5}, "c": {"type": "any", "required": False}}
    assert check_inputs(declared, {"a": "x"}) == {"a": "x", "b": 5, "c": None}
    assert check_inputs(declared, {"a": "x", "b": 6, "c": [1]}) == {"a": "x", "b": 6, "c": [1]}


@pytest.mark.parametrize(
    ("declaration", "good", "bad"),
    [
        ("string", "x", 1),
        ("number", 1.5, "1.5"),
        ("number", 2, True),
        ("integer", 2.0, 2.5),
        ("integer", 2, True),
        ("boolean", False, 0),
        ("object", {}, []),
        ("array", [], {}),
        ("null", None, 0),
        ({"type": "object", "required": ["a"]}, {"a": 1}, {}),
        ({"type": "any", "enum": [1, "x"]}, "x", "y"),
    ],
)
def test_a_value_fits_its_declaration_or_not(declaration: Any, good: object, bad: object) -> None:
    assert check_inputs({"it": declaration}, {"it": good}) == {"it": good}
    assert len(misfits({"it": declaration}, {"it": bad})) == 1


def test_every_misfit_is_told_with_the_path_to_it() -> None:
    lines = {"type": "object", "properties": {"lines": {"type": "array", "items": {"type": "number"}}}}
    assert misfits(
        {"order": lines, "customer": "string", "limit": "integer"}, {"order": {"lines": [1, "x"]}, "custmer": 3}
    ) == [
        "there is no input 'custmer'; did you mean 'customer'?",
        "input 'order.lines[1]': it is not of type \"number\"",
        "input 'customer' is missing",
        "input 'limit' is missing",
    ]


def test_a_message_never_holds_a_value_of_an_input() -> None:
    declared = {"card": "integer", "order": {"type": "object", "properties": {"iban": {"pattern": "^[A-Z]+$"}}}}
    assert "4111" not in str(misfits(declared, {"card": "4111 1111", "order": {"iban": "4111"}}))


def test_a_value_that_json_cannot_carry_is_a_misfit() -> None:
    assert misfits({"it": {"type": "any", "minimum": 0}}, {"it": object()})[0].startswith(
        "input 'it': expected a value"
    )


def test_a_workflow_without_inputs_takes_none() -> None:
    assert misfits({}, {"a": 1}) == ["there is no input 'a'; the workflow takes none"]


def test_a_type_is_told_in_the_same_words_however_it_is_declared() -> None:
    for declared in ("number", {"type": "number", "required": False}):
        with pytest.raises(InvalidInput, match="input 'opt': expected a number, got: null"):
            check_inputs({"opt": declared}, {"opt": None})


def test_the_same_letters_in_another_case_are_what_was_meant() -> None:
    assert Speller(["n", "f"]).near("N") == "n"
    assert Speller(["order", "ORDR", "Ordex"]).near("ORDER") == "order"
