"""A run's decision path: what the machine tells while its journal is replayed."""

from collections.abc import Iterable, Iterator
from typing import Any

from concertato.engine.contract import DecisionStep
from concertato.engine.replay import replay_events
from concertato.journal.contract import JournalReader, RunRow, StoredEvent


def decisions(journal: JournalReader, row: RunRow) -> list[DecisionStep]:
    """In the order of the journal. Raises `JournalCorrupt`."""
    path = _Path()
    replay_events(journal, row, path.following(journal.events(row.number)), teller=path.take)
    return path.steps


class _Path:
    def __init__(self) -> None:
        self.steps: list[DecisionStep] = []
        self._seq = -1
        self._at = 0.0

    def following(self, events: Iterable[StoredEvent]) -> Iterator[StoredEvent]:
        """The events, each noted before the machine takes it."""
        for stored in events:
            self._seq, self._at = stored.seq, stored.event.at
            yield stored

    def take(self, step: str, path: str, detail: dict[str, Any]) -> None:
        self.steps.append(DecisionStep(seq=self._seq, at=self._at, step=step, path=path, detail=detail))
