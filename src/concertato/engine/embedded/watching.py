"""A run's events, and the changes of its nodes, as they come: first what is in the journal, then live until the end."""

from collections.abc import AsyncIterator

from concertato.engine.contract import NodeChange
from concertato.engine.embedded.audience import Audience, stream
from concertato.engine.following import Follower
from concertato.engine.replay import row_of
from concertato.journal.contract import JournalReader, RunRow, StoredEvent


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
