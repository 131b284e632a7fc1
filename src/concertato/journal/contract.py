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


TaskStatus = Literal["open", "decided", "timed_out", "cancelled"]


class TaskRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a task for people without reading its run's events.

    `task` is its name in the run, `number` the run's. `to` are `role:…` and `user:…`. `about`: a `human` node, the
    `failure` of a node, an `undo` that cannot be done. Times are seconds since the epoch.
    """

    number: int
    task: str
    run_id: str
    workflow: str
    path: str
    about: str
    title: str
    to: list[str]
    opened_at: float
    due: float | None = None
    status: TaskStatus = "open"
    closed_at: float | None = None
    outcome: str | None = None


class TaskFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks to list; every field that is set must match. `to`: any of these assignees. Oldest first."""

    status: Sequence[str] = ("open",)
    to: Sequence[str] = ()
    workflow: str | None = None
    number: int | None = None
    due_before: float | None = None
    limit: int = 100
    after: tuple[float, int, str] | None = None
    """Only tasks after this one, by (`opened_at`, `number`, `task`): the cursor for the next page."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """News for the world outside, kept until it is delivered. `hook` names who it is for, `body` is JSON text.

    `id` is the same at every attempt, so that whoever gets it can recognise the repeat. `attempts` that failed so far,
    `next_at` when the next one is due, `error` what the last one met.
    """

    id: str
    hook: str
    number: int
    kind: str
    created_at: float
    body: bytes
    attempts: int = 0
    next_at: float = 0.0
    delivered_at: float | None = None
    error: str | None = None


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """One link of the chain over the events of which somebody is the author (`concertato.run.events.AUDITED`).

    `digest` is the SHA-256 of the event as it is on disk, `chain` that of the link before it and of this one's run id,
    `seq` and `digest`, all in hex. It outlives the run when that is purged.
    """

    position: int
    run_id: str
    seq: int
    digest: str
    chain: str


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
        """The canonical definition with this content hash. Raises `JournalCorrupt` where it is gone or is another."""
        ...

    def tasks(self, where: TaskFilter) -> list[TaskRow]:
        """Oldest first."""
        ...

    def find_tasks(self, name: str) -> list[TaskRow]:
        """The tasks called so, of any status, newest first.

        `RUN/TASK` with the run's id or an ending of it (6 characters at least), or a task's name alone.
        """
        ...

    def notices(
        self, *, undelivered: bool = True, hook: str | None = None, limit: int = 100, after: str = ""
    ) -> list[Notice]:
        """News for the world outside, oldest first (by `id`); with `hook`, only what is for this one."""
        ...

    def last_notice(self) -> str:
        """The greatest id of all news there is; empty when there is none."""
        ...

    def audit(self, after: int = 0) -> Iterator[AuditRow]:
        """The links of the audit chain in order, those with a `position` greater than `after`."""
        ...

    def decided_runs(self) -> Iterator[RunRow]:
        """The runs in which a person has decided something, found by the audit chain and no index; oldest first."""
        ...

    def unlinked(self) -> Iterator[tuple[str, int]]:
        """(run id, seq) of every event of which somebody is the author and for which the audit chain has no link."""
        ...

    def event_digest(self, run_id: str, seq: int) -> str | None:
        """The SHA-256, in hex, of an event as it is on disk; None when it is not there."""
        ...

    def close(self) -> None: ...


class JournalWriter(JournalReader, Protocol):
    """The one writer of a journal. Everything between two commits becomes durable together or not at all.

    `put_*`, `set_*` and `append` are cheap and only gather. `flush` sets apart what was gathered: what comes from then
    on is of a later group. `commit` (may run in another thread, while gathering goes on) writes what was set apart and
    makes it durable. Both raise `JournalError`s; after one, nothing that was gathered since the last good commit is
    kept, and both raise it again until the journal is closed and opened anew: what the caller holds in memory may be
    ahead of what is on disk.
    """

    def next_number(self) -> int:
        """A fresh number for a run."""
        ...

    def put_document(self, plan: str, document: bytes) -> None:
        """Idempotent."""
        ...

    def put_run(self, row: RunRow) -> None: ...

    def append(self, number: int, seq: int, event: AnyEvent) -> None:
        """Values over 8 KiB are stored once by content hash and referred to.

        What somebody did (`has_author`) joins the audit chain in the same commit.
        """
        ...

    def set_status(self, number: int, status: str, ended_at: float | None) -> None: ...

    def set_parked(self, number: int, wake_at: float | None) -> None:
        """The run only waits: it need not be loaded before `wake_at` (None: before something reaches it)."""
        ...

    def set_unparked(self, number: int) -> None: ...

    def put_task(self, row: TaskRow) -> None:
        """A task that was opened, or what has become of one: there is one row per run and name."""
        ...

    def put_notice(self, notice: Notice) -> None:
        """News for the world outside, or how an attempt to deliver it ended: there is one row per id."""
        ...

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
