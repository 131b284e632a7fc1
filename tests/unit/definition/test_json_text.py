"""JSON is read by the standard library; mistakes and places are found as for YAML."""

import pytest

from concertato.definition.json_text import read_json
from concertato.definition.load import loads
from concertato.definition.problem import DefinitionError
from concertato.definition.reading import Places, Reading, UnreadableError

TEXT = r"""{
  "name": "a \"{b}\"",
  "nodes": [
    {"id": "n1", "inputs": ["x", {"y": [1, -2.5e3]}], "z": null},
    []
  ]
}"""


def test_every_value_and_every_key_has_its_place() -> None:
    reading = Reading(places=Places())
    read_json(TEXT, reading)
    assert reading.places is not None
    places = reading.places
    assert places.values == {
        (): (1, 1),
        ("name",): (2, 11),
        ("nodes",): (3, 12),
        ("nodes", 0): (4, 5),
        ("nodes", 0, "id"): (4, 12),
        ("nodes", 0, "inputs"): (4, 28),
        ("nodes", 0, "inputs", 0): (4, 29),
        ("nodes", 0, "inputs", 1): (4, 34),
        ("nodes", 0, "inputs", 1, "y"): (4, 40),
        ("nodes", 0, "inputs", 1, "y", 0): (4, 41),
        ("nodes", 0, "inputs", 1, "y", 1): (4, 44),
        ("nodes", 0, "z"): (4, 60),
        ("nodes", 1): (5, 5),
    }
    assert places.keys[("nodes", 0, "z")] == (4, 55)


def test_what_is_not_json_is_told_with_its_place() -> None:
    with pytest.raises(UnreadableError) as caught:
        read_json('{"a": 1,\n "b": }', Reading())
    assert (caught.value.code, caught.value.place) == ("CT102", (2, 7))
    assert caught.value.message == "the text is not JSON: expecting value"


def test_a_key_that_stands_twice_is_told_with_its_place() -> None:
    reading = Reading()
    read_json('{"a": 1,\n "b": {"c": 1, "c": 2}, "a": 3}', reading)
    assert [(told.code, told.place) for told in reading.mistakes] == [("CT107", (2, 16)), ("CT107", (2, 25))]


@pytest.mark.parametrize("text", ['{"a":' * 5000 + "1" + "}" * 5000, '{"a":' + "[" * 200 + "]" * 200 + "}"])
def test_nesting_has_a_bound(text: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        loads(text)
    assert [problem.code for problem in caught.value.problems] == ["CT123"]


def test_numbers_that_json_cannot_carry_are_refused() -> None:
    with pytest.raises(DefinitionError) as caught:
        loads('{"name": NaN, "nodes": Infinity, "x": 9223372036854775808, "y": ' + "9" * 6000 + "}")
    assert [problem.code for problem in caught.value.problems] == ["CT105"] * 4
