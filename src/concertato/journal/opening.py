"""From a path to a connection: is it a journal, is it one that this version understands, how is SQLite to behave."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from concertato.errors import JournalCorrupt, JournalError, JournalNotFound, JournalTooNew
from concertato.journal.contract import Durability
from concertato.journal.faults import told
from concertato.journal.statements import MIGRATIONS

APPLICATION = 0x436E6372
"""In the header of every journal ("Cncr"), so that another program's database is never taken for one."""

_PAGE = 4096  # events touch few bytes each: small pages keep commits small; a value of 256 KiB still wastes under 2 %
_CACHE_KIB = 32 * 1024  # a ceiling, not a reservation: a group that outgrows it is written in pieces, some pages twice
_CHECKPOINT_PAGES = 2048
"""How far the WAL grows (8 MiB) before the commit that finds it so moves it into the database.

SQLite does that inside the commit, where no writer can be busy: only so can the WAL start over under constant load.
A greater number writes hot pages fewer times and stalls longer; at this one the stall is some ten milliseconds.
"""
_BUSY_MS = 5000


def check_place(path: Path) -> None:
    """Refuse a path at which no journal can be, before anything is made there."""
    if path.name == ":memory:":
        raise JournalNotFound("a journal is a file: expected a path, got: ':memory:'; use a temporary file")
    if path.is_dir():
        raise JournalNotFound(
            f"journal {path}: expected a file, got: a folder; name a file in it, such as {path}/runs.db"
        )
    if not path.parent.is_dir():
        raise JournalNotFound(f"journal {path}: the folder {path.parent} does not exist; make it, or mend the path")


def connect_writer(path: Path, durability: Durability, migrations: Sequence[str] = MIGRATIONS) -> sqlite3.Connection:
    """A connection that writes; makes the journal, or brings its schema to this version, where that is needed."""
    with told(path):
        connection = _connect(path, "rwc")
        try:
            version = _identify(connection, path, len(migrations))
            if version == 0:
                connection.execute(f"PRAGMA page_size = {_PAGE}")
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # must precede the first table
            _use_wal(connection, path)
            _tune(connection, durability)
            # A file that may only be read has opened all the same: find out now, not at the first fact.
            connection.executescript(f"BEGIN IMMEDIATE; PRAGMA user_version = {version}; ROLLBACK;")
            _migrate(connection, version, migrations)
        except BaseException:
            connection.close()
            raise
        return connection


def connect_beside(path: Path, durability: Durability) -> sqlite3.Connection:
    """A second connection that writes, of a process that has the journal open."""
    with told(path):
        connection = _connect(path, "rw")
        _tune(connection, durability)
        return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, beside a live writer or alone."""
    if not path.exists():
        raise JournalNotFound(f"there is no journal at {path}; check the path, or run a workflow with it first")
    with told(path):
        connection = _connect(path, "ro")
        try:
            version = _identify(connection, path, len(MIGRATIONS))
        except sqlite3.OperationalError as error:
            connection.close()
            # Without a WAL beside it, in a folder that cannot be written, the file is the whole journal and is at rest.
            cannot_make_wal = error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
            if not cannot_make_wal or path.with_name(path.name + "-wal").exists():
                raise
            connection = _connect(path, "ro&immutable=1")
            version = _identify(connection, path, len(MIGRATIONS))
        except BaseException:
            connection.close()
            raise
    if version < len(MIGRATIONS):
        connection.close()
        raise JournalError(
            f"journal {path} has schema {version} and this version of Concertato reads {len(MIGRATIONS)}: "
            "open it once for writing (any run, or resume) to bring it up to date"
        )
    return connection


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    # No implicit transactions: what is one is said. Groups are written in another thread than the one that opens.
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    return connection


def _tune(connection: sqlite3.Connection, durability: Durability) -> None:
    connection.execute(f"PRAGMA synchronous = {'FULL' if durability == 'full' else 'NORMAL'}")
    connection.execute("PRAGMA fullfsync = 1")  # on macOS a plain fsync does not reach the disk; elsewhere idle
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    # After one very large commit the WAL gives back what it does not need.
    connection.execute(f"PRAGMA journal_size_limit = {_CHECKPOINT_PAGES * _PAGE}")


def _identify(connection: sqlite3.Connection, path: Path, newest: int) -> int:
    """The version of the schema; 0 when the file is new. Refuses what is not ours or is newer than we are."""
    application = _pragma(connection, "application_id")
    version = _pragma(connection, "user_version")
    if application == APPLICATION:
        if version > newest:
            raise JournalTooNew(
                f"journal {path} has schema {version}, this version of Concertato knows up to {newest}; "
                "nothing was changed: use the version that wrote it, or a newer one"
            )
        return version
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application or version or tables:
        raise JournalCorrupt(
            f"{path} is the SQLite database of another program: expected application_id {APPLICATION}, "
            f"got: {application}. Nothing was changed; give another path"
        )
    return 0


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)


def _use_wal(connection: sqlite3.Connection, path: Path) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise JournalError(
            f"journal {path}: expected a file system on which SQLite can keep a write-ahead log, got journal mode "
            f"{mode!r}; put the journal on a local disk"
        )


def _migrate(connection: sqlite3.Connection, version: int, migrations: Sequence[str]) -> None:
    """Each migration and the version it leads to are one transaction."""
    for number, script in enumerate(migrations[version:], start=version + 1):
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{script}\nPRAGMA application_id = {APPLICATION};\n"
                f"PRAGMA user_version = {number};\nCOMMIT;"
            )
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
