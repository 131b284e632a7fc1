"""What comes out of a function: its value becomes JSON text meaning the same, or a complaint that says what cannot.

The rule: text that reads back, as the return annotation has it, as an equal value has lost nothing. That is checked at
the speed of msgspec; only where it does not hold is the value walked, to tell what is lost (NaN, a key that is no
string, bytes) from what is merely written otherwise (a tuple as a list, a dataclass as an object). A whole number that
the annotation calls a float is written as one, `4.0`: expressions tell the two apart.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

import msgspec
from msgspec import inspect

from concertato.agents.codec import MisfitError, decoder, needs_pydantic, pydantic_adapter, pydantic_misfit, reader
from concertato.agents.validation import InvalidValueError
from concertato.errors import FailureKind
from concertato.run.events import Failure

Writes = Callable[[Any], bytes]

_INT_MIN, _INT_MAX = -(2**63), 2**64 - 1
_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_LONG = 19
_ZEROS_IN_A_ROW = b"0" * _LONG
_UNKNOWN: Any = type("Unknown", (), {})()


def writer(agent: str, annotation: Any) -> Writes:
    """What writes an agent's value as JSON text, checked against its annotation. It raises `InvalidValueError`."""
    try:
        write = _pydantic_writer(annotation) if needs_pydantic(annotation) else _plain_writer(annotation)
    except (TypeError, NameError) as error:
        raise TypeError(f"agent {agent!r}: return annotation: {error}") from error

    def checked(value: Any) -> bytes:
        try:
            return write(value)
        except MisfitError as lost:
            where = f"output{lost.where}"
            at = f" (at {where})" if lost.where else ""
            message = f"agent {agent!r}: its output: {lost.what}{at}"
            raise InvalidValueError(Failure(FailureKind.INVALID_OUTPUT, message, where)) from None

    return checked


def _plain_writer(annotation: Any) -> Writes:
    decode, read = decoder(annotation), reader(annotation)
    floats = _speaks_of_floats(inspect.type_info(annotation), set())
    is_text = annotation is str
    takes_text = is_text or annotation is Any

    def write(value: Any) -> bytes:
        """What loses nothing costs one look; anything else is looked at again, to say what is wrong."""
        try:
            text = _write(value)
            if takes_text and type(value) is str:
                return text  # read back it is the same, always, and reading a long one takes longest of all
            back = decode(text)
            whole = is_text or not _perhaps_big(text)
            if back == value and whole and (not floats or _write(back) == text):
                return text
        except Exception:  # noqa: BLE001  # any object's own code may run in here, and runs again below
            return write_or_refuse(value)
        return write_or_refuse(value)

    def write_or_refuse(value: Any) -> bytes:
        text = _encode(value)
        try:
            back = read(text)
        except MisfitError:
            _refuse_loss(value, _UNKNOWN)  # says it better where what does not fit is a NaN written as null
            raise
        if back != value or _perhaps_big(text):
            _refuse_loss(value, back)
        return _with_floats(text, _encode(back)) if floats else text

    return write


def _speaks_of_floats(kind: Any, seen: set[int]) -> bool:
    """Whether `float` stands anywhere in a type that msgspec has taken apart."""
    if isinstance(kind, inspect.FloatType):
        return True
    if id(kind) in seen:  # a type may hold itself
        return False
    seen.add(id(kind))
    names = getattr(kind, "__struct_fields__", ())
    parts = kind if isinstance(kind, tuple) else [getattr(kind, name) for name in names]
    return any(_speaks_of_floats(part, seen) for part in parts)


def _with_floats(text: bytes, typed: bytes) -> bytes:
    """`text` with its whole numbers as floats wherever `typed`, the same value as its type has it, has a float."""
    if text == typed:
        return text
    return _write(_floats(msgspec.json.decode(text), msgspec.json.decode(typed), ""))


def _floats(value: Any, typed: Any, where: str) -> Any:
    if isinstance(value, dict) and isinstance(typed, dict):
        return {key: _floats(child, typed.get(key), f"{where}.{key}") for key, child in value.items()}
    if isinstance(value, list) and isinstance(typed, list) and len(value) == len(typed):
        return [_floats(child, typed[index], f"{where}[{index}]") for index, child in enumerate(value)]
    if type(value) is int and isinstance(typed, float):
        if float(value) != value:
            raise MisfitError("expected a number that a float can be, got a whole one too big to be exact", where)
        return float(value)
    return value


