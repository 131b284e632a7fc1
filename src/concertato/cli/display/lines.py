"""Appended lines, one per node that came to something: for files, pipes and logs."""

from concertato.cli.display.outcome import tell_outcome
from concertato.cli.display.words import TOLD, node_line
from concertato.cli.screen import Screen
from concertato.cli.text import one_line
from concertato.engine.contract import NodeChange, RunView
from concertato.run.status import NodeStatus


class Stopwatch:
    """When each node began, so that its end can say how long it took."""

    def __init__(self) -> None:
        self._began: dict[tuple[str, str], float] = {}

    def took(self, change: NodeChange) -> float | None:
        """How long the node took when this change ends it; None while it goes on, or where nobody was asked."""
        key = (change.run_id, change.path)
        if change.status in (NodeStatus.RUNNING, NodeStatus.WAITING, NodeStatus.COMPENSATING):
            self._began.setdefault(key, change.at)
        elif change.status not in (NodeStatus.RETRYING, NodeStatus.QUEUED, NodeStatus.RECOVERING):
            began = self._began.pop(key, None)
            return None if began is None else change.at - began
        return None


class LinesDisplay:
    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._stopwatch = Stopwatch()

    def opened(self, run_id: str, workflow: str) -> None:
        self._screen.line((one_line(workflow), "bold"), (f"  run {run_id}", "dim"))

    def changed(self, change: NodeChange) -> None:
        took = self._stopwatch.took(change)
        if change.status in TOLD:
            self._screen.line(*node_line(change, took, unicode=self._screen.unicode))

    def ended(self, view: RunView) -> None:
        tell_outcome(view, self._screen)

    def interrupted(self, advice: str | None) -> None:
        pass

    def closed(self) -> None:
        pass
