"""What the expressions of a definition say about a value: its parts, its type, and what it is compared with.

A `Hint` is about one value: what an agent answers, an input, the payload of a signal.
"""

import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any, Literal

Kind = Literal["boolean", "integer", "double", "number", "string", "list", "moment", "length"]
"""`number` is one that is only compared: it may be either. `moment` and `length` are texts of a time."""


CUT = "…"
"""Stands for whatever is before or behind the part of a text that an expression asks for."""
_DAY = 86_400.0
SPREADS: dict[str, float] = {
    "getFullYear": 800 * _DAY,
    "getMonth": 800 * _DAY,
    "getDate": 800 * _DAY,
    "getDayOfMonth": 800 * _DAY,
    "getDayOfYear": 800 * _DAY,
    "getDayOfWeek": 14 * _DAY,
    "getHours": 14 * _DAY,
    "getMinutes": _DAY,
    "getSeconds": _DAY,
}
"""What may be asked of a moment, and over how many seconds moments must vary to answer it in every way."""


class Hint:
    """`constants` are what it is compared with, in the order they were met; `least` items are read by their number.

    `nullable` where it is compared with null, `optional` where `has` asks for it. `alike` are values that it is
    compared or reckoned with; `ordered` where it is asked which of two is the greater.

    Of a time `times` are those that it is compared with, in seconds (of a moment since the epoch), and `spread` is over
    how many seconds moments must vary for what is asked of the hour or the day. `held` are texts that it may have in
    it; `rests` are divisors of a whole number, each with what may be left.
    """

    __slots__ = (
        "alike",
        "constants",
        "fields",
        "held",
        "items",
        "kinds",
        "least",
        "nullable",
        "optional",
        "ordered",
        "rests",
        "sizes",
        "spread",
        "times",
    )

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
        self.times: dict[float, None] = {}
        self.spread = 0.0
        self.held: dict[str, None] = {}
        self.rests: dict[tuple[int, int], None] = {}

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

    def note_beside(self, text: str) -> None:
        """It is asked whether a text comes before this one: others just below and just above it count as well."""
        for each in _beside(text):
            self.note(each)

    def join_parts(self) -> None:
        """A text that is to begin like this, to have that in it, and to end in some way may be the same."""
        parts = [each for each in self.constants if isinstance(each, str) and each != CUT]
        beginnings = [each for each in parts if each.endswith(CUT)]
        ends = [each.removeprefix(CUT) for each in parts if each.startswith(CUT)]
        for first, last in product(beginnings, ends):
            self.note(first + last)
        if self.held and (len(self.held) > 1 or beginnings or ends):
            for first, last in product(beginnings or [""], ends or [""]):
                self.note(first + " ".join(self.held) + last)


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
                if ("moment" in hint.kinds) == ("moment" in other.kinds):
                    hint.times.update(other.times)
            hint.join_parts()
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


def _beside(text: str) -> list[str]:
    """Texts that are just below and just above one; of a day, or a moment, others of the kind."""
    with suppress(ValueError, OverflowError):
        day = date.fromisoformat(text)
        if day.isoformat() == text:
            return [(day + timedelta(days=days)).isoformat() for days in (-1, 1)]
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
        found = [(moment + timedelta(seconds=seconds)).isoformat() for seconds in (-1, 1)]
        return [each.replace("+00:00", "Z") for each in found] if text.endswith("Z") else found
    if not text:
        return ["a"]
    lower, higher = (chr(min(max(ord(text[-1]) + by, 0), sys.maxunicode)) for by in (-1, 1))
    return [
        text[:-1] + (lower if lower.isalnum() else ""),
        text[:-1] + higher if higher.isalnum() else f"{text}a",
    ]
