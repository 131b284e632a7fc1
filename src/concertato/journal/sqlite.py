"""The journal in one SQLite file: the one live writer, which gathers, and commits in groups."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from concertato.errors import JournalError
from concertato.journal.chain import Chain
from concertato.journal.contract import Durability, Notice, RunRow, TaskRow
from concertato.journal.faults import told
from concertato.journal.group import Group
from concertato.journal.lock import Lock
from concertato.journal.opening import check_place, connect_beside, connect_reader, connect_writer
from concertato.journal.reader import SqliteReader
from concertato.journal.retention import purge, vacuum
from concertato.journal.values import LIMIT
from concertato.run.events import AnyEvent, NodeSucceeded, PlanEdited, encode, has_author

_PAGE = 1000


def open_journal(path: str | Path, *, durability: Durability = "full") -> "SqliteJournal":
    """Open the journal at `path` to drive it, making it where there is none. One process at a time may."""
    place = Path(path).absolute()
    check_place(place)
    with ExitStack() as opened:
        lock = Lock(place)
        opened.callback(lock.release)
        write = opened.enter_context(closing(connect_writer(place, durability)))
        read = opened.enter_context(closing(connect_reader(place)))
        journal = SqliteJournal(place, durability, write, read, lock)
        opened.pop_all()
    return journal


def open_reader(path: str | Path) -> SqliteReader:
    """Open the journal at `path` to look into it, beside whoever drives it."""
    place = Path(path).absolute()
    check_place(place)
    return SqliteReader(place, connect_reader(place))


class SqliteJournal(SqliteReader):
    """Facts gather in a group; `flush` closes it, `commit` writes it and makes it durable.

    It stops at the first failure: the same error comes again until the journal is opened anew. What its owner holds in
    memory may then be ahead of what is on disk, and the next event would leave a gap where the lost ones were.
    """

    def __init__(
        self, path: Path, durability: Durability, write: sqlite3.Connection, read: sqlite3.Connection, lock: Lock
    ) -> None:
        super().__init__(path, read)
        self._write = write
        self._lock = lock
        self._durability: Durability = durability
        self._turn = threading.Lock()  # held while groups are written; a purge takes it between two
        self._failed: JournalError | None = None
        self._number: int = self._all("greatest_number")[0][0]
        with told(path):
            self._chain = Chain(write)
        self._group = Group()
        self._flushed: list[Group] = []

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def put_document(self, plan: str, document: bytes) -> None:
        self._group.contents[plan] = document

    def put_run(self, row: RunRow) -> None:
        self._group.runs.append(row)
        self._group.uses[row.number, row.plan] = None

    def append(self, number: int, seq: int, event: AnyEvent) -> None:
        group = self._group
        body = encode(event)
        heavy = len(body) > LIMIT  # otherwise no value in it can be big
        # What is no UTF-8 is refused here, where only its run suffers; of a heavy one nothing else is wanted yet.
        text = None if heavy and body.isascii() else body.decode()
        if heavy:
            group.heavy.append((len(group.events), event))
        if type(event) is not NodeSucceeded and has_author(event):  # it has none, and most events are this one
            group.links.append(len(group.events))
            if type(event) is PlanEdited:
                group.uses[number, event.plan] = None
        group.events += (number, seq, text, None)

    def set_status(self, number: int, status: str, ended_at: float | None) -> None:
        self._group.status[number] = (status, ended_at, number)

    def set_parked(self, number: int, wake_at: float | None) -> None:
        self._group.parked[number] = (True, wake_at, number)

    def set_unparked(self, number: int) -> None:
        self._group.parked[number] = (False, None, number)

    def put_task(self, row: TaskRow) -> None:
        self._group.tasks[row.number, row.task] = row

    def put_notice(self, notice: Notice) -> None:
        self._group.notices[notice.id] = notice

    def flush(self) -> bool:
        if self._failed is not None:
            raise self._failed
        if self._group.empty:
            return False
        self._flushed.append(self._group)
        self._group = Group()
        return True

    def commit(self) -> None:
        if self._failed is not None:
            raise self._failed
        if not self._flushed:
            return
        groups, self._flushed = self._flushed, []
        with self._turn:
            try:
                with told(self._path):
                    self._write_groups(groups)
            except BaseException as error:
                self._fail(error)
                raise

    def unfinished(self) -> Iterator[RunRow]:
        after = 0
        while page := self._rows("unfinished_runs", after=after, limit=_PAGE):
            yield from page
            after = page[-1].number

    def wakes(self) -> Iterator[tuple[int, str, float]]:
        after, wake_at = 0, float("-inf")
        while page := self._all("wakes", after=after, wake_at=wake_at, limit=_PAGE):
            yield from page
            after, _, wake_at = page[-1]

    def purge(self, numbers: Sequence[int]) -> int:
        """May run in any thread, beside what the loop gathers and another thread commits."""
        with closing(connect_beside(self._path, self._durability)) as connection, told(self._path):
            return purge(connection, self._turn, numbers)

    def vacuum(self) -> int:
        with closing(connect_beside(self._path, self._durability)) as connection, told(self._path):
            return vacuum(connection, self._turn)

    def close(self) -> None:
        """Let go of the file and the lock. What was gathered and not committed is dropped."""
        self._failed = self._failed or JournalError(f"journal {self._path} is closed; open it again to go on")
        self._read.close()
        self._write.close()  # rolls back what is open
        self._lock.release()

    def _fail(self, error: BaseException) -> None:
        if not isinstance(error, JournalError):
            error = JournalError(f"journal {self._path}: a commit was interrupted ({error!r}); open the journal again")
        self._failed = error
        with suppress(sqlite3.Error):  # SQLite has often rolled back already
            self._write.execute("ROLLBACK")

    def _write_groups(self, groups: Sequence[Group]) -> None:
        self._write.execute("BEGIN IMMEDIATE")
        for group in groups:
            group.write(self._write, self._chain)
        self._write.execute("COMMIT")
