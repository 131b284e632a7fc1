"""Reading what a person hands over with `-i` or `--values`: JSON, `@file`, `-` for standard input, or `name=value`."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from concertato.errors import InvalidInput

_BOM = b"\xef\xbb\xbf"


def read_inputs(entries: Iterable[str], declared: Mapping[str, Any], *, option: str = "-i") -> dict[str, Any]:
    """The inputs that these entries make together; where two give the same name, the later one counts.

    `declared` is what the workflow, or a form, says of each: what must be text is text, also where it looks like a
    number. `option` is what they were given with.
    """
    inputs: dict[str, Any] = {}
    for entry in entries:
        inputs.update(_read(entry, declared, option))
    return inputs


def read_value(text: str) -> Any:
    """JSON where it is JSON, and otherwise the text itself."""
    try:
        return msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, UnicodeEncodeError):
        return text


def _read(entry: str, declared: Mapping[str, Any], option: str) -> dict[str, Any]:
    if entry == "-":
        return _object(sys.stdin.buffer.read(), "standard input")
    if entry.startswith("@"):
        return _object(_file(entry[1:], option), entry[1:])
    if entry.lstrip().startswith("{"):
        return _object(entry.encode(errors="surrogateescape"), f"{option} {entry}")
    name, equals, value = entry.partition("=")
    if not equals or not name:
        raise InvalidInput(
            f"expected {option} to be a JSON object, @FILE, - or name=value, got: {entry!r}"
            f"{f'; to read the file write {option} @{entry}' if Path(entry).is_file() else ''}"
        )
    if not _is_text(declared.get(name)):
        return {name: read_field(value, f"{option} {name}")}
    read = read_value(value)
    return {name: read if isinstance(read, str) else value}


def read_field(text: str, where: str) -> Any:
    """As `read_value`; what begins as a JSON object or list and is none is refused, since no text was meant."""
    read = read_value(text)
    if isinstance(read, str) and text.lstrip()[:1] in ("{", "["):
        try:
            msgspec.json.decode(text.encode(errors="surrogateescape"))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidInput(
                f"{where}: expected JSON, since it begins as an object or a list does, got: {text!r:.60} ({error}); "
                "a text that begins so is written as JSON text, in double quotes"
            ) from None
    return read


def _is_text(declaration: Any) -> bool:
    type_ = declaration.get("type") if isinstance(declaration, Mapping) else declaration
    return bool(type_ == "string")


def _file(name: str, option: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        what = "the inputs" if option == "-i" else option
        raise InvalidInput(f"cannot read {what} from {name!r}: {error.strerror or error}") from None


def _object(text: bytes, source: str) -> dict[str, Any]:
    text = text.removeprefix(_BOM)
    if not text.strip():
        raise InvalidInput(f"{source}: expected a JSON object, got nothing: it is empty")
    try:
        value = msgspec.json.decode(text)
    except UnicodeDecodeError:
        raise InvalidInput(f"{source}: expected UTF-8 text, got another encoding; save it as UTF-8") from None
    except msgspec.DecodeError as error:
        raise InvalidInput(f"{source}: expected a JSON object: {error}") from None
    if not isinstance(value, dict):
        raise InvalidInput(
            f'{source}: expected a JSON object such as {{"name": …}}, got: {text[:60].decode(errors="replace")}'
        )
    return value
