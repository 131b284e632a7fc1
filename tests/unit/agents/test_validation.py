"""What an agent is given fits what it declares, or the complaint says which part does not."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import partial, wraps
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypedDict, Unpack

import msgspec
import pytest
from pydantic import BaseModel, Field

from concertato.agents.decorator import AgentFunction, agent
from concertato.agents.registry import Registry
from concertato.errors import FailureKind
from support.tasks import failure_of, output_of

if TYPE_CHECKING:
    from decimal import Decimal


class Grade(Enum):
    GOOD = "good"
    BAD = "bad"


@dataclass
class Line:
    sku: str
    count: int


class Address(TypedDict):
    street: str


class Point(NamedTuple):
    x: int
    y: int


class Order(msgspec.Struct):
    id: str
    lines: list[Line]


class Customer(BaseModel):
    name: str
    age: int = Field(ge=0)
    born: datetime | None = None


class Account(msgspec.Struct):
    owner: Customer


@dataclass
class Household:
    members: list[Customer]


def kind_of(annotation: Any) -> AgentFunction[..., Any]:
    """An agent that tells the type of what it was given."""

    async def tell(value: Any) -> str:
        return type(value).__name__

    tell.__annotations__["value"] = annotation
    return AgentFunction(tell)


@pytest.mark.parametrize(
    ("annotation", "given", "kind"),
    [
        (int, 3, "int"),
        (float, 3, "float"),
        (int | None, None, "NoneType"),
        (list[int], [1, 2], "list"),
        (Literal["a", "b"], "b", "str"),
        (datetime, "2024-05-06T07:08:09Z", "datetime"),
        (bytes, "aGk=", "bytes"),
        (set[int], [1, 2], "set"),
        (Grade, "good", "Grade"),
        (Line, {"sku": "x", "count": 1}, "Line"),
        (Address, {"street": "High"}, "dict"),
        (Point, [1, 2], "Point"),
        (Order, {"id": "1", "lines": [{"sku": "x", "count": 1}]}, "Order"),
        (Customer, {"name": "Ada", "age": 36}, "Customer"),
        (list[Customer], [{"name": "Ada", "age": 36}], "list"),
        (Customer | None, None, "NoneType"),
        (Account, {"owner": {"name": "Ada", "age": 36}}, "Account"),
        (Household, {"members": [{"name": "Ada", "age": 36, "born": "1815-12-10T00:00:00Z"}]}, "Household"),
        (Annotated[int, Field(gt=2)], 3, "int"),
        (Annotated[int, msgspec.Meta(gt=2)], 3, "int"),
        (Any, {"a": [1]}, "dict"),
    ],
)
async def test_a_value_becomes_what_the_parameter_declares(annotation: Any, given: Any, kind: str) -> None:
    assert await output_of(kind_of(annotation), value=given) == kind


@pytest.mark.parametrize(
    ("annotation", "given", "what", "where"),
    [
        (int, "3", "expected `int`, got `str`", "value"),
        (float, "3", "expected `float`, got `str`", "value"),
        (list[int], [1, "x"], "expected `int`, got `str` (at value[1])", "value[1]"),
        (Literal["a"], "sesame", "invalid enum value", "value"),
        (Grade, "sesame", "invalid enum value", "value"),
        (dict[int, str], {"z": "x"}, "a key: expected `int`, got `str`", "value"),
        (Line, {"sku": "x"}, "object missing required field `count`", "value"),
        (Order, {"id": "1", "lines": [{"sku": "x", "count": "1"}]},
         "expected `int`, got `str` (at value.lines[0].count)", "value.lines[0].count"),
        (Customer, {"name": "Ada", "age": -1},
         "input should be greater than or equal to 0 (at value.age)", "value.age"),
        (list[Customer], [{"age": 1}], "field required (at value[0].name)", "value[0].name"),
        (Account, {"owner": {"name": "Ada", "age": "sesame"}},
         "input should be a valid integer, unable to parse string as an integer (its age) (at value.owner)",
         "value.owner"),
        (Customer, {"age": -1}, "field required (and 1 more) (at value.name)", "value.name"),
        (datetime, "sesame", "invalid RFC3339 encoded datetime", "value"),
        (Annotated[int, msgspec.Meta(gt=2)], 1, "expected `int` >= 3", "value"),
    ],
)  # fmt: skip
async def test_a_value_that_does_not_fit_is_refused_with_its_place(
    annotation: Any, given: Any, what: str, where: str
) -> None:
    failure = await failure_of(kind_of(annotation), value=given)
    assert failure.kind is FailureKind.INVALID_INPUT
    assert failure.message == f"agent 'tell': parameter 'value': {what}"
    assert failure.where == where
    assert "sesame" not in failure.message, "values do not belong in messages"


@agent
async def pay(amount: float, to: str, note: str = "") -> list[Any]:
    return [amount, to, note]


async def test_an_optional_parameter_may_be_left_out() -> None:
    assert await output_of(pay, amount=1.5, to="Ada") == [1.5, "Ada", ""]


async def test_missing_and_unexpected_fields_are_told_with_what_the_agent_takes() -> None:
    failure = await failure_of(pay, amount=1.5, sum=3)
    assert failure.kind is FailureKind.INVALID_INPUT
    assert failure.message == (
        "agent 'pay': missing 'to' and unexpected 'sum':"
        " it takes amount, to, note (optional); the node gives amount, sum"
    )
    assert failure.where == "to"


async def test_an_agent_of_no_parameters_takes_no_inputs() -> None:
    @agent
    async def tick() -> int:
        return 1

    assert await output_of(tick) == 1
    assert "it takes no inputs; the node gives n" in (await failure_of(tick, n=1)).message


async def test_one_parameter_takes_a_single_input_whatever_its_name() -> None:
    @agent
    async def validate(order: dict[str, int]) -> dict[str, int]:
        return order

    assert await output_of(validate, order_data={"n": 1}) == {"n": 1}
    failure = await failure_of(validate, order_data={"n": "x"})
    assert failure.where == "order[...]"
    assert "missing 'order' and unexpected 'a', 'b'" in (await failure_of(validate, a=1, b=2)).message


async def test_the_rest_of_the_fields_go_to_keyword_arguments_each_checked() -> None:
    @agent
    async def total(first: int, **others: int) -> list[Any]:
        return [first, others]

    assert await output_of(total, first=1, b=2, c=3) == [1, {"b": 2, "c": 3}]
    failure = await failure_of(total, first=1, b="x")
    assert (failure.where, failure.kind) == ("b", FailureKind.INVALID_INPUT)
    failure = await failure_of(total, b=2)
    assert "missing 'first': it takes first, any others; the node gives b" in failure.message


async def test_annotations_are_found_behind_wrappers_and_partials() -> None:
    def logged(function: Any) -> Any:
        @wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            return await function(*args, **kwargs)

        return wrapper

    @logged
    async def add(n: int, by: int) -> int:
        return n + by

    assert await output_of(AgentFunction(add), n=1, by=2) == 3
    assert (await failure_of(AgentFunction(add), n="1", by=2)).where == "n"
    assert (await failure_of(AgentFunction(partial(add, by=5), name="add_five"), n="1")).where == "n"


def test_an_annotation_that_nothing_can_be_read_as_is_refused_when_the_agent_is_registered() -> None:
    class Opaque: ...

    async def opaque(thing: Opaque) -> None: ...
    async def options(**given: Unpack[Address]) -> None: ...
    async def clash(value: dict[str, int] | Line) -> None: ...
    async def late(price: "Decimal") -> None: ...

    with pytest.raises(TypeError, match=r"agent 'opaque': parameter 'thing': Opaque cannot be made from JSON"):
        Registry.of(opaque)
    with pytest.raises(TypeError, match=r"agent 'options': parameter 'given'.*take one parameter of that TypedDict"):
        Registry.of(options)
    with pytest.raises(TypeError, match=r"agent 'clash': parameter 'value': Type unions may not contain"):
        Registry.of(clash)
    with pytest.raises(TypeError, match=r"agent 'late': an annotation refers to 'Decimal'.*outside `if TYPE_CHECKING`"):
        Registry.of(late)
