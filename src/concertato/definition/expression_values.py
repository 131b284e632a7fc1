"""The values that expressions read and give: JSON on both sides, and what to say when a value does not fit.

Messages name fields and types, never values: what a run works on may be nobody else's business.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from concertato.definition.expression_text import ExpressionError, Shape
from concertato.definition.spelling import did_you_mean, nearest

Path = tuple[str | int, ...]
Json = Any
"""A JSON value, decoded. What is inside is looked at, never assumed."""

_INT64 = range(-(2**63), 2**63)
_FIELDS_SHOWN = 8


def follow(path: Path, scope: Mapping[str, Any]) -> Json:
    """The value at the end of a plain path, as CEL would find it. Nearly every input is read so, without CEL."""
    value: Any = scope
    try:
        for step in path:
            if step.__class__ is int and value.__class__ is not list:
                raise TypeError
            value = value[step]
    except (KeyError, IndexError, TypeError):
        raise ExpressionError(missing(path, scope) or f"{render(path)} cannot be read") from None
    return value


def render(path: Iterable[str | int]) -> str:
    """A path as it is written: `n1.output.lines[0]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.isidentifier():
            text += f".{step}" if text else step
        else:
            text += f"[{step!r}]"
    return text


def missing(path: Path, scope: Mapping[str, Any]) -> str | None:
    """Why `path` leads to nothing, and how to mend it; None when it does lead to a value."""
    value: Any = scope
    for depth, step in enumerate(path):
        fits = isinstance(value, list) if isinstance(step, int) else isinstance(value, Mapping)
        if not fits or (isinstance(step, int) and step >= len(value)) or (isinstance(step, str) and step not in value):
            return f"{step!r} has no value here" if depth == 0 else _explain(path[:depth], step, value)
        value = value[step]
    return None


def _explain(prefix: Path, step: str | int, value: Json) -> str:
    """Why `value`, found at `prefix`, has no `step`."""
    where, whole = render(prefix), render((*prefix, step))
    if value is None:
        return f"{where} is null, so there is no {whole}; guard it: {where} == null ? … : {whole}"
    if isinstance(step, int):
        if isinstance(value, list):
            there = f"{len(value)} items, the first is {where}[0]" if value else "no items"
            return f"{where} has {there}, so there is no {whole}; guard it: size({where}) > {step} ? {whole} : …"
        return f"{where} is {type_name(value)}, not a list, so it has no item {step}"
    if isinstance(value, Mapping):
        near = nearest(step, map(str, value))
        shown = ", ".join(sorted(map(str, value))[:_FIELDS_SHOWN]) + (", …" if len(value) > _FIELDS_SHOWN else "")
        there = did_you_mean(near) or (f"; it has: {shown}." if value else "; it is empty.")
        return f"{where} has no field {step!r}{there} If it may be absent, ask first: has({whole})"
    hint = f"; name one of its items first, such as {where}[0]" if isinstance(value, list) else ""
    return f"{where} is {type_name(value)}, not an object, so it has no field {step!r}{hint}"


def type_name(value: object) -> str:
    """What a person calls the type of a JSON value."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a double"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"


def narrow(scope: Mapping[str, Any], read: Shape) -> dict[str, Any]:
    """Just the values that are read, so that CEL need not convert the rest.

    A field that is absent stays absent: `has` and the error for a missing field work as on the whole.
    """
    try:
        return {name: _narrow(scope[name], below) for name, below in read.items()}
    except KeyError as error:
        raise ExpressionError(f"{error.args[0]!r} has no value here") from None
    except RecursionError:
        raise ExpressionError("a value is nested too deeply for an expression to read") from None


def _narrow(value: Json, read: Shape) -> Json:
    if isinstance(value, dict):
        if read:
            return {name: _narrow(value[name], below) for name, below in read.items() if name in value}
        return {name: _narrow(item, read) for name, item in value.items()}
    if isinstance(value, list):
        return [_narrow(item, {}) for item in value]
    if value.__class__ is int and value not in _INT64:
        # The library would turn it into a double without a word.
        raise ExpressionError("an integer is beyond the 64 bits that CEL has; hand it on as text")
    return value


def to_json(value: object) -> Json:
    """A result of CEL as JSON, moments and lengths of time as text. Raises ExpressionError for what JSON has not."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            if isfinite(value):
                return value
            raise ExpressionError("the result is infinite or no number at all; guard the division")
        case list():
            return [to_json(item) for item in value]
        case dict():
            return {_key(key): to_json(item) for key, item in value.items()}
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case timedelta():
            return _seconds(value)
        case bytes():
            raise ExpressionError("the result is bytes, which JSON does not have; use string(x)")
        case _:
            raise ExpressionError(f"the result is of type {type(value).__name__}, which JSON does not have")


def _key(key: object) -> str:
    if isinstance(key, str):
        return key
    raise ExpressionError("the result is a map whose keys are not all strings, as JSON wants them; write string(key)")


def _seconds(length: timedelta) -> str:
    """A duration as CEL writes it: `3600s`, `1.5s`. Whole microseconds, without a float in between."""
    sign, micros = ("-", -length) if length < timedelta(0) else ("", length)
    whole, rest = divmod(micros // timedelta(microseconds=1), 1_000_000)
    return f"{sign}{whole}" + (f".{rest:06}".rstrip("0") if rest else "") + "s"
