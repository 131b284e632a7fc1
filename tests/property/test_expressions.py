"""What holds for any expression, and for any text that is none."""

from typing import Any

import cel
from hypothesis import given, settings
from hypothesis import strategies as st

from concertato.definition.expression import ExpressionError, parse

# A laden machine is no mistake of what is tested.
unhurried = settings(deadline=None, max_examples=100)


def failing(text: str, scope: dict[str, Any]) -> ExpressionError | None:
    try:
        parse(text).evaluate(scope)
    except ExpressionError as error:
        return error
    return None


NAMES = st.sampled_from(["a", "b", "n1", "list", "item"])
LEAVES = st.sampled_from(
    ["a", "b.c", "n1.output.x", "item[0]", "'a.b'", "1", "2.5", "true", 'r"b"', "has(a.b)", "b['k']"]
)
TEXTS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("({} + {})".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{'k': {}, {}: 2}}".format, inner, inner),
        st.builds("size({}) // {}\n".format, inner, NAMES),
        st.builds("{} ? {} : {}".format, LEAVES, inner, inner),
        st.builds("[{}].map({}, {})".format, inner, NAMES, inner),
        st.builds("[{}].filter(v, {}, v == {})".format, inner, inner, inner),
    ),
    max_leaves=8,
)


SIGNS = list("ab1.+-*/%()[]{}'\"\\?:,<>=!&| \nru#$`@é0xe")
WORDS = [
    *(
        "a",
        "b",
        "a.b",
        "a.a[0]",
        "1",
        "-1",
        "2.5",
        "1u",
        "null",
        "true",
        "'x'",
        "b'y'",
        "'2024-01-01T00:00:00Z'",
        "'9e9h'",
    ),
    *(
        "9223372036854775807",
        "-9223372036854775808",
        "'1e999'",
        "'['",
        "//",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ".",
        ",",
        "?",
        ":",
    ),
    *("+", "-", "*", "/", "%", "==", "<", "in", "&&", "||", "!", ".map(x,", ".filter(x,", ".all(x,", "size(", "int("),
    *("uint(", "double(", "string(", "timestamp(", "duration(", "type(", "has(", ".matches(", ".getHours("),
]
CALLS = st.sampled_from(
    ["int", "uint", "double", "string", "bytes", "timestamp", "duration", "size", "type", "dyn", "-", "!"]
)
VALUES = st.sampled_from([word for word in WORDS if word[-1] == "'" or (word[-1].isalnum() and word != "in")])
SUMS = st.recursive(
    VALUES,
    lambda inner: st.one_of(
        st.builds("{}({})".format, CALLS, inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "%", "==", "<", "in"]), inner),
        st.builds("{}.{}({})".format, VALUES, st.sampled_from(["matches", "contains", "startsWith"]), inner),
        st.builds("[{}][{}]".format, inner, inner),
        st.builds("{{{}: {}}}".format, inner, inner),
    ),
    max_leaves=5,
)


@unhurried
@given(TEXTS)
def test_the_names_of_an_expression_are_all_that_cel_asks_for(text: str) -> None:
    try:
        expression = parse(text)
    except ExpressionError:
        return
    if expression.reference is None and expression.names:
        assert expression.names <= set(cel.compile(text).variables())
    told = str(failing(text, dict.fromkeys(expression.names)))
    assert "has no value here" not in told
    assert "Undefined variable" not in told


@unhurried
@given(
    st.text(st.sampled_from(SIGNS), max_size=40) | st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | SUMS
)
def test_any_text_is_an_expression_or_a_mistake_in_one(text: str) -> None:
    failed = failing(text, {name: {"a": [1, None], "b": -(2**63)} for name in "abrux"})
    if failed is not None:
        assert str(failed)
        assert failed.column is None or 0 <= failed.column <= len(text)
