"""What a definition may be made of: plain values that JSON can carry without a change, neither too many nor too deep.

Every definition passes here, whether it comes from a text or from Python.
"""

import math
from collections.abc import Callable, Mapping
from typing import ClassVar

from concertato.definition.codes import Code
from concertato.definition.problem import Path
from concertato.definition.reading import MAX_DEPTH, Json

MAX_VALUES = 2_000_000
"""How many values a definition may hold, aliases written out: more than a file of the greatest size has."""

Report = Callable[[Code, str, Path], None]


class TooLargeError(Exception):
    """The definition is beyond what is read; `path` says where that was found."""

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message)
        self.path = path


def plain(tree: object, report: Report) -> Json:
    """A copy of `tree` out of dicts, lists and scalars; what cannot stand in a definition is reported."""
    return _Copier(report).copy(tree)


class _Copier:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._path: list[str | int] = []
        self._count = 0

    def copy(self, value: object) -> Json:
        """All values go in here, once for each place where they stand."""
        self._count += 1
        if self._count > MAX_VALUES:
            message = f"holds more than {MAX_VALUES:,} values once its aliases are written out; split it"
            raise TooLargeError(message, ())
        check = self._SCALARS.get(type(value))
        if check is not None:
            fault = check(value)
            if fault:
                self._report(Code.WRONG_VALUE, fault, tuple(self._path))
            return value
        if len(self._path) >= MAX_DEPTH:
            message = f"nested deeper than {MAX_DEPTH} levels; move inner parts to workflows of their own"
            raise TooLargeError(message, tuple(self._path[:8]))
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, list | tuple):
            return self._list(value)
        return self._other(value)

    def _mapping(self, mapping: Mapping[object, object]) -> dict[str, Json]:
        copy: dict[str, Json] = {}
        for key, value in mapping.items():
            if not isinstance(key, str) or _bad_text(key):
                self._report(Code.WRONG_VALUE, f"expected text as a key, got: {key!r}", tuple(self._path))
                continue
            self._path.append(key)
            copy[key] = self.copy(value)
            self._path.pop()
        return copy

    def _list(self, values: list[object] | tuple[object, ...]) -> list[Json]:
        copy: list[Json] = []
        for index, value in enumerate(values):
            self._path.append(index)
            copy.append(self.copy(value))
            self._path.pop()
        return copy

    def _other(self, value: object) -> Json:
        # A StrEnum, say, is as good as its text; whatever else is not plain has no form in a document.
        for scalar in (str, bool, int, float):
            if isinstance(value, scalar):
                return self.copy(scalar(value))
        kind = type(value).__name__
        message = f"expected text, a number, true, false, null, a list or a mapping, got: a {kind} ({value!r:.60})"
        self._report(Code.WRONG_VALUE, message, tuple(self._path))
        return None

    _SCALARS: ClassVar[dict[type, Callable[..., str | None]]]


def _bad_text(text: str) -> str | None:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            return f"expected text, got: half a character (U+{ord(text[error.start]):04X}), which UTF-8 cannot carry"
    return None


def _bad_integer(number: int) -> str | None:
    if -(2**63) <= number < 2**63:
        return None
    return f"expected a whole number of at most 64 bits, got: {number:.6g}; write it as text in quotes"


def _bad_number(number: float) -> str | None:
    if math.isfinite(number):
        return None
    return f"expected a number that JSON can carry, got: {number}; use text or null instead"


def _fine(_: object) -> None:
    return None


_Copier._SCALARS = {str: _bad_text, int: _bad_integer, float: _bad_number, bool: _fine, type(None): _fine}  # noqa: SLF001
