"""How a node's `inputs` become the fields of what its agent gets. The check and the compiler both ask here."""

from typing import NamedTuple

from concertato.definition.model_parts import Constant, Inputs

Reference = tuple[str | int, ...]


class Bound(NamedTuple):
    """One entry of `inputs`. `field` is None for a list's entry, whose field its reference tells: see `field_of`."""

    field: str | None
    value: str | Constant
    key: str | int


def entries(inputs: Inputs) -> list[Bound]:
    """Both forms of `inputs` as one. `key` is the entry's step in the document's path."""
    if isinstance(inputs, list):
        return [Bound(None, text, index) for index, text in enumerate(inputs)]
    return [Bound(field, value, field) for field, value in inputs.items()]


def field_of(reference: Reference) -> str:
    """The field that a reference in a list fills: `n1` for `n1.output`, for any longer path its last name."""
    if len(reference) == 2 and reference[1] == "output":
        return str(reference[0])
    return next(step for step in reversed(reference) if isinstance(step, str))
