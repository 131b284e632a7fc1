"""Looking into a journal: what has been committed of all that it keeps. Needs no lock and writes nothing."""

import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from concertato.errors import JournalCorrupt
from concertato.journal import chain
from concertato.journal.contract import AuditRow, Notice, RunFilter, RunRow, StoredEvent, TaskFilter, TaskRow
from concertato.journal.faults import told
from concertato.journal.outbox import list_notices
from concertato.journal.statements import SQL
from concertato.journal.tasks import find_tasks, list_tasks
from concertato.journal.values import as_found, restore
from concertato.run.events import AnyEvent, decode

_PAGE = 500
_LEAST_TAIL = 6
_WHOLE = 26
"""Characters of a run's id."""
_BEYOND = 1 << 62

# Longer reads go page by page, so that no snapshot is held between two pages: one that is keeps the WAL from
# starting over, and it would grow for as long as somebody looks.


class SqliteReader:
    """Reads what has been committed. A writer is one too, on a second connection."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._read = connection

    def find(self, run_id: str) -> RunRow | None:
        rows = self._rows("run_by_id", run_id=run_id)
        if not rows and len(run_id) == _WHOLE:  # an ending of this length is the id itself, and there is an index
            rows = self._rows("run_by_id", run_id=run_id.upper())
        elif not rows and len(run_id) >= _LEAST_TAIL:
            rows = self._rows("runs_by_tail", tail=run_id)
        return rows[0] if len(rows) == 1 else None

    def find_key(self, key: str) -> RunRow | None:
        return next(iter(self._rows("run_by_key", key=key)), None)

    def runs(self, where: RunFilter) -> list[RunRow]:
        statement = "list_runs"
        if where.workflow is not None:
            statement = "list_runs_of_workflow"
        elif where.status and "succeeded" not in where.status:
            statement = "list_unusual_runs"
        return self._rows(
            statement,
            before=_BEYOND if where.after is None else where.after,
            workflow=where.workflow,
            statuses=msgspec.json.encode(list(where.status)).decode() if where.status else None,
            started_after=where.started_after,
            started_before=where.started_before,
            limit=where.limit,
        )

    def events(self, number: int, after: int = -1) -> Iterator[StoredEvent]:
        try:
            yield from self._stored(number, after)
        except JournalCorrupt:
            if self._all("run_exists", number=number):
                raise  # otherwise it was purged while it was read, and nothing is damaged

    def last_seq(self, number: int) -> int:
        greatest: int | None = self._all("last_seq", number=number)[0][0]
        return -1 if greatest is None else greatest

    def document(self, plan: str) -> bytes:
        found = self._content(plan)
        if found is None:
            raise JournalCorrupt(f"journal {self._path}: the definition {plan} is missing; restore it from a backup")
        digest = sha256(found).hexdigest()
        if digest != plan:
            raise JournalCorrupt(
                f"journal {self._path} is damaged: the definition {plan} is not what was stored (expected its SHA-256 "
                f"to be its name, got: {digest}). Runs of other definitions can be read; restore the journal from a "
                "backup to get those of this one back"
            )
        return found

    def tasks(self, where: TaskFilter) -> list[TaskRow]:
        return list_tasks(self._all, where)

    def find_tasks(self, name: str) -> list[TaskRow]:
        return find_tasks(self._all, name)

    def notices(
        self, *, undelivered: bool = True, hook: str | None = None, limit: int = 100, after: str = ""
    ) -> list[Notice]:
        return list_notices(self._all, undelivered=undelivered, hook=hook, limit=limit, after=after)

    def audit(self, after: int = 0) -> Iterator[AuditRow]:
        while page := self._all("audit_page", after=after, limit=_PAGE):
            for row in page:
                yield AuditRow(**dict(zip(AuditRow.__struct_fields__, row, strict=True)))
            after = page[-1][0]

    def decided_runs(self) -> Iterator[RunRow]:
        after = 0
        while page := self._rows("decided_runs", after=after, limit=_PAGE):
            yield from page
            after = page[-1].number

    def unlinked(self) -> Iterator[tuple[str, int]]:
        return ((run_id, seq) for run_id, seq, _, _ in chain.unlinked(self._all))

    def event_digest(self, run_id: str, seq: int) -> str | None:
        found = self._all("event_on_disk", run_id=run_id, seq=seq)
        if not found:
            return None
        body, refs = found[0]
        return chain.digest(body, None if refs is None else as_found(refs, self._content))

    def close(self) -> None:
        self._read.close()

    def _stored(self, number: int, after: int) -> Iterator[StoredEvent]:
        expected = after + 1
        while True:
            page = self._all("events_page", number=number, after=expected - 1, limit=_PAGE)
            for seq, body, refs in page:
                if seq != expected:
                    raise self._damaged(number, expected, f"it is missing, the next is {seq}")
                yield StoredEvent(expected, self._event(number, expected, body, refs))
                expected += 1
            if len(page) < _PAGE:
                return

    def _event(self, number: int, seq: int, body: bytes, refs: str | None) -> AnyEvent:
        def fetch(digest: bytes) -> bytes:
            value = self._content(digest)
            if value is None:
                raise self._damaged(number, seq, f"its value {digest.hex()} is missing")
            if sha256(value).digest() != digest:
                raise self._damaged(number, seq, f"its value {digest.hex()} is not what was stored")
            return value

        try:
            return decode(body) if refs is None else restore(body, refs, fetch)
        except (msgspec.MsgspecError, ValueError) as error:
            raise self._damaged(number, seq, f"it cannot be read: {error}") from error

    def _damaged(self, number: int, seq: int, how: str) -> JournalCorrupt:
        return JournalCorrupt(
            f"journal {self._path} is damaged at event {seq} of run number {number}: {how}. "
            "Other runs can be read; restore the journal from a backup to get this one back"
        )

    def _content(self, key: str | bytes) -> bytes | None:
        found = self._all("content", hash=key)
        return found[0][0] if found else None

    def _rows(self, statement: str, **parameters: object) -> list[RunRow]:
        return [_run_row(row) for row in self._all(statement, **parameters)]

    def _all(self, statement: str, **parameters: object) -> list[tuple[Any, ...]]:
        with told(self._path):
            return self._read.execute(SQL[statement], parameters).fetchall()


def _run_row(row: tuple[Any, ...]) -> RunRow:
    # The table's columns are the row's fields, in its order.
    fields = dict(zip(RunRow.__struct_fields__, row, strict=False))
    return RunRow(**fields | {"parked": bool(fields["parked"])})
