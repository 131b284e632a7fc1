"""A run's node changes, derived from its events by a machine of one's own: whoever watches costs the run nothing."""

from concertato.engine.contract import NodeChange
from concertato.engine.replay import plan_of
from concertato.journal.contract import JournalReader, RunRow, StoredEvent
from concertato.plan.model import NodePlan
from concertato.run.events import Failure, RunStarted
from concertato.run.machine import begin, step
from concertato.run.state import Run
from concertato.run.status import NodeStatus


class Follower:
    """Feed it a run's events in order, from the first; repeats of what it has seen are passed over."""

    def __init__(self, journal: JournalReader, row: RunRow) -> None:
        self._journal = journal
        self._row = row
        self._run: Run | None = None
        self._seq = -1
        self._changes: list[NodeChange] = []

    def take(self, stored: StoredEvent) -> list[NodeChange]:
        """The changes that this event led to."""
        if stored.seq <= self._seq:
            return []
        self._seq = stored.seq
        if self._run is not None:
            step(self._run, stored.event)
        elif isinstance(stored.event, RunStarted):
            plan = plan_of(self._journal.document(stored.event.plan))
            self._run, _ = begin(plan, stored.event, observer=self._note)
        changes, self._changes = self._changes, []
        return changes

    def _note(
        self, path: str, node: NodePlan, status: NodeStatus, at: float, attempt: int, failure: Failure | None
    ) -> None:
        message = None if failure is None else f"{failure.kind}: {failure.message}"
        kind = node.agent or node.kind
        self._changes.append(NodeChange(self._row.run_id, path, kind, status.value, at, attempt, message))
