"""What an agent returns becomes JSON text that means the same, or is refused with the place of what cannot."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, TypedDict
from uuid import UUID

import msgspec
import pytest
from pydantic import BaseModel, ConfigDict, Field

from concertato.agents.contract import Succeeded
from concertato.agents.decorator import AgentFunction
from concertato.errors import FailureKind
from support.tasks import answer_of, failure_of, output_of


class Grade(Enum):
    GOOD = "good"


@dataclass
class Line:
    sku: str
    price: float


@dataclass(eq=False)
class Blob:
    data: bytes


class Order(msgspec.Struct, rename="camel"):
    order_id: int
    unit_price: float | None = None


class Customer(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)
    name: str = Field(alias="fullName")
    score: float | None = None


def returning(value: Any, annotation: Any = Any) -> AgentFunction[..., Any]:
    async def give() -> Any:
        return value

    give.__annotations__["return"] = annotation
    return AgentFunction(give)


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (Any, {"a": [1, 2.5, None, True, "x"]}, {"a": [1, 2.5, None, True, "x"]}),
        (None, None, None),
        (dict[str, int], {"n": 1}, {"n": 1}),
        (Any, (1, (2,)), [1, [2]]),
        (Any, {3}, [3]),
        (Any, Grade.GOOD, "good"),
        (Any, datetime(2024, 5, 6, tzinfo=UTC), "2024-05-06T00:00:00Z"),
        (Any, UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Any, Line("x", 1.5), {"sku": "x", "price": 1.5}),
        (Any, Order(1, 2.5), {"orderId": 1, "unitPrice": 2.5}),
        (Order, Order(1), {"orderId": 1, "unitPrice": None}),
        (Line, {"sku": "x", "price": 1.5}, {"sku": "x", "price": 1.5}),
        (dict[int, str], {1: "x"}, {"1": "x"}),
        (dict[str, dict[int, str]], {"a": {1: "x"}}, {"a": {"1": "x"}}),
        (bytes, b"hi", "aGk="),
        (Blob, Blob(b"hi"), {"data": "aGk="}),
        (int, 2**64 - 1, 2**64 - 1),
        (Any, -(2**63), -(2**63)),
        (str, "9" * 40, "9" * 40),
        (Customer, Customer(fullName="Ada"), {"fullName": "Ada", "score": None}),
        (Customer, {"name": "Ada"}, {"fullName": "Ada", "score": None}),
        (list[Customer], [Customer(fullName="Ada", score=2)], [{"fullName": "Ada", "score": 2.0}]),
        (Any, {"who": Customer(fullName="Ada")}, {"who": {"fullName": "Ada", "score": None}}),
    ],
)
async def test_a_value_is_written_as_json(annotation: Any, value: Any, expected: Any) -> None:
    assert await output_of(returning(value, annotation)) == expected


class Money(TypedDict):
    amount: float
    cents: int


class Tree(msgspec.Struct):
    weight: float
    left: "Tree | None" = None


Positive = Annotated[float, Field(gt=0)]


@pytest.mark.parametrize(
    ("annotation", "value", "text"),
    [
        (float, 4, b"4.0"),
        (float, 4.0, b"4.0"),
        (float, -(2**62), b"-4.611686018427388e18"),
        (float | None, 4, b"4.0"),
        (float | None, None, b"null"),
        (int | float, 4, b"4"),
        (Any, 4, b"4"),
        (Line, Line("x", 2), b'{"sku":"x","price":2.0}'),
        (Line, {"price": 2, "sku": "x", "extra": 3}, b'{"price":2.0,"sku":"x","extra":3}'),
        (Order, Order(1, 2), b'{"orderId":1,"unitPrice":2.0}'),
        (Money, {"amount": 2, "cents": 2}, b'{"amount":2.0,"cents":2}'),
        (Tree, Tree(1.5, Tree(2)), b'{"weight":1.5,"left":{"weight":2.0,"left":null}}'),
        (dict[str, list[tuple[int, float]]], {"a": [(1, 1)]}, b'{"a":[[1,1.0]]}'),
        (list[dict[str, float]], [{"x": 1}, {"x": 1.5}, {}], b'[{"x":1.0},{"x":1.5},{}]'),
        (Positive, 4, b"4.0"),
    ],
)
async def test_a_whole_number_is_written_as_a_float_where_the_annotation_says_so(
    annotation: Any, value: Any, text: bytes
) -> None:
    assert await answer_of(returning(value, annotation)) == Succeeded(text)


HOLDS_ITSELF: list[Any] = []
HOLDS_ITSELF.append(HOLDS_ITSELF)


@pytest.mark.parametrize(
    ("annotation", "value", "what", "where"),
    [
        (int, "x", "expected `int`, got `str`", "output"),
        (dict[str, list[int]], {"a": [1, "x"]}, "expected `int`, got `str`", "output[...][1]"),
        (Line, {"sku": "x"}, "object missing required field `price`", "output"),
        (Customer, {"score": 1}, "field required", "output.fullName"),
        (Any, {"a": [1, math.nan]}, "expected a finite number, got nan", "output.a[1]"),
        (float, math.inf, "expected a finite number, got inf", "output"),
        (float | None, -math.inf, "expected a finite number, got -inf", "output"),
        (dict[str, float], {"x": math.nan}, "expected a finite number, got nan", "output.x"),
        (Any, {math.pi, math.nan}, "expected a finite number, got nan", "output[...]"),
        (Any, Line("x", math.nan), "expected a finite number, got nan", "output.price"),
        (Order, Order(1, math.nan), "expected a finite number, got nan", "output.unit_price"),
        (Customer, Customer(fullName="Ada", score=math.nan), "expected a finite number, got nan", "output.score"),
        (Any, {"a": {1: "x"}}, "expected a string as key, got a `int`", "output.a"),
        (Any, {"a": {(1, 2): "x"}}, "expected a string as key, got a `tuple`", "output.a"),
        (Any, [b"hi"], "expected text, got bytes", "output[0]"),
        (Any, {"n": 2**64}, "expected an integer of at most 64 bits", "output.n"),
        (int, -(2**63) - 1, "expected an integer of at most 64 bits", "output"),
        (Any, [{"x": object()}], "expected a value that JSON can carry, got a `object`", "output[0].x"),
        (Any, {"x": 1j}, "expected a value that JSON can carry, got a `complex`", "output.x"),
        (dict[str, list[float]], {"a": [0.5, 2**53 + 1]}, "expected a number that a float can be", "output.a[1]"),
        (Any, ["\ud800"], "expected text, got a lone surrogate", "output[0]"),
        (Any, HOLDS_ITSELF, "expected a value that ends", "output"),
        (Any, msgspec.Raw(b"{a}"), "JSON is malformed", "output"),
    ],
)
async def test_what_json_cannot_carry_is_refused_with_its_place(
    annotation: Any, value: Any, what: str, where: str
) -> None:
    failure = await failure_of(returning(value, annotation))
    assert failure.kind is FailureKind.INVALID_OUTPUT
    assert what.lower() in failure.message.lower()
    assert failure.message.startswith("agent 'give': its output: ")
    assert failure.where == where
