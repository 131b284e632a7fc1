"""Values that come from outside a run (inputs, payloads, patches), as JSON text."""

from collections.abc import Mapping
from typing import Any

import msgspec

from concertato.agents.output import writer
from concertato.agents.validation import InvalidValueError
from concertato.definition.inputs import check_inputs
from concertato.errors import InvalidInput
from concertato.run.events import AnyEvent, Raw, decode, encode

_write = writer("", Any)


def json_text(value: Any, what: str) -> bytes:
    """`value` as JSON text. Raises `InvalidInput`, naming `what`, when JSON cannot hold it unchanged."""
    try:
        return _write(value)
    except InvalidValueError as problem:
        failure = problem.failure
        raise InvalidInput(f"{what}: {failure.message.partition('its output: ')[2]}") from None


def input_texts(declared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Raw]:
    """A run's inputs, checked against what the definition declares. Raises `InvalidInput`."""
    checked = check_inputs(declared, given)
    return {name: Raw(json_text(value, f"input '{name}'")) for name, value in checked.items()}


def plain_text(value: object, what: str) -> str:
    """`value` if it is text that UTF-8 can carry. Raises `InvalidInput`."""
    if not isinstance(value, str):
        raise InvalidInput(f"expected {what} to be text, got: {value!r}; write str(...)")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"expected {what} to be text that UTF-8 can carry, got: {value!a}") from None
    return value


def sound(event: AnyEvent) -> AnyEvent:
    """The event, if the journal can keep it and give it back. Raises `InvalidInput`.

    Types are hints to a caller; a number where text belongs would be written, and never be read again.
    """
    try:
        decode(encode(event))
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as problem:
        raise InvalidInput(f"a request of this form cannot be kept: {type(event).__name__}: {problem}") from None
    return event
