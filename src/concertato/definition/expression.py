"""Expressions: CEL text in, a value out. Plain paths and literals, which most inputs are, need no CEL at all.

CEL is https://github.com/google/cel-spec by way of `common-expression-language`, and pure: no clock, no randomness, no
functions of our own. Values are JSON; an integer is CEL's int and a number with a point its double, and the two compare
but do not mix in arithmetic. Faults of the library that are known and left as they are: `size('é')` counts bytes,
`string(1.0)` is `1`, `type(x)` is the type's name, and parts of a second below a microsecond are dropped.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from concertato.definition.expression_cel import compile_cel
from concertato.definition.expression_text import MAX_TEXT, ExpressionError, explain_unknown_function, plain_path, read
from concertato.definition.expression_values import Json, follow

__all__ = ["Expression", "ExpressionError", "explain_unknown_function", "parse"]

_WORDS = {"true": True, "false": False, "null": None}
_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
_DOUBLE = re.compile(r"-?\d{1,18}\.\d{1,18}", re.ASCII)
_STRING = re.compile(r""""[^"\\\n]*"|'[^'\\\n]*'""")
_CACHED_TEXT = 512


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression; two are equal when their texts are. Immutable, and safe to evaluate from any thread.

    `names` are the names it needs a value for. `paths` are the longest plain paths that it reads, each beginning with
    one of `names`. `reference` is set when it is nothing but one plain path. `unknown_functions` are those that it
    calls and CEL does not have: it can be parsed, and never evaluated.
    """

    source: str
    names: frozenset[str] = field(compare=False)
    paths: frozenset[tuple[str, ...]] = field(compare=False)
    reference: tuple[str | int, ...] | None = field(compare=False)
    unknown_functions: tuple[str, ...] = field(compare=False)
    _evaluate: Callable[[Mapping[str, Any]], Any] = field(compare=False, repr=False)

    def evaluate(self, scope: Mapping[str, Any]) -> Json:
        """The value, as JSON. Raises ExpressionError, which says what failed and how to mend it."""
        return self._evaluate(scope)


def parse(text: str) -> Expression:
    """The expression that `text` is. Raises ExpressionError with the column of the mistake."""
    # A definition is read more than once (checked, compiled, recompiled from the journal), its expressions once.
    return _parse_short(text) if len(text) <= _CACHED_TEXT else _parse(text)


def _parse(text: str) -> Expression:
    if len(text) > MAX_TEXT:
        raise ExpressionError(f"the expression has {len(text)} characters; at most {MAX_TEXT} are read", MAX_TEXT)
    bare = text.strip()
    if not bare:
        raise ExpressionError("the expression is empty", 0)
    if (path := plain_path(bare)) is not None:
        return _path(text, path)
    known, value = _literal(bare)
    if known:
        return Expression(text, frozenset(), frozenset(), None, (), lambda _: value)
    reading = read(text)
    return Expression(
        text,
        frozenset(reading.names),
        frozenset(reading.paths),
        None,
        tuple(dict.fromkeys(reading.unknown_functions)),
        compile_cel(text, reading),
    )


_parse_short = lru_cache(maxsize=32768)(_parse)


def _path(text: str, path: tuple[str | int, ...]) -> Expression:
    names = next((path[:at] for at, step in enumerate(path) if isinstance(step, int)), path)
    return Expression(
        text,
        frozenset((str(path[0]),)),
        frozenset((tuple(map(str, names)),)),
        path,
        (),
        lambda scope: follow(path, scope),
    )


def _literal(text: str) -> tuple[bool, Json]:
    """Whether `text` is a literal that needs no CEL, and its value."""
    if text in _WORDS:
        return True, _WORDS[text]
    if _INTEGER.fullmatch(text):
        return True, int(text)
    if _DOUBLE.fullmatch(text):
        return True, float(text)
    if _STRING.fullmatch(text):
        return True, text[1:-1]
    return False, None
