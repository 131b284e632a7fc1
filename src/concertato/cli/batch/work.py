"""Every row becomes a run under a key of its own, so that a row which has a run already is never given a second one."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from concertato.cli.batch.results import Results
from concertato.cli.batch.rows import Row
from concertato.cli.batch.tally import INVALID, Tally
from concertato.cli.text import one_line
from concertato.cli.watch import rest
from concertato.clock import Clock
from concertato.engine.contract import Engine
from concertato.errors import RequestError
from concertato.ids import run_id as make_run_id
from concertato.plan.model import EscalatePlan, NodePlan, Plan, ScopePlan
from concertato.run.events import Failure, Identity
from concertato.run.status import RunStatus

_TOLD = 20


@dataclass(kw_only=True)
class Work:
    """The rows of one batch on their way through the engine; `source` names their file in messages."""

    engine: Engine
    plan: Plan
    batch: str
    source: str
    results: Results
    tally: Tally
    clock: Clock
    by: Identity

    def __post_init__(self) -> None:
        # A run's id begins with the time it was started at: an older one was begun by an earlier call.
        self._first_id = make_run_id(self.tally.began, bytes(10))
        self._may_rest = _may_rest(self.plan.root)

    async def through(self, rows: Iterator[Row], concurrency: int) -> None:
        """All rows, `concurrency` of them at once. The first fault of the engine ends it."""
        workers = [asyncio.ensure_future(self._worker(rows)) for _ in range(concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*workers, return_exceptions=True)

    async def _worker(self, rows: Iterator[Row]) -> None:
        for row in rows:
            await self._one(row)

    async def _one(self, row: Row) -> None:
        try:
            run_id = await self.engine.start(self.plan, row.inputs(), key=row.key(self.batch), by=self.by)
        except RequestError as error:
            self._told(row, INVALID, {"status": INVALID, "error": {"code": error.code, "message": str(error)}})
            self._complain(row, error)
            return
        self.tally.before += run_id < self._first_id
        status, outputs, failure, path = await self._outcome(run_id)
        line: dict[str, Any] = {"run_id": run_id, "status": status}
        if outputs is not None:
            line["outputs"] = msgspec.Raw(outputs)
        if failure is not None:
            line["error"] = {"kind": failure.kind, "message": failure.message, "path": path}
        self._told(row, status, line)

    async def _outcome(self, run_id: str) -> tuple[str, bytes | None, Failure | None, str | None]:
        if self._may_rest:
            view = await rest(self.engine, run_id, self.clock)
            if not RunStatus(view.run.status).ended:
                return view.run.status, None, None, None
        ended = await self.engine.result(run_id)
        return ended.status, ended.outputs, ended.failure, ended.path

    def _told(self, row: Row, status: str, line: dict[str, Any]) -> None:
        self.results.write(row.number, line)
        self.tally.counts[status] += 1

    def _complain(self, row: Row, error: RequestError) -> None:
        bad = self.tally.counts[INVALID]
        if bad <= _TOLD:
            sys.stderr.write(f"{self.source}:{row.number} {error.code} {one_line(str(error))}\n")
        if bad == _TOLD:
            sys.stderr.write("concertato: further rows that cannot be run are told in the results alone\n")


def _may_rest(scope: ScopePlan) -> bool:
    """Whether a run may come to where it only waits: for a signal, a moment or a person."""
    return any(isinstance(rung, EscalatePlan) for rung in scope.ladder) or any(map(_node_may_rest, scope.nodes))


def _node_may_rest(node: NodePlan) -> bool:
    # What a plan node's agent proposes may ask people, and so may an undoing that cannot be done.
    asks_people = node.kind in ("human", "plan") or (node.compensate is not None and node.compensate.ask is not None)
    escalates = any(isinstance(rung, EscalatePlan) for rung in node.ladder)
    return node.kind == "wait" or asks_people or escalates or (node.body is not None and _may_rest(node.body))
