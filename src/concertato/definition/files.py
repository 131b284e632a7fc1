"""Getting hold of a definition's text: from a file, which may be anything, or from memory."""

from pathlib import Path as FilePath

from concertato.definition.codes import Code
from concertato.definition.problem import DefinitionError, Problem
from concertato.definition.reading import Reading, UnreadableError
from concertato.definition.source import Source, read

MAX_FILE = 64 * 1024 * 1024
"""The greatest file that is read, in bytes."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def from_text(text: str, name: str) -> Source:
    """A text that is in memory already. What can be read as JSON is: that is many times faster than YAML."""
    text = text.removeprefix("\ufeff")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"the text holds half a character (U+{ord(text[error.start]):04X} at {error.start}); remove it"
        raise _refused(name, Code.UNREADABLE, message) from None
    if text.lstrip().startswith("{"):
        try:
            read(text, "json", Reading())
        except UnreadableError:
            return Source(name, text, "yaml")
        return Source(name, text, "json")
    return Source(name, text, "yaml")


def from_file(path: FilePath) -> Source:
    """A file's text. Raises DefinitionError saying why it cannot be read, before memory is spent on it."""
    name = str(path)
    try:
        data = _bytes(path)
    except FileNotFoundError:
        message = f"there is no such file; the path starts at the current directory, {FilePath.cwd()}"
        raise _refused(name, Code.UNREADABLE, message) from None
    except OSError as error:
        raise _refused(name, Code.UNREADABLE, f"the file cannot be read: {error.strerror or error}") from None
    text = _decoded(data, name).removeprefix("\ufeff")
    return Source(name, text, "json" if path.suffix.lower() == ".json" else "yaml")


def _bytes(path: FilePath) -> bytes:
    size = path.stat().st_size
    if path.is_dir():
        raise _refused(str(path), Code.UNREADABLE, "expected a file, got: a directory; name a file in it")
    data = b""
    if size <= MAX_FILE:
        with path.open("rb") as file:
            # A device or a pipe does not say beforehand how much will come.
            data = file.read(MAX_FILE + 1)
    size = max(size, len(data))
    if size > MAX_FILE:
        message = (
            f"expected a file of at most {MAX_FILE // 2**20} MiB, got: {size / 2**20:.1f} MiB; "
            "split it into several definitions with 'workflow' nodes"
        )
        raise _refused(str(path), Code.TOO_LARGE, message)
    return data


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        start = error.start
        line = data.count(b"\n", 0, start) + 1
        before = data[data.rfind(b"\n", 0, start) + 1 : start].decode(errors="replace")
        got = "UTF-16" if data.startswith(_UTF_16) else f"the byte 0x{data[start]:02x} at offset {start}"
        message = f"expected UTF-8 text, got: {got}; save the file as UTF-8"
        raise _refused(name, Code.UNREADABLE, message, line, len(before) + 1) from None


def _refused(
    name: str, code: Code, message: str, line: int | None = None, column: int | None = None
) -> DefinitionError:
    return DefinitionError([Problem(code, message, (), name, line, column)])
