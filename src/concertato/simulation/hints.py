"""What the expressions of a definition say about a value: its parts, its type, and what it is compared with.

A `Hint` is about one value: what an agent answers, an input, the payload of a signal.
"""

from collections.abc import Iterable
from itertools import product
from typing import Any, Literal

Kind = Literal["boolean", "integer", "double", "number", "string", "list", "moment", "length"]
"""`number` is one that is only compared: it may be either. `moment` and `length` are texts of a time."""


CUT = "…"
"""Stands for whatever is before or behind the part of a text that an expression asks for."""


class Hint:
    """`constants` are what it is compared with, in the order they were met; `least` items are read by their number.

    `nullable` where it is compared with null, `optional` where `has` asks for it. `alike` are values that it is
    compared or reckoned with; `ordered` where it is asked which of two is the greater.
    """

    __slots__ = ("alike", "constants", "fields", "items", "kinds", "least", "nullable", "optional", "ordered", "sizes")

    def __init__(self) -> None:
        self.fields: dict[str, Hint] = {}
        self.items: Hint | None = None
        self.constants: list[Any] = []
        self.kinds: dict[Kind, None] = {}
        self.sizes: list[int] = []
        self.least = 0
        self.nullable = False
        self.optional = False
        self.ordered = False
        self.alike: list[Hint] = []

    def field(self, name: str) -> "Hint":
        return self.fields.setdefault(name, Hint())

    def item(self) -> "Hint":
        if self.items is None:
            self.items = Hint()
        return self.items

    def note(self, constant: Any) -> None:
        if constant is None:
            self.nullable = True
        elif not any(type(known) is type(constant) and known == constant for known in self.constants):
            self.constants.append(constant)

    def join_ends(self) -> None:
        """A text that is to begin like this and to end like that may be the same."""
        parts = [each for each in self.constants if isinstance(each, str) and each != CUT]
        beginnings = [each for each in parts if each.endswith(CUT)]
        ends = [each.removeprefix(CUT) for each in parts if each.startswith(CUT)]
        for first, last in product(beginnings, ends):
            self.note(first + last)


def settle(hints: Iterable[Hint]) -> None:
    """Let values that are compared with each other know of each other's constants and kinds."""
    known = list(hints)
    for _ in range(2):
        for hint in known:
            for other in hint.alike:
                for constant in other.constants:
                    hint.note(constant)
                if not hint.kinds:
                    hint.kinds.update(other.kinds)
            hint.join_ends()
    for hint in known:
        if hint.ordered and not hint.kinds and not hint.constants:
            hint.kinds["number"] = None


def every(roots: Iterable[Hint]) -> list[Hint]:
    """The hints, and those of all their parts, each once."""
    found: dict[int, Hint] = {}
    pending = list(roots)
    while pending:
        hint = pending.pop()
        if id(hint) not in found:
            found[id(hint)] = hint
            pending += [*hint.fields.values(), *([] if hint.items is None else [hint.items])]
    return list(found.values())
