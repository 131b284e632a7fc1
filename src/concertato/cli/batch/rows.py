"""The rows of a batch: a file of JSON objects, one per line, read as it is needed and never held whole."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from concertato.errors import InvalidInput, RequestError

_CHUNK = 1 << 20


class Row(NamedTuple):
    """`number` is the line in the file, from 1."""

    number: int
    text: bytes

    def inputs(self) -> dict[str, Any]:
        try:
            value = msgspec.json.decode(self.text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidInput(f"expected a JSON object: {error}") from None
        if not isinstance(value, dict):
            raise InvalidInput(f"expected a JSON object, got: {self.text[:60].decode(errors='replace')}")
        return value

    def key(self, batch: str) -> str:
        """What the row's run is started with: the same row of the same batch is the same run, for ever."""
        return f"batch:{batch}:{self.number}:{hashlib.sha256(self.text).hexdigest()[:16]}"


def batch_id(fingerprint: str, name: str) -> str:
    """Another definition, or another name, is another batch."""
    return hashlib.sha256(f"{fingerprint}\n{name}".encode()).hexdigest()[:16]


def read_rows(path: Path) -> Iterator[Row]:
    """Blank lines are passed over, but counted."""
    with _told(path), path.open("rb") as file:
        for number, line in enumerate(file, 1):
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if text:
                yield Row(number, text)


def count_rows(path: Path) -> int | None:
    """How many lines there are, for the progress bar; None where reading the file would use it up."""
    if path.exists() and not path.is_file() and not path.is_dir():
        return None
    count, last = 0, b"\n"
    with _told(path), path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            count += chunk.count(b"\n")
            last = chunk[-1:]
    return count + (last != b"\n")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RequestError(f"cannot read the rows from {path}: {error.strerror or error}") from None
