"""What a journal is: an append-only list of events per run, with a small row about each run to find it by.

One process writes; any number read. `append` gathers; `commit` makes everything gathered durable at once.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

import msgspec

from concertato.run.events import AnyEvent

Durability = Literal["full", "process"]
"""`full`: an acknowledged commit survives power loss. `process`: it survives the death of the process."""


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a run without reading its events. Times are seconds since the epoch, UTC."""

    number: int
    run_id: str
    workflow: str
    plan: str
    status: str
    started_at: float
    ended_at: float | None = None
    key: str | None = None
    continues: str | None = None
    relation: str | None = None
    parked: bool = False
    wake_at: float | None = None


class StoredEvent(msgspec.Struct, frozen=True):
    """`seq` counts from 0 within the run and is the cursor that readers remember."""

    seq: int
    event: AnyEvent


class RunFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which runs to list; every field that is set must match. `started_*` are seconds since the epoch."""

    status: Sequence[str] = ()
    workflow: str | None = None
    started_after: float | None = None
    started_before: float | None = None
    limit: int = 50
    after: int | None = None
    """Only runs numbered below this one: the cursor for the next page (newest first)."""


class JournalReader(Protocol):
    """Reading needs no lock: it works beside a live writer."""

    def find(self, run_id: str) -> RunRow | None:
        """The run with this id, or the only one whose id ends with it (6 characters at least), or None."""
        ...

    def find_key(self, key: str) -> RunRow | None: ...

    def runs(self, where: RunFilter) -> list[RunRow]:
        """Newest first."""
        ...

    def events(self, number: int, after: int = -1) -> Iterator[StoredEvent]:
        """The run's events in order, those with `seq` greater than `after`."""
        ...

    def last_seq(self, number: int) -> int:
        """The greatest `seq` of the run; -1 when it has no event."""
        ...

    def document(self, plan: str) -> bytes:
        """The canonical definition with this content hash."""
        ...

    def close(self) -> None: ...


class JournalWriter(JournalReader, Protocol):
    """The one writer of a journal. Everything between two commits becomes durable together or not at all.

    `put_*`, `set_*` and `append` are cheap and only gather. `flush` (loop thread) hands what was gathered to the
    database inside a transaction; `commit` (may run in another thread) makes it durable. Both raise `JournalError`s;
    after one, nothing that was gathered since the last good commit is kept, and both raise it again until the journal
    is closed and opened anew: what the caller holds in memory may be ahead of what is on disk.
    """

    def next_number(self) -> int:
        """A fresh number for a run."""
        ...

    def put_document(self, plan: str, document: bytes) -> None:
        """Idempotent."""
        ...

    def put_run(self, row: RunRow) -> None: ...

    def append(self, number: int, seq: int, event: AnyEvent) -> None:
        """Values over 8 KiB are stored once by content hash and referred to."""
        ...

    def set_status(self, number: int, status: str, ended_at: float | None) -> None: ...

    def set_parked(self, number: int, wake_at: float | None) -> None:
        """The run only waits: it need not be loaded before `wake_at` (None: before something reaches it)."""
        ...

    def set_unparked(self, number: int) -> None: ...

    def flush(self) -> bool:
        """False when nothing was gathered."""
        ...

    def commit(self) -> None: ...

    def unfinished(self) -> Iterator[RunRow]:
        """Runs that have not ended and are not parked."""
        ...

    def wakes(self) -> Iterator[tuple[int, str, float]]:
        """(number, run id, wake time) of every parked run that has one, soonest first."""
        ...

    def purge(self, numbers: Sequence[int]) -> int:
        """Remove ended runs whole, with the values that nothing else refers to. Returns how many; commits by itself."""
        ...

    def vacuum(self) -> int:
        """Give the space of what was purged back to the disk; returns the bytes."""
        ...
