"""How a workflow declares an input: a type's name, or a JSON Schema with `default` and `required: false` on top.

JSON Schema is by `jsonschema-rs`, imported only when a declaration says more than a type.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from concertato.definition.reading import Json
from concertato.definition.spelling import did_you_mean, nearest
from concertato.definition.wording import kind_of

if TYPE_CHECKING:
    from jsonschema_rs import Validator

TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "string": ("text", (str,)),
    "number": ("a number", (int, float)),
    "integer": ("a whole number", (int,)),
    "boolean": ("true or false", (bool,)),
    "object": ("a mapping", (dict,)),
    "array": ("a list", (list, tuple)),
    "null": ("null", (type(None),)),
    "any": ("anything", (object,)),
}
"""What can stand alone in a declaration (JSON Schema's types, and `any`), in words and in Python."""

_NO_MORE = {"type", "default", "title", "description"}
"""What a declaration may say without asking more of a value than its type's name."""


def fault_in(declaration: Json) -> str | None:
    """What is wrong with a declaration; None when it is sound."""
    if isinstance(declaration, str):
        if declaration in TYPES:
            return None
        hint = did_you_mean(nearest(declaration, TYPES)) or f"; the types are {', '.join(TYPES)}"
        return f"expected a type's name or a JSON Schema, got: {declaration!r}{hint}"
    if not isinstance(declaration, dict):
        return f"expected a type's name such as 'string', or a JSON Schema, got: {declaration!r}"
    try:
        _validator(_schema(declaration))
    except ValueError as error:
        return f"expected a JSON Schema: {_told(error)}"
    if "default" in declaration:
        faults = list(misfits(declaration, declaration["default"]))
        if faults:
            return f"its default does not fit it: {'; '.join(' '.join(fault).strip() for fault in faults)}"
    return None


def _told(error: ValueError) -> str:
    """What the library says is wrong with a schema, with where; only its own errors know that."""
    where = ".".join(map(str, getattr(error, "instance_path", ())))
    message = str(getattr(error, "message", error))
    if where == "type":
        message = f"expected one of {', '.join(name for name in TYPES if name != 'any')}"
    return f"'{where}': {message}" if where else message


def is_required(declaration: Json) -> bool:
    """Whether a value must be given."""
    if not isinstance(declaration, dict):
        return True
    return "default" not in declaration and declaration.get("required") is not False


def misfits(declaration: Json, value: Json) -> Iterator[tuple[str, str]]:
    """Where in `value`, and how, it does not fit its declaration. Messages hold no value: it may be confidential.

    Whether JSON can carry the value at all (NaN, keys that are no text) is for whoever writes it to say.
    """
    name = declaration if isinstance(declaration, str) else declaration.get("type")
    if isinstance(name, str) and not _is(value, name):
        yield "", f"expected {TYPES[name][0]}, got: {kind_of(value)}"
        return
    if isinstance(declaration, str) or _asks_no_more(declaration):
        return
    try:
        for error in _validator(_schema(declaration)).iter_errors(value):
            yield (
                "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path),
                error.message,
            )
    except (TypeError, ValueError) as error:
        yield "", f"expected a value that JSON can carry: {error}"


def _asks_no_more(declaration: dict[str, Json]) -> bool:
    """Whether a type's name is all that it asks: most do, and need no library."""
    if not isinstance(declaration.get("type"), str):
        return False
    return all(name in _NO_MORE or (name == "required" and isinstance(declaration[name], bool)) for name in declaration)


def _is(value: Json, name: str) -> bool:
    # In JSON true is no number, and 2.0 is a whole one.
    if isinstance(value, bool):
        return name in ("boolean", "any")
    return isinstance(value, TYPES[name][1]) or (name == "integer" and isinstance(value, float) and value.is_integer())


def _schema(declaration: Json) -> str:
    """The text of the JSON Schema in a declaration: `required: false` and the type `any` are ours, not the schema's."""
    ours = {name for name, mine in (("required", (True, False)), ("type", ("any",))) if declaration.get(name) in mine}
    return json.dumps({name: value for name, value in declaration.items() if name not in ours}, sort_keys=True)


@lru_cache(maxsize=1024)
def _validator(schema: str) -> "Validator":
    import jsonschema_rs

    return jsonschema_rs.validator_for(schema, mask="it", retriever=_refuse)


def _refuse(uri: str) -> Json:
    # A definition must mean the same everywhere and always, and checking one must not reach out to anything.
    raise ValueError(f"a $ref can only point into the same schema, got: {uri}")
