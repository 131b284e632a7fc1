"""Texts with expressions in them."""

import pytest

from concertato.definition.template import Slot, TemplateError, parts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("plain { text } }}", ["plain { text } }}"]),
        ("{{a}}", [Slot("a", 2)]),
        ("Order {{ order.id }} of {{\tname}}!", ["Order ", Slot("order.id", 9), " of ", Slot("name", 27), "!"]),
        ("{{a}}{{b}}", [Slot("a", 2), Slot("b", 7)]),
        ("{{ {'a': {'b': 1}} }}.", [Slot("{'a': {'b': 1}}", 3), "."]),
        ("{{{'a': {'b': 1}}}}", [Slot("{'a': {'b': 1}}", 2)]),
        ("""{{ "}}" + '\\'}}' }} it's""", [Slot("""\"}}" + '\\'}}'""", 3), " it's"]),
        ("{{ }}", [Slot("", 3)]),
    ],
)
def test_a_text_falls_into_what_stands_and_what_is_computed(text: str, found: list[str | Slot]) -> None:
    assert parts(text) == found


@pytest.mark.parametrize(("text", "at"), [("a {{ b", 2), ("{{ a }} {{ b }", 8), ("{{ 'a }}", 0), ("{{ {'a': 1 }}", 0)])
def test_an_expression_that_does_not_end_is_a_mistake_where_it_begins(text: str, at: int) -> None:
    with pytest.raises(TemplateError, match="an expression begins here and does not end") as caught:
        parts(text)
    assert caught.value.at == at
