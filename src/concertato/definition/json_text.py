"""JSON text to plain values. Reading is the standard library's; where things stand is found out only when asked."""

import json
import re
from collections.abc import Iterator
from typing import Any

from concertato.definition.codes import Code
from concertato.definition.reading import MAX_DEPTH, Json, Places, Reading, UnreadableError

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


class _TwiceError(Exception):
    """A key stands twice; only the pieces tell where."""


def read_json(text: str, reading: Reading) -> Json:
    """The value that `text` holds. Raises `UnreadableError` where it is not JSON."""
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_int=_integer)
    except json.JSONDecodeError as error:
        message = f"the text is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise UnreadableError(Code.SYNTAX, message, (error.lineno, error.colno)) from None
    except RecursionError:
        message = f"nested deeper than {MAX_DEPTH} levels; move inner parts to workflows of their own"
        raise UnreadableError(Code.TOO_LARGE, message, None) from None
    except _TwiceError:
        _Locator(text, reading, Places()).walk()
        value = json.loads(text, parse_int=_integer)
    if reading.places is not None:
        _Locator(text, Reading(), reading.places).walk()
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise _TwiceError
    return mapping


def _integer(digits: str) -> int | float:
    # An endless number is refused later anyway, and Python declines to read thousands of digits.
    return int(digits) if len(digits) < 100 else float("inf")


class _Locator:
    """Walks the pieces of a text that is known to be JSON."""

    def __init__(self, text: str, reading: Reading, places: Places) -> None:
        self._pieces = self._scan(text)
        self._reading = reading
        self._places = places

    @staticmethod
    def _scan(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
        line, line_start, scanned = 1, 0, 0
        for match in _PIECE.finditer(text):
            at = match.start()
            newlines = text.count("\n", scanned, at)
            if newlines:
                line += newlines
                line_start = text.rfind("\n", scanned, at) + 1
            scanned = at
            yield match.group(), (line, at - line_start + 1)

    def walk(self) -> None:
        """Note where every value and key stands, and every key that stands twice."""
        path: list[str | int] = []
        seen: list[set[str] | None] = []
        expects_key = False
        for piece, place in self._pieces:
            if piece in "}]":
                seen.pop()
                path.pop()
                expects_key = False
            elif piece == ",":
                last = path[-1]
                expects_key = seen[-1] is not None
                if isinstance(last, int):
                    path[-1] = last + 1
            elif piece == ":":
                expects_key = False
            elif expects_key:
                path[-1] = self._key(json.loads(piece), seen[-1], path[:-1], place)
            else:
                self._places.values[tuple(path)] = place
                if piece in "{[":
                    expects_key = piece == "{"
                    seen.append(set() if expects_key else None)
                    path.append("" if expects_key else 0)

    def _key(self, key: str, seen: set[str] | None, around: list[str | int], place: tuple[int, int]) -> str:
        assert seen is not None
        if key in seen:
            message = f"the key {key!r} stands twice in this mapping; keep one of them"
            self._reading.note(Code.DUPLICATE_KEY, message, place)
        seen.add(key)
        self._places.keys[(*around, key)] = place
        return key
