"""The grammar's smallest parts: lengths of time, what is handed over, attempts."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, PlainSerializer, Tag, WithJsonSchema

from concertato.definition.duration import DURATION_PATTERN, parse_duration, write_duration
from concertato.errors import FailureKind

Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    PlainSerializer(write_duration),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": DURATION_PATTERN}]}),
]
"""Seconds; written `500ms`, `10s`, `1m30s`, `4h`, or as a number."""

Timeout = Annotated[Duration, Field(gt=0)]

Constant = bool | int | float | None


def _form(inputs: object) -> str | None:
    """Which branch of `Inputs` a value is meant for, so that a mistake in it is told once, not once per branch."""
    return "<list>" if isinstance(inputs, list) else "<map>" if isinstance(inputs, dict) else None


Inputs = Annotated[
    Annotated[list[str], Tag("<list>")] | Annotated[dict[str, str | Constant], Tag("<map>")],
    Discriminator(_form, custom_error_type="inputs", custom_error_message="a list or a mapping is expected"),
]
"""References (`["order", "n1.output"]`), or name → CEL expression (a bare number, boolean, null stands for itself)."""

Join = Literal["synchronize", "all", "first"]


class Model(BaseModel):
    """Strict about field names; `from` and `with`, which Python reserves, are `from_` and `with_` here."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_by_name=True, validate_by_alias=True)


class Retry(Model):
    """How a failed attempt is tried again: waits of `initial * factor ** n`, at most `max`, spread by `jitter`."""

    max_attempts: int = Field(default=3, ge=1, le=1_000_000)
    initial: Duration = 1.0
    factor: float = Field(default=2.0, ge=1.0)
    max: Duration = 60.0
    jitter: float = Field(default=0.2, ge=0.0, le=1.0)
    on: list[Annotated[FailureKind, Field(strict=False)]] | None = None
