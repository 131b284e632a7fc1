"""Watching a run until it ends or only waits, with every change of a node on the display."""

import asyncio
from collections.abc import Iterable

from concertato.cli.display.contract import Display
from concertato.cli.display.outcome import waits_for_people_alone
from concertato.cli.display.words import ACTIVE
from concertato.clock import Clock
from concertato.engine.contract import Engine, NodeChange, NodeView, RunView
from concertato.run.status import NodeStatus, RunStatus

PATIENCE = 60.0
"""Seconds. A run that only waits for a moment nearer than this (a late retry, a short wait) is stayed with."""

_WAKING = 0.05


async def watch(engine: Engine, run_id: str, display: Display, clock: Clock, *, since: float, stay: bool) -> RunView:
    """How the run stands when it has ended or only waits; with `stay` only its end is waited for.

    What happened before `since` is not told again, but for what still goes on.
    """
    row = (await engine.get(run_id)).run
    display.opened(row.run_id, row.workflow)
    news = _News(display, since)

    async def follow() -> None:
        async for change in engine.changes(row.run_id):
            news.hear(change)

    following = asyncio.ensure_future(follow())
    resting = asyncio.ensure_future(_end(engine, row.run_id) if stay else rest(engine, row.run_id, clock))
    try:
        await asyncio.sleep(0)
        news.tell_past()
        # A display that cannot be written to any more (a broken pipe) ends the watching at once.
        await asyncio.wait([following, resting], return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            following.result()
        last = await resting
        if RunStatus(last.run.status).ended:
            await following
    finally:
        for task in (following, resting):
            task.cancel()
        await asyncio.gather(following, resting, return_exceptions=True)
    news.tell_untold(last)
    display.ended(last)
    return last


async def rest(engine: Engine, run_id: str, clock: Clock) -> RunView:
    """How the run stands once it has ended or only waits, and not for something near."""
    while True:
        view = await engine.settled(run_id)
        wake_at = view.run.wake_at
        if view.run.ended_at is not None or view.run.status == RunStatus.PAUSED or wake_at is None:
            return view
        if waits_for_people_alone(view):
            return view  # staying would keep the journal from whoever is to decide
        left = wake_at - clock.now()
        if left > PATIENCE:
            return view
        # The engine wakes the run by itself; asking again before that would only say that it waits.
        await asyncio.sleep(max(left, 0.0) + _WAKING)


async def _end(engine: Engine, run_id: str) -> RunView:
    await engine.result(run_id)
    return await engine.get(run_id)


class _News:
    """What the display is told, and what of the past it is spared."""

    def __init__(self, display: Display, since: float) -> None:
        self._display = display
        self._since = since
        self._past: dict[str, NodeChange] | None = {}
        self._heard: dict[str, str] = {}

    def hear(self, change: NodeChange) -> None:
        self._heard[change.path] = change.status
        if change.at >= self._since:
            self.tell_past()
            self._display.changed(change)
        elif self._past is not None:
            self._past[change.path] = change

    def tell_past(self) -> None:
        """Of what happened before: where the nodes stand that have not come to an end."""
        past, self._past = self._past or {}, None
        for change in past.values():
            if change.status in ACTIVE:
                self._display.changed(change)

    def tell_untold(self, view: RunView) -> None:
        """What the view knows and nobody told, such as nodes that ended before anybody watched."""
        for node in _every(view.nodes):
            at = node.started_at if node.ended_at is None else node.ended_at
            at = view.run.started_at if at is None else at
            if node.status != NodeStatus.PENDING and self._heard.get(node.path) != node.status and at >= self._since:
                message = None if node.failure is None else node.failure.message
                change = NodeChange(view.run.run_id, node.path, node.type, node.status, at, node.attempts, message)
                self._display.changed(change)


def _every(nodes: Iterable[NodeView]) -> Iterable[NodeView]:
    """Inner nodes first. Items of a map and iterations of a loop (`checks[3]`) are places, not nodes."""
    for node in nodes:
        yield from _every(node.children)
        if not node.path.endswith("]"):
            yield node
