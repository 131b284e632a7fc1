"""Watching a run until it ends or only waits, with every change of a node on the display."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from concertato.cli.display.contract import Display
from concertato.clock import Clock
from concertato.engine.contract import Engine, NodeChange, NodeView, RunView
from concertato.run.status import NodeStatus, RunStatus

PATIENCE = 60.0
"""Seconds. A run that only waits for a moment nearer than this (a late retry, a short wait) is stayed with."""

_WAKING = 0.05


async def watch(engine: Engine, run_id: str, display: Display, clock: Clock, *, stay: bool) -> RunView:
    """How the run stands when it has ended or only waits; with `stay` only its end is waited for."""
    row = (await engine.get(run_id)).run
    display.opened(row.run_id, row.workflow)
    told: dict[str, str] = {}

    async def follow() -> None:
        async for change in engine.changes(row.run_id):
            told[change.path] = change.status
            display.changed(change)

    following = asyncio.ensure_future(follow())
    try:
        if stay:
            await engine.result(row.run_id)
            last = await engine.get(row.run_id)
        else:
            last = await rest(engine, row.run_id, clock)
        await _last_words(following, ended=RunStatus(last.run.status).ended)
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
    for change in _untold(last, told):
        display.changed(change)
    display.ended(last)
    return last


async def rest(engine: Engine, run_id: str, clock: Clock) -> RunView:
    """How the run stands once it has ended or only waits, and not for something near."""
    while True:
        view = await engine.settled(run_id)
        wake_at = view.run.wake_at
        if view.run.ended_at is not None or view.run.status == RunStatus.PAUSED or wake_at is None:
            return view
        left = wake_at - clock.now()
        if left > PATIENCE:
            return view
        # The engine wakes the run by itself; asking again before that would only say that it waits.
        await asyncio.sleep(max(left, 0.0) + _WAKING)


async def _last_words(following: "asyncio.Future[None]", *, ended: bool) -> None:
    """The changes of an ended run come to an end; of one that waits, those are told which have already come."""
    if ended:
        await asyncio.wait([following])
    else:
        await asyncio.sleep(0)


def _untold(view: RunView, told: dict[str, str]) -> Iterable[NodeChange]:
    """What the view knows and nobody told, such as nodes that ended before anybody watched."""
    for node in _every(view.nodes):
        if node.status != NodeStatus.PENDING and told.get(node.path) != node.status:
            at = node.started_at if node.ended_at is None else node.ended_at
            message = None if node.failure is None else node.failure.message
            yield NodeChange(
                view.run.run_id, node.path, node.type, node.status, at or view.run.started_at, node.attempts, message
            )


def _every(nodes: Iterable[NodeView]) -> Iterable[NodeView]:
    """Inner nodes first. Items of a map and iterations of a loop (`checks[3]`) are places, not nodes."""
    for node in nodes:
        yield from _every(node.children)
        if not node.path.endswith("]"):
            yield node
