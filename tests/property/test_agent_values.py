"""Whatever JSON value an agent is given and returns comes out as it went in; whatever it cannot carry is refused."""

import math
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertato.agents.decorator import AgentFunction
from concertato.agents.output import writer
from concertato.agents.validation import Arguments, InvalidValueError, hints_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20)
BAD = st.sampled_from([math.nan, math.inf, -math.inf, b"bytes", 2**64, -(2**63) - 1, {1: "x"}, object(), "\ud800"])


@dataclass
class Line:
    sku: str
    prices: list[float]
    extra: dict[int, str | None]


@dataclass
class Order:
    id: int
    lines: list[Line]
    note: Any


LINES = st.builds(Line, TEXT, st.lists(st.floats(allow_nan=False, allow_infinity=False)),
                  st.dictionaries(st.integers(-(2**63), 2**63), st.none() | TEXT))  # fmt: skip
ORDERS = st.builds(Order, st.integers(-(2**63), 2**64 - 1), st.lists(LINES), JSON)


def arguments_of(function: Any) -> Arguments:
    agent = AgentFunction(function, name="work")
    return Arguments(agent, hints_of(agent))


@given(JSON)
def test_an_unannotated_value_goes_in_and_out_unchanged(value: Any) -> None:
    read = arguments_of(lambda value: value).read
    text = writer("work", Any)(value)
    assert read({"value": text}) == {"value": value}
    assert msgspec.json.decode(text) == value


@given(ORDERS)
def test_a_typed_value_goes_in_and_out_unchanged(order: Order) -> None:
    def work(order: Order) -> Order:
        return order

    assert arguments_of(work).read({"order": writer("work", Order)(order)}) == {"order": order}


@given(JSON, BAD, st.data())
def test_a_part_that_json_cannot_carry_is_refused_wherever_it_stands(value: Any, bad: Any, data: st.DataObject) -> None:
    write = writer("work", Any)
    holder, where = bad, "output"
    for _ in range(data.draw(st.integers(0, 4))):
        if data.draw(st.booleans()):
            holder, where = {"k": holder, "z": value}, where.replace("output", "output.k", 1)
        else:
            holder, where = [value, holder], where.replace("output", "output[1]", 1)
    with pytest.raises(InvalidValueError) as caught:
        write(holder)
    assert caught.value.failure.where == where
