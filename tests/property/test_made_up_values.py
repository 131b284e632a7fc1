"""Whatever expressions say of a value, and whatever is declared of it: values can be made up, and JSON carries them."""

from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from concertato.simulation.dice import Dice
from concertato.simulation.hints import Hint, every, settle
from concertato.simulation.learning import learn
from concertato.simulation.making import Maker
from concertato.simulation.syntax import tree_of

NUMBERS = ["0", "7", "100", "9223372036854775807", "0.1", "1.5", "1e308", "1e-308"]
TEXTS = ["''", "'a'", "'é'", "'\U0010ffff'", "'2026-06-01'", "'9999-12-31T23:59:59Z'", "'0001-01-01T00:00:00Z'", "'2h'"]
LEAVES = st.sampled_from([*NUMBERS, *TEXTS, "x", "x.f", "x[0]", "x.g[3].h", "y", "true", "null"])
SCHEMAS: list[Any] = [
    None,
    {"type": "string"},
    {"type": "string", "format": "date-time"},
    {"type": "number"},
    {"type": "integer", "minimum": -5},
    {"type": "array", "maxItems": 3},
    {"type": "object", "required": ["f"]},
]


def larger(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "in", "&&", "||"])
    asked = st.sampled_from(["getHours", "getDayOfWeek", "getFullYear", "getMonth"])
    return st.one_of(
        st.builds("({} {} {})".format, parts, signs, parts),
        st.builds(
            "{}({})".format, st.sampled_from(["-", "!", "size", "timestamp", "duration", "int", "string"]), parts
        ),
        st.builds("x.{}({})".format, st.sampled_from(["startsWith", "endsWith", "contains", "matches"]), parts),
        st.builds("timestamp({}).{}()".format, parts, asked),
        st.builds("x.{}(v, {})".format, st.sampled_from(["all", "exists", "map", "filter"]), parts),
        st.builds("[{}, {}]".format, parts, parts),
        st.builds("({} ? {} : {})".format, parts, parts, parts),
    )


@settings(max_examples=300)
@given(st.recursive(LEAVES, larger, max_leaves=12), st.integers(0, 1000))
@example("x.f > '\U0010ffff'", 1)
def test_values_can_be_made_up_of_whatever_an_expression_says(text: str, seed: int) -> None:
    hints = {"x": Hint(), "y": Hint()}
    learn(tree_of(text), hints.get)
    settle(every(hints.values()))
    maker = Maker(Dice(seed))
    for schema in SCHEMAS:
        for _ in range(3):
            msgspec.json.encode(maker.make(schema, hints["x"]))
