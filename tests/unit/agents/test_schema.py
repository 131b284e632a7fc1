"""What agents say that they give, as JSON Schemas."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta
from pydantic import BaseModel

from concertato.agents.registry import Registry
from concertato.agents.schema import declared_outputs


@dataclass
class Score:
    value: Annotated[float, Meta(ge=0, le=1)]


class Model(BaseModel):
    name: str


def test_the_return_annotation_is_what_is_declared() -> None:
    def score() -> Score:
        raise NotImplementedError

    async def model() -> Model:
        raise NotImplementedError

    def number() -> int:
        return 1

    found = declared_outputs(Registry.of(score, model, number))
    assert found["score"]["$defs"]["Score"]["properties"]["value"] == {"type": "number", "minimum": 0, "maximum": 1}
    assert found["model"]["properties"] == {"name": {"title": "Name", "type": "string"}}
    assert found["number"] == {"type": "integer"}


def test_who_does_not_say_is_left_out() -> None:
    def anything() -> Any:
        return 1

    assert declared_outputs(Registry.of({"silent": lambda: 1}, anything)) == {}


def test_a_model_that_json_schema_cannot_express_says_nothing() -> None:
    class Calls(BaseModel):
        back: Callable[[int], int]

    def calls() -> Calls:
        raise NotImplementedError

    def nested() -> list[Calls]:
        raise NotImplementedError

    assert declared_outputs(Registry.of(calls, nested)) == {}
