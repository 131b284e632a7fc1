"""Big values are stored once, by content: taken out of an event before it is written, put back when it is read."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from concertato.run.events import AnyEvent, decode, encode

LIMIT = 8 * 1024
"""Values longer than this, as JSON text, are stored once. Below it a row of their own costs more than it saves."""

Refs = dict[str, str | dict[str, str]]
"""Field → SHA-256 of its value in hex; of a field that is itself a mapping, name → SHA-256."""

_encode_refs = msgspec.json.Encoder().encode
_decode_refs = msgspec.json.Decoder(Refs).decode
_PLACE = Raw(b"null")


def lighten(event: AnyEvent) -> tuple[bytes, str | None, dict[bytes, bytes]]:
    """The event's text with `null` where big values were, what says which those are, and the values by SHA-256."""
    changes: dict[str, Any] = {}
    refs: Refs = {}
    values: dict[bytes, bytes] = {}

    def store(value: bytes) -> str:
        digest = sha256(value)
        values[digest.digest()] = value
        return digest.hexdigest()

    for name, value in _raw_fields(event):
        if isinstance(value, Raw):
            if big := _big(value):
                changes[name], refs[name] = _PLACE, store(big)
        else:
            found = {key: big for key, item in value.items() if (big := _big(item))}
            if found:
                changes[name] = value | dict.fromkeys(found, _PLACE)
                refs[name] = {key: store(big) for key, big in found.items()}
    if not refs:
        return encode(event), None, values
    return encode(replace(event, **changes)), _encode_refs(refs).decode(), values


def restore(body: bytes, refs: str, fetch: Callable[[bytes], bytes]) -> AnyEvent:
    """The event as it was before `lighten`; `fetch` brings the value with a SHA-256."""
    event: AnyEvent = decode(body)
    changes: dict[str, Any] = {}
    for name, ref in _decode_refs(refs).items():
        if isinstance(ref, str):
            changes[name] = Raw(fetch(bytes.fromhex(ref)))
        else:
            values = {key: Raw(fetch(bytes.fromhex(digest))) for key, digest in ref.items()}
            changes[name] = getattr(event, name) | values
    return replace(event, **changes)


def as_found(refs: str, fetch: Callable[[bytes], bytes | None]) -> str:
    """What `lighten` would say of the values that are on disk now: the same, unless one was changed or is gone."""
    for ref in _decode_refs(refs).values():
        for digest in [ref] if isinstance(ref, str) else ref.values():
            value = fetch(bytes.fromhex(digest))
            refs = refs.replace(digest, "" if value is None else sha256(value).hexdigest())
    return refs


def _raw_fields(event: AnyEvent) -> Iterator[tuple[str, Raw | dict[str, Raw]]]:
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if isinstance(value, Raw | dict):
            yield name, value


def _big(value: Raw) -> bytes | None:
    text = memoryview(value)
    return bytes(text) if text.nbytes > LIMIT else None
