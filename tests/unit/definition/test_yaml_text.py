"""YAML is read by the 1.2 core schema, with bounds that no text can break out of."""

import math
from typing import Any

import pytest
import yaml

from concertato.definition import yaml_events
from concertato.definition.reading import Places, Reading, UnreadableError
from concertato.definition.yaml_text import read_yaml
from support.effort import at_most


@pytest.fixture(autouse=True, params=["libyaml", "pure"])
def _loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test holds where PyYAML was built without libyaml, too."""
    if request.param == "pure":
        monkeypatch.setattr(yaml_events, "_LOADER", yaml.SafeLoader)


def read(text: str) -> Any:
    reading = Reading()
    value = read_yaml(text, reading)
    assert reading.mistakes == []
    return value


def mistake(text: str) -> UnreadableError:
    """The only mistake, whether reading could go on after it or not."""
    reading = Reading()
    try:
        read_yaml(text, reading)
    except UnreadableError as error:
        reading.mistakes.append(error)
    (only,) = reading.mistakes
    return only


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("off", "off"),
        ("2026-05-01", "2026-05-01"),
        ("12:30:00", "12:30:00"),
        ("1_000", "1_000"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("Null", None),
        ("-12", -12),
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 17),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("+1.5e-3", 0.0015),
        ("-.inf", -math.inf),
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 1", "1"),
        ("!!float 1", 1.0),
        ("|\n  a\n  b\n", "a\nb\n"),
        (">-\n  a\n  b\n", "a b"),
        ("9" * 5000, math.inf),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says(text: str, value: object) -> None:
    read_value = read(f"key: {text}\n")["key"]
    assert read_value == value
    assert type(read_value) is type(value)


def test_keys_are_text_whatever_they_look_like() -> None:
    assert read("{on: 1, 1: 2, null: 3, true: 4, 1.5: 5}") == {"on": 1, "1": 2, "null": 3, "true": 4, "1.5": 5}


def test_an_alias_repeats_its_value_and_a_merge_fills_in_what_is_not_there() -> None:
    text = (
        "base: &base {a: 1, b: 2}\nmore: &more {c: 3}\nuse: {<<: [*base, *more], b: 9}\nsame: *base\nkey: &k x\nz: *k\n"
    )
    assert read(text) == {
        "base": {"a": 1, "b": 2},
        "more": {"c": 3},
        "use": {"b": 9, "a": 1, "c": 3},
        "same": {"a": 1, "b": 2},
        "key": "x",
        "z": "x",
    }


def test_a_quoted_merge_key_is_a_key_like_others() -> None:
    assert read("'<<': {a: 1}") == {"<<": {"a": 1}}


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        ("a:\n\t- b", "CT102", (2, 1), "a tab cannot indent YAML; use spaces"),
        ("a: b: c", "CT102", (1, 5), "put the whole value in quotes"),
        ("a: [1, 2", "CT102", (1, 9), "the text is not YAML: "),
        ("a: 'x", "CT102", (1, 6), "unexpected end of stream"),
        ("a: 1\n---\nb: 2", "CT102", (2, 1), "a file holds one definition"),
        ("ok: 1\na: \x00", "CT102", (2, 4), "U+0000 cannot stand in YAML"),
        ("a: 1\nb: 2\na: 3", "CT107", (3, 1), "the key 'a' stands twice"),
        ("'a': 1\n\"a\": 3", "CT107", (2, 1), "the key 'a' stands twice"),
        ("a: !!python/object/apply:os.system [ls]", "CT105", (1, 4), "means nothing here"),
        ("a: !!python/name:os.system x", "CT105", (1, 4), "means nothing here"),
        ("a: !mine 3", "CT105", (1, 4), "remove the tag"),
        ("a: !!int x", "CT105", (1, 4), "expected int, as tagged, got: 'x'"),
        ("a: *nobody", "CT105", (1, 4), "the alias *nobody repeats nothing"),
        ("a: &a [*a]", "CT105", (1, 8), "that would never end"),
        ("a: {<<: 3}", "CT105", (1, 9), "to merge with <<"),
        ("? [a]\n: b", "CT105", (1, 3), "expected text as a key, got: a list or a mapping"),
        ("k: &k x\n*k : b", "CT105", (2, 1), "expected text as a key, got: an alias"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, code: str, place: tuple[int, int], words: str) -> None:
    told = mistake(text)
    assert (told.code, told.place) == (code, place)
    assert words in told.message


def test_every_key_that_stands_twice_is_told() -> None:
    reading = Reading()
    read_yaml("a: 1\na: 2\nb: {c: 1, c: 2}\n", reading)
    assert [told.place for told in reading.mistakes] == [(2, 1), (3, 11)]


def test_nesting_has_a_bound_and_no_text_reaches_the_stack() -> None:
    assert read("[" * 100 + "]" * 100) is not None
    for text in ("[" * 101 + "]" * 101, "[" * 100_000, "{a: " * 100_000, "- " * 100_000):
        assert mistake(text).code == "CT123"


def test_merging_has_a_bound() -> None:
    entries = ", ".join(f"k{number}: 1" for number in range(1000))
    uses = "\n".join(f"u{number}: {{<<: [{', '.join(['*b'] * 100)}]}}" for number in range(11))
    with at_most(5):
        assert mistake(f"b: &b {{{entries}}}\n{uses}").code == "CT123"


def test_every_value_and_every_key_has_its_place() -> None:
    reading = Reading(places=Places())
    read_yaml("name: x\nnodes:\n  - id: n1\n    inputs: [a, 'b']\n", reading)
    assert reading.places is not None
    assert reading.places.find(("nodes", 0, "inputs", 1)) == (4, 17)
    assert reading.places.find(("nodes", 0, "id")) == (3, 9)
    assert reading.places.find(("nodes", 0, "id"), key=True) == (3, 5)
    assert reading.places.find(("nodes", 0, "type")) == (3, 5), "what is not there stands where its holder does"
