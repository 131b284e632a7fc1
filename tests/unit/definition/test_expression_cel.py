"""CEL through its one adapter: what the library leaves open is settled here, the same way every time."""

import pytest

from concertato.definition.expression import ExpressionError, parse

MANY = {letter: number for number, letter in enumerate("hgfedcba")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x.map(k, k)", list("abcdefgh")),
        ("x.filter(k, x[k] > 3)", list("abcd")),
        ("x.filter(k, x[k] > 5).map(k, x[k])", [7, 6]),
        ("{'b': 1, 'a': 2}.map(k, k)", ["a", "b"]),
        ("x . map ( k , k )", list("abcdefgh")),
        ("[3, 1, 2].map(i, i)", [3, 1, 2]),
    ],
)
def test_the_keys_of_a_map_are_walked_in_order_every_time(text: str, expected: object) -> None:
    for _ in range(20):
        assert parse(text).evaluate({"x": MANY}) == expected


def test_a_macro_in_a_text_is_text() -> None:
    assert parse("'x.map(k, k)' + y").evaluate({"y": "!"}) == "x.map(k, k)!"


def test_a_mistake_behind_a_macro_stands_where_it_was_written() -> None:
    with pytest.raises(ExpressionError) as mistake:
        parse("x.map(k k)")
    assert mistake.value.column == len("x.map(k ")
