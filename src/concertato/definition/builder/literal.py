"""Python values as CEL literals and as a definition's constants; what JSON cannot carry is refused."""

import json
import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Never

from concertato.definition.builder.place import mistake
from concertato.definition.codes import Code
from concertato.definition.naming import CEL_WORDS

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

MARK, END = "\ufdd0", "\ufdd1"
"""Stand around an expression that Python put into a text. Unicode keeps them free for such use: nobody writes them."""

Inner = Callable[[object], str | None]
"""The text of a part that is an expression already; None for any other value."""


def marked(text: str) -> str:
    """An expression's text as it stands in a text that Python makes of it."""
    return f"{MARK}{text}{END}"


def unmarked(text: str) -> str:
    return text.replace(MARK, "").replace(END, "")


def literal_text(value: object, inner: Inner) -> str:
    """How CEL writes `value`, whose parts may be expressions."""
    match value:
        case _ if (written := inner(value)) is not None:
            return written
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case int() if -(2**63) <= value < 2**63:
            return str(int(value))
        case float() if isfinite(value):
            return repr(float(value))
        case list() | tuple():
            return f"[{', '.join(literal_text(part, inner) for part in value)}]"
        case Mapping() if all(isinstance(key, str) for key in value):
            return "{" + ", ".join(f"{_quoted(key)}: {literal_text(part, inner)}" for key, part in value.items()) + "}"
        case _:
            return _refuse(value)


def constant(value: object) -> Any:
    """A copy of `value` as the plain JSON that a definition's `with` holds."""
    match value:
        case None | bool() | str():
            return value
        case int() if -(2**63) <= value < 2**63:
            return int(value)
        case float() if isfinite(value):
            return float(value)
        case list() | tuple():
            return [constant(part) for part in value]
        case Mapping() if all(isinstance(key, str) for key in value):
            return {key: constant(part) for key, part in value.items()}
        case _:
            return _refuse(value)


def refuse_mixed(value: object) -> None:
    """Raise if an expression was put into a text anywhere in `value`: it would stand there as a constant."""
    match value:
        case str() if MARK in value:
            mistake(
                Code.BAD_EXPRESSION,
                f"the text {unmarked(value)!r} holds an expression, which has no value before the workflow "
                "runs: join them as values, 'hello ' + value (cel.string(value) where it is no text), and compute "
                "with wf.set(...) what stands where no expression can",
            )
        case list() | tuple():
            for part in value:
                refuse_mixed(part)
        case Mapping():
            for key, part in value.items():
                refuse_mixed(key)
                refuse_mixed(part)
        case _:
            pass


def field_text(name: str) -> str:
    """How CEL reads the field `name` of the value before it: `.name`, or `["a name"]` for what is no identifier."""
    return f".{name}" if PLAIN_NAME.fullmatch(name) and name not in CEL_WORDS else f"[{_quoted(name)}]"


def _quoted(text: str) -> str:
    refuse_mixed(text)
    # JSON's escapes are CEL's too. Single quotes, since most definitions are read in YAML or in a Python string.
    return "'" + json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


def _refuse(value: object) -> Never:
    mistake(
        Code.WRONG_VALUE,
        f"expected a value that JSON can carry (text, a finite number, a 64-bit integer, true, false, null, a list, "
        f"a mapping with text keys) or an expression, got: {value!r} ({type(value).__name__})",
    )
