"""SQLite's errors said as the journal's own: what is wrong, what was kept, what to do. Only here are its codes read."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from concertato.errors import (
    JournalCorrupt,
    JournalError,
    JournalFull,
    JournalLocked,
    JournalNotFound,
    JournalReadOnly,
)

# A disk that does not take what is written shows as SQLITE_FULL where it says so, and as one of these where a quota, a
# limit on a file's size or the shared memory beside the database is in the way, or the disk fails.
_NOT_WRITTEN = {
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_DIR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_SHMMAP,
}

_KEPT = "everything acknowledged is kept, and what was not has been taken back"


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Whatever SQLite raises inside comes out as a `JournalError` about the journal at `path`."""
    try:
        yield
    except sqlite3.Error as error:
        raise journal_error(error, path) from error


def journal_error(error: sqlite3.Error, path: Path) -> JournalError:
    """The journal's word for an error of SQLite."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return _without_code(error, path)
    if code in _NOT_WRITTEN:
        return JournalFull(
            f"journal {path}: the disk did not take what was written ({error}); {_KEPT}. "
            "Look for a full disk, a quota, a limit on file sizes or a failing disk, then open the journal again"
        )
    match code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return JournalFull(f"journal {path}: the disk is full; {_KEPT}. Make room, then open the journal again")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return _corrupt(error, path)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return JournalReadOnly(
                f"journal {path}: expected to be allowed to write the file and its folder, got: {error}. "
                "Mend the permissions, or look at the journal with runs, show, events or tasks, which only read"
            )
        case sqlite3.SQLITE_CANTOPEN:
            return JournalNotFound(f"journal {path} cannot be opened ({error}): expected a file that can be read")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return JournalLocked(
                f"journal {path}: another program holds a transaction open on the database ({error}); {_KEPT}. "
                "Close it (an SQLite shell or browser?), then open the journal again"
            )
        case _:
            return JournalError(f"journal {path}: SQLite refused with {error.sqlite_errorname}: {error}; {_KEPT}")


def _without_code(error: sqlite3.Error, path: Path) -> JournalError:
    # The sqlite3 module's own complaints carry no code: a closed connection, or text that is no UTF-8.
    if "decode" in str(error):
        return _corrupt(error, path)
    return JournalError(f"journal {path}: {error}")


def _corrupt(error: sqlite3.Error, path: Path) -> JournalCorrupt:
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
        return JournalCorrupt(
            f"{path} is not a journal: expected an SQLite database, got a file of another kind. Nothing was changed; "
            "give another path, restore the file from a backup, or move it aside"
        )
    return JournalCorrupt(
        f"journal {path} is damaged ({error}). Nothing was changed; restore it from a backup, or copy what can be read "
        f'into a new file: sqlite3 {path} ".recover" | sqlite3 recovered.db'
    )
