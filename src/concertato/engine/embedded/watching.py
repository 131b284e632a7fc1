"""What is seen of a run: its events and its nodes' changes as they come, its agents' progress, its recorded end."""

from collections.abc import AsyncIterator

from concertato.agents.contract import Task
from concertato.clock import Clock
from concertato.engine.contract import Ended, NodeChange
from concertato.engine.embedded.audience import Audience, stream
from concertato.engine.embedded.driver import ended
from concertato.engine.following import Follower
from concertato.engine.replay import row_of
from concertato.errors import JournalCorrupt
from concertato.journal.contract import JournalReader, RunRow, StoredEvent
from concertato.run.events import RunFinished


async def watch_events(
    journal: JournalReader, audience: Audience, row: RunRow, *, after: int, follow: bool
) -> AsyncIterator[StoredEvent]:
    with audience.watching(row.run_id) as queue:
        seq = after
        for stored in journal.events(row.number, after):
            seq = stored.seq
            yield stored
        if not follow or row_of(journal, row.run_id).ended_at is not None:
            return
        async for notice in stream(queue):
            if isinstance(notice, StoredEvent) and notice.seq > seq:
                seq = notice.seq
                yield notice


async def watch_changes(journal: JournalReader, audience: Audience, row: RunRow) -> AsyncIterator[NodeChange]:
    follower = Follower(journal, row)
    with audience.watching(row.run_id) as queue:
        for stored in journal.events(row.number):
            for change in follower.take(stored):
                yield change
        if row_of(journal, row.run_id).ended_at is not None:
            return
        async for notice in stream(queue):
            if isinstance(notice, NodeChange):
                yield notice
            else:
                for change in follower.take(notice):
                    yield change


def report_progress(audience: Audience, clock: Clock, task: Task, fraction: float | None, message: str | None) -> None:
    """Tell whoever watches how far an agent is. Nothing is recorded."""
    if task.run_id in audience.watchers:
        share = None if fraction is None else f"{fraction:.0%}"
        told = " ".join(part for part in (share, message) if part)
        change = NodeChange(task.run_id, task.path, task.agent, "running", clock.now(), task.attempt, told)
        audience.tell(task.run_id, change)


def recorded_end(journal: JournalReader, row: RunRow) -> Ended:
    """How a run ended that has. Raises `JournalCorrupt`."""
    # The end is the last event, unless late answers came after it.
    for after in (journal.last_seq(row.number) - 2, -1):
        for stored in journal.events(row.number, max(after, -1)):
            if isinstance(stored.event, RunFinished):
                return ended(row.run_id, stored.event)
    raise JournalCorrupt(f"run {row.run_id} is {row.status}, and its journal has no RunFinished event")
