"""The ceiling: the least that can be called durable. A group-commit SQLite writer, and nothing else around the work.

What gathers while one commit is under way is the next; whoever recorded something goes on once it is on disk. A row is
an integer key and a body. There are no runs, no plan, no retry and no replay; SQLite is as it comes, but for WAL and
`synchronous = FULL`. What Concertato adds to a node is its distance to this.
"""

import asyncio
import sqlite3
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Literal

Mode = Literal["thread", "inline"]
"""Where commits are: in a thread of their own, as an application needs it, or on the loop, which then stands still."""

_Group = list[tuple[tuple[int, bytes], "asyncio.Future[None]"]]


class Writer:
    def __init__(self, path: Path, mode: Mode) -> None:
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        self._loop = asyncio.get_running_loop()
        self._inline = mode == "inline"
        self._gathered: _Group = []
        self._busy = False
        self._groups: SimpleQueue[_Group | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._commit_all, daemon=True)
        self._thread.start()

    def record(self, key: int, body: bytes) -> "asyncio.Future[None]":
        """Resolved once this is on disk."""
        durable = self._loop.create_future()
        self._gathered.append(((key, body), durable))
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._next_group)
        return durable

    def close(self) -> None:
        self._groups.put(None)
        self._thread.join()
        self._database.close()

    def _next_group(self) -> None:
        group, self._gathered = self._gathered, []
        if not group:
            self._busy = False
        elif self._inline:
            self._commit(group)
            self._committed(group)
        else:
            self._groups.put(group)

    def _commit_all(self) -> None:
        while (group := self._groups.get()) is not None:
            self._commit(group)
            self._loop.call_soon_threadsafe(self._committed, group)

    def _commit(self, group: _Group) -> None:
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO entries VALUES (?, ?)", [row for row, _ in group])
        self._database.execute("COMMIT")

    def _committed(self, group: _Group) -> None:
        for _, durable in group:
            durable.set_result(None)
        # Not at once: who was told now may record something within this turn of the loop, and joins the next group.
        self._loop.call_soon(self._next_group)
