"""A group: what one commit makes durable, as it is gathered fact by fact, and how it is written.

It is gathered on the event loop, which is where every microsecond counts, and written in another thread.
"""

import sqlite3
from typing import Any

import msgspec

from concertato.journal.chain import Chain
from concertato.journal.contract import Notice, RunRow, TaskRow
from concertato.journal.outbox import write_notices
from concertato.journal.statements import SQL, repeated
from concertato.journal.tasks import write_tasks
from concertato.journal.values import lighten
from concertato.run.events import AnyEvent

_EVENT_COLUMNS = 4
_INSERT_EVENTS = [(rows, repeated(SQL["insert_event"], rows)) for rows in (64, 32, 16, 8, 4, 2, 1)]
"""How many rows, and the statement that inserts so many; together they make any number."""


class Group:
    __slots__ = ("contents", "events", "heavy", "links", "notices", "parked", "runs", "status", "tasks", "uses")

    def __init__(self) -> None:
        self.events: list[Any] = []
        """Number, seq, text and refs of each, one after another: as they are handed to the statement."""
        self.heavy: list[tuple[int, AnyEvent]] = []
        """Those that may hold big values, by their place in that list: their text and refs are still to come."""
        self.links: list[int] = []
        """The places of those that somebody did."""
        self.runs: list[RunRow] = []
        self.contents: dict[str | bytes, bytes] = {}
        self.uses: dict[tuple[int, str | bytes], None] = {}
        self.status: dict[int, tuple[str, float | None, int]] = {}
        self.parked: dict[int, tuple[bool, float | None, int]] = {}
        self.tasks: dict[tuple[int, str], TaskRow] = {}
        self.notices: dict[str, Notice] = {}

    @property
    def empty(self) -> bool:
        of_runs = self.events or self.runs or self.contents or self.status or self.parked
        return not (of_runs or self.tasks or self.notices)

    def write(self, connection: sqlite3.Connection, chain: Chain) -> None:
        self._lighten()
        many = connection.executemany
        if self.contents:
            many(SQL["insert_content"], self.contents.items())
        if self.runs:
            many(SQL["insert_run"], map(msgspec.structs.astuple, self.runs))
        if self.uses:
            many(SQL["insert_use"], self.uses)
        self._write_events(connection)
        for at in self.links:
            number, seq, text, refs = self.events[at : at + _EVENT_COLUMNS]
            chain.link(number, seq, text.encode(), refs)
        if self.status:
            many(SQL["update_status"], self.status.values())
        if self.parked:
            many(SQL["update_parked"], self.parked.values())
        if self.tasks:
            write_tasks(connection, self.tasks.values())
        if self.notices:
            write_notices(connection, self.notices.values())

    def _lighten(self) -> None:
        """Take the big values out. Their hashes are most of what they cost, and are computed without the GIL."""
        for at, event in self.heavy:
            body, refs, values = lighten(event)
            self.events[at + 2 : at + _EVENT_COLUMNS] = (body.decode(), refs)
            for digest, value in values.items():
                self.contents[digest] = value
                self.uses[self.events[at], digest] = None

    def _write_events(self, connection: sqlite3.Connection) -> None:
        """In statements of many rows: a call of SQLite per row is a third of what writing a small event costs."""
        values, at = self.events, 0
        for rows, statement in _INSERT_EVENTS:
            size = rows * _EVENT_COLUMNS
            while len(values) - at >= size:
                connection.execute(statement, values[at : at + size])
                at += size
