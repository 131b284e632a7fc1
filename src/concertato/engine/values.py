"""Values that come from outside a run (inputs, payloads, patches), as JSON text."""

from collections.abc import Mapping
from typing import Any

from concertato.agents.output import writer
from concertato.agents.validation import InvalidValueError
from concertato.definition.inputs import check_inputs
from concertato.errors import InvalidInput
from concertato.run.events import Raw

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
