"""The results of a batch: a line per row, appended as rows finish, put in the rows' order at the end.

The journal holds the truth; this file is made from it and made anew by every call. So whatever a process that died left
here (half a line, half the rows) is mended by calling it again.
"""

import os
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import msgspec

from concertato.errors import RequestError

_FIELDS = {"row", "status"}


class Results:
    """Remembers where each row's line is, eight bytes a row, so that a million rows can be put in order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._refuse_other_files()
        with self._told():
            self._file = path.open("wb", buffering=0)
        self._places = array("q")
        self._end = 0
        self._last = -1
        self._in_order = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def write(self, row: int, line: Mapping[str, Any]) -> None:
        text = msgspec.json.encode({"row": row, **line}) + b"\n"
        with self._told():
            written = self._file.write(text)
            if written < len(text):
                # A disk that is almost full takes a part, and says why with the rest.
                self._file.write(text[written:])
        if row >= len(self._places):
            self._places.extend([-1] * (row + 1 - len(self._places)))
        self._places[row] = self._end
        self._end += len(text)
        self._in_order = self._in_order and row > self._last
        self._last = row

    def put_in_order(self) -> None:
        """The file is replaced whole or not at all."""
        # A pipe or a device is no file to put another in the place of: /dev/null must stay what it is.
        if self._in_order or not self._path.is_file():
            return
        ordered = self._path.with_name(f".{self._path.name}.ordered")
        try:
            with self._told(), self._path.open("rb") as source, ordered.open("wb") as target:
                for place in self._places:
                    if place >= 0:
                        source.seek(place)
                        target.write(source.readline())
                target.flush()
                os.fsync(target.fileno())
        except RequestError:
            ordered.unlink(missing_ok=True)
            raise
        ordered.replace(self._path)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RequestError(
                f"cannot write the results to {self._path}: {error.strerror or error}; mend that and give the same "
                "command again: rows that are finished are not run again"
            ) from None

    def _refuse_other_files(self) -> None:
        """What is there may be an earlier call's results, and is made anew; any other file is somebody's work."""
        if not self._path.is_file() or self._path.stat().st_size == 0:
            return
        with self._path.open("rb") as file:
            first = file.readline()
        try:
            ours = msgspec.json.decode(first, type=dict[str, Any]).keys() >= _FIELDS
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Half a line is all that a process which died at its first row leaves.
            ours = first.startswith(b'{"row":') and not first.endswith(b"\n")
        if not ours:
            raise RequestError(
                f"{self._path} is there already and holds no results of a batch: "
                "remove it, or name another file with --out"
            )