def _pydantic_writer(annotation: Any) -> Writes:
    from pydantic import ValidationError
    from pydantic_core import PydanticSerializationError

    adapter = pydantic_adapter(annotation)

    def write(value: Any) -> bytes:
        try:
            text: bytes = adapter.dump_json(adapter.validate_python(value), by_alias=True, warnings=False)
            back = msgspec.json.decode(text)
        except ValidationError as error:
            raise pydantic_misfit(error) from None
        except PydanticSerializationError as error:
            raise MisfitError(str(error)) from None
        except msgspec.DecodeError:
            raise MisfitError("expected values that JSON can carry, got NaN or infinity") from None
        if b"null" in text or _perhaps_big(text):
            _refuse_loss(value, back)
        return text

    return write


def _write_model(value: Any) -> Any:
    """A pydantic model somewhere within what msgspec writes."""
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise NotImplementedError
    return dump(mode="json", by_alias=True)


_write = msgspec.json.Encoder(enc_hook=_write_model).encode


def _perhaps_big(text: bytes) -> bool:
    """Whether the text may hold a whole number beyond 64 bits: nineteen digits stand in a row."""
    # A regular expression takes ten times as long, which a big text feels.
    return len(text) >= _LONG and _ZEROS_IN_A_ROW in text.translate(_ZEROS)


def _encode(value: Any) -> bytes:
    try:
        return _write(value)
    except RecursionError:
        raise MisfitError("expected a value that ends, got one that holds itself or is nested too deep") from None
    except Exception as error:
        # Any object's own code may run in here (an enum's value, a model's serializer), so anything may be raised.
        _refuse_unwritable(value)
        raise MisfitError(f"cannot be written as JSON: {error}") from error


def _refuse_unwritable(value: Any, where: str = "") -> None:
    """Raise `MisfitError` at the first part of `value` that cannot be written, to say where it stands."""
    children = list(_children(value, _UNKNOWN))
    for step, child, _ in children:
        try:
            _write(child)
        except Exception:  # noqa: BLE001  # as in _encode; the deepest one is what is raised
            _refuse_unwritable(child, where + step)
    if isinstance(value, Mapping):
        for key in value:
            _refuse_key(key, where, {})
    if not children:
        if isinstance(value, str):
            raise MisfitError("expected text, got a lone surrogate, which UTF-8 cannot carry", where)
        raise MisfitError(f"expected a value that JSON can carry, got a `{type(value).__name__}`", where)


def _refuse_loss(value: Any, back: Any, where: str = "") -> None:
    """Raise `MisfitError` at the first part of `value` that `back`, what its JSON text says, does not say too."""
    if isinstance(value, float) and not math.isfinite(value) and (back is None or back is _UNKNOWN):
        raise MisfitError(f"expected a finite number, got {value}, which JSON cannot carry", where)
    if isinstance(value, bytes | bytearray | memoryview) and isinstance(back, str):
        raise MisfitError("expected text, got bytes: decode them, or annotate the return as bytes for base64", where)
    if isinstance(value, int) and not _INT_MIN <= value <= _INT_MAX:
        raise MisfitError("expected an integer of at most 64 bits, got a bigger one: write it as text", where)
    if isinstance(value, Mapping):
        for key in value:
            _refuse_key(key, where, back)
    for step, child, its_back in _children(value, back):
        _refuse_loss(child, its_back, where + step)


def _refuse_key(key: Any, where: str, back: Any) -> None:
    if not isinstance(key, str) and not (isinstance(back, Mapping) and key in back):
        raise MisfitError(
            f"expected a string as key, got a `{type(key).__name__}` (annotate it to say so, or use str)", where
        )


def _children(value: Any, back: Any) -> Iterator[tuple[str, Any, Any]]:
    """The parts of a value: the step to each, the part, and what was read back for it where that can be told."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            its_back = back.get(key, _UNKNOWN) if isinstance(back, Mapping) else _UNKNOWN
            yield (f".{key}" if isinstance(key, str) else f"[{key}]"), child, its_back
    elif isinstance(value, list | tuple):
        paired = isinstance(back, list | tuple) and len(back) == len(value)
        for index, child in enumerate(value):
            yield f"[{index}]", child, back[index] if paired else _UNKNOWN
    elif isinstance(value, Set):
        for child in value:
            yield "[...]", child, _UNKNOWN
    else:
        for name in _field_names(value):
            child = getattr(value, name, _UNKNOWN)
            if isinstance(back, Mapping):
                yield f".{name}", child, back.get(name, _UNKNOWN)
            else:
                yield f".{name}", child, getattr(back, name, _UNKNOWN)


def _field_names(value: Any) -> tuple[str, ...]:
    """The fields of a Struct, a dataclass or a pydantic model; none for anything else."""
    kind = type(value)
    for listed in ("__struct_fields__", "__dataclass_fields__", "__pydantic_fields__"):
        names = getattr(kind, listed, None)
        if names is not None:
            return tuple(names)
    return ()
