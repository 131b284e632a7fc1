"""Forgetting: ended runs are removed whole, and the space they took goes back to the disk.

Both work in slices, each a short transaction, so that a live writer waits for one slice at most. A run leaves `runs`
in the first of them; what is left of it is listed in `purging`, so a purge that was cut off is finished by the next.

Two things outlive a run: the links of the audit chain, which would be broken, and news that is yet to be delivered.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from concertato.journal.statements import SQL

_RUNS = 500
_ROWS = 5000
_CONTENTS = 100  # each may be hundreds of pages
_PAGES = 1000
_OF_A_RUN = ("delete_assignees", "delete_tasks", "delete_notices", "delete_events")
_REST = 0.001  # a lock is not handed over in order: without a rest between slices the writer might not get its turn


def purge(connection: sqlite3.Connection, turn: threading.Lock, numbers: Sequence[int]) -> int:
    """Remove those of the runs that have ended; returns how many. Also finishes what an earlier purge left."""
    taken = 0
    for start in range(0, len(numbers), _RUNS):
        with _slice(connection, turn):
            for number in numbers[start : start + _RUNS]:
                if connection.execute(SQL["begin_purge"], {"number": number}).rowcount:
                    connection.execute(SQL["delete_run"], {"number": number})
                    taken += 1
    more = True
    while more:
        with _slice(connection, turn):
            more = _remove_some(connection)
    return taken


def vacuum(connection: sqlite3.Connection, turn: threading.Lock) -> int:
    """Give free pages back to the disk; returns the bytes."""
    before = _pragma(connection, "page_count")
    for _ in range(0, _pragma(connection, "freelist_count"), _PAGES):
        with turn:
            # A script, since the pragma yields a row for each page and `execute` would stop at the first.
            connection.executescript(f"PRAGMA incremental_vacuum({_PAGES})")
        time.sleep(_REST)
    with turn:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # only now does the file shrink
    return (before - _pragma(connection, "page_count")) * _pragma(connection, "page_size")


def _remove_some(connection: sqlite3.Connection) -> bool:
    """One slice's worth of what is listed in `purging`; False when nothing was left."""
    rows, contents = _ROWS, _CONTENTS
    while rows > 0 and contents > 0:
        found = connection.execute(SQL["next_purging"]).fetchone()
        if found is None:
            return False
        number: int = found[0]
        for statement in _OF_A_RUN:
            rows -= connection.execute(SQL[statement], {"number": number, "limit": max(rows, 0)}).rowcount
        contents -= _release_contents(connection, number, contents)
        if rows > 0 and contents > 0:
            connection.execute(SQL["end_purge"], {"number": number})
    return True


def _release_contents(connection: sqlite3.Connection, number: int, limit: int) -> int:
    """Some of the run's claims, with the contents that nothing else claims. Returns how many."""
    used = connection.execute(SQL["some_uses"], {"number": number, "limit": limit}).fetchall()
    for (content,) in used:
        connection.execute(SQL["delete_use"], {"number": number, "content": content})
        connection.execute(SQL["delete_unused_content"], {"content": content})
    return len(used)


@contextmanager
def _slice(connection: sqlite3.Connection, turn: threading.Lock) -> Iterator[None]:
    with turn:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    time.sleep(_REST)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)
