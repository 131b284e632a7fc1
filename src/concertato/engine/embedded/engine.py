"""The embedded engine: one process, asyncio, one SQLite journal. Its methods are those of `engine.contract.Engine`."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

import msgspec

from concertato import ids
from concertato.agents.origin import refuse_while_loading
from concertato.agents.registry import Registry
from concertato.clock import Clock, SystemClock
from concertato.engine.continuing import taken_by_fork, taken_by_retry, was_undone
from concertato.engine.contract import (
    Cancel,
    Decide,
    DecisionStep,
    Delegate,
    Edit,
    Ended,
    NodeChange,
    Request,
    RunView,
    TaskView,
)
from concertato.engine.decisions import decisions
from concertato.engine.embedded.admission import require_agents, require_initiator, why_refused
from concertato.engine.embedded.driver import Driver
from concertato.engine.embedded.entropy import Entropy
from concertato.engine.embedded.hot import HotRun
from concertato.engine.embedded.keys import Keys
from concertato.engine.embedded.requests import TakingBack, as_event
from concertato.engine.embedded.turnstile import Turnstile
from concertato.engine.embedded.watching import recorded_end, report_progress, watch_changes, watch_events
from concertato.engine.people import task_view
from concertato.engine.replay import replay, row_of
from concertato.engine.takingback import checked_edit, edit_that_takes_back
from concertato.engine.values import input_texts, plain_text
from concertato.engine.view import view
from concertato.errors import Refused
from concertato.ids import RunId
from concertato.journal.contract import Durability, RunFilter, RunRow, StoredEvent, TaskFilter, TaskRow
from concertato.journal.sqlite import SqliteJournal, open_journal
from concertato.notify.contract import Hook
from concertato.plan.model import Plan
from concertato.run.events import Identity, PlanEdited, Raw, RunStarted
from concertato.run.state import VERSION


class EmbeddedEngine:
    """Make one with `EmbeddedEngine.open`; it belongs to the event loop on which it was opened."""

    def __init__(
        self, journal: SqliteJournal, agents: Registry, clock: Clock, *, recover: bool, hooks: Sequence[Hook] = ()
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._driver = Driver(journal, agents.resolve, clock, hooks)
        self._keys = Keys(journal)
        self._entropy = Entropy()
        self._starts = Turnstile()
        self._unlisten = agents.listen(partial(report_progress, self._driver.audience, clock))
        self._recovery = asyncio.create_task(self._driver.recover() if recover else asyncio.sleep(0))

    @classmethod
    async def open(
        cls,
        path: str | os.PathLike[str],
        *,
        agents: object = (),
        durability: Durability = "full",
        clock: Clock | None = None,
        recover: bool = True,
        hooks: Sequence[Hook] = (),
    ) -> Self:
        """Open (or make) the journal at `path` and go on with every run in it that has not ended.

        With `recover=False` a run goes on only once something is asked of it or its result is waited for.
        `agents` is a `Registry` or anything that `Registry.of` takes; `hooks` are told what people are asked to decide.
        Raises `JournalLocked` when another live process drives the journal, and the other `JournalError`s.
        """
        refuse_while_loading()
        clock = clock or SystemClock()
        journal = open_journal(Path(path), durability=durability)
        registry = agents if isinstance(agents, Registry) else Registry.of(agents)
        return cls(journal, registry, clock, recover=recover, hooks=hooks)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def start(
        self, plan: Plan, inputs: Mapping[str, Any], *, key: str | None = None, by: Identity | None = None
    ) -> RunId:
        await self._starts.come_through()
        self._check(plan)
        require_initiator(plan, by)
        values = input_texts(plan.inputs, inputs)
        if key is not None and (known := self._keys.run_of(plain_text(key, "the key"), plan, values)):
            await self._driver.committer.settled()
            return known
        return await self._begin(plan, values, key=key, by=by)

    async def send(self, run_id: str, request: Request) -> None:
        # A run can be ended even where its agents are missing: nobody is called for that.
        only_to_end = isinstance(request, Cancel) and not request.rollback
        hot = await self._reach(run_id, only_to_end=only_to_end)
        if isinstance(request, Decide | Delegate) and (
            reason := why_refused(hot, request, self._journal, self._driver.agents)
        ):
            self._driver.let_go(hot)
            raise Refused(reason)
        event, plan = as_event(request, hot.run, self._clock.now())
        if plan is not None:
            self._check(plan)
        refusal = self._driver.deliver(hot, event)
        if refusal is not None:
            raise Refused(f"run {hot.run_id}: {refusal.reason}")
        if plan is not None and isinstance(event, PlanEdited):
            self._journal.put_document(plan.fingerprint, plan.document)
        await self._driver.committer.settled()

    async def result(self, run_id: str) -> Ended:
        hot = self._driver.house.get(run_id)
        if hot is None or hot.run.finished is not None:  # otherwise, as is usual, the disk need not be asked
            row = await self._under_way(run_id)
            if row.ended_at is not None:
                return recorded_end(self._journal, row)
            run_id = row.run_id
        return await self._driver.audience.end(run_id)

    async def settled(self, run_id: str) -> RunView:
        row = await self._under_way(run_id)
        hot = self._driver.house.get(row.run_id)
        if row.ended_at is None and hot is not None and not hot.resting:
            await self._driver.audience.rest(row.run_id)
        return await self.get(row.run_id)

    async def get(self, run_id: str) -> RunView:
        return view(self._journal, self._row(run_id))

    async def runs(self, where: RunFilter) -> Sequence[RunRow]:
        return self._journal.runs(where)

    async def tasks(self, where: TaskFilter) -> Sequence[TaskRow]:
        return self._journal.tasks(where)

    async def task(self, run_id: str, task: str) -> TaskView:
        return task_view(self._journal, self._row(run_id), task)

    async def deliver(self) -> int:
        return await self._driver.delivery.attempt()

    async def decisions(self, run_id: str) -> Sequence[DecisionStep]:
        return decisions(self._journal, self._row(run_id))

    async def check_edit(self, run_id: str, edit: Edit) -> Plan:
        return checked_edit(self._journal, self._row(run_id), edit)

    async def undo_edit(
        self, run_id: str, *, seq: int | None = None, by: str | None = None, reason: str | None = None
    ) -> None:
        row = self._row(run_id)
        undone, patch = edit_that_takes_back(self._journal, row, seq)
        reason = reason or f"takes back edit {undone}"
        await self.send(row.run_id, TakingBack(patch=msgspec.json.decode(patch), by=by, reason=reason, undoes=undone))

    def events(self, run_id: str, *, after: int = -1, follow: bool = True) -> AsyncIterator[StoredEvent]:
        return watch_events(self._journal, self._driver.audience, self._row(run_id), after=after, follow=follow)

    def changes(self, run_id: str) -> AsyncIterator[NodeChange]:
        return watch_changes(self._journal, self._driver.audience, self._row(run_id))

    async def fork(
        self,
        run_id: str,
        *,
        at: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        plan: Plan | None = None,
        by: Identity | None = None,
    ) -> RunId:
        row = self._row(run_id)
        run, _ = replay(self._journal, row, keep=True)
        plan = plan or run.plan
        self._check(plan)
        require_initiator(plan, by)
        carried = {name: msgspec.json.decode(value) for name, value in run.inputs.items() if name in plan.inputs}
        given = input_texts(plan.inputs, carried | dict(inputs or {}))
        taken = taken_by_fork(run, at, plan)
        return await self._begin(plan, given, continues=row.run_id, relation="fork", taken=taken, by=by)

    async def retry(self, run_id: str) -> RunId:
        row = self._row(run_id)
        run, _ = replay(self._journal, row, keep=True)
        taken = taken_by_retry(run)
        self._check(run.plan)
        given = {name: Raw(value) for name, value in run.inputs.items()}
        root = None if was_undone(run) else run.started.task_root
        more: dict[str, Any] = {"task_root": root, "taken": taken, "by": run.started.by}
        return await self._begin(run.plan, given, continues=row.run_id, relation="retry", **more)

    async def purge(self, *, ended_before: float, status: Sequence[str] = ()) -> int:
        self._raise_if_failed()
        numbers: list[int] = []
        after: int | None = None
        while page := self._journal.runs(RunFilter(status=status, limit=1000, after=after)):
            numbers += [row.number for row in page if self._is_over(row, ended_before)]
            after = page[-1].number
        removed = await asyncio.to_thread(self._journal.purge, numbers)
        if removed:
            await asyncio.to_thread(self._journal.vacuum)
        return removed

    def _is_over(self, row: RunRow, moment: float) -> bool:
        """Whether the run ended before `moment`, and no function that was told to stop is still at it."""
        return row.ended_at is not None and row.ended_at < moment and self._driver.house.get(row.run_id) is None

    async def close(self, *, grace: float = 0.0) -> None:
        """Let go of everything; agents at work get `grace` seconds to answer first. Runs go on at the next opening."""
        self._recovery.cancel()
        self._unlisten()
        await self._driver.close(grace)
        self._journal.close()

    async def _begin(
        self,
        plan: Plan,
        inputs: dict[str, Raw],
        *,
        key: str | None = None,
        task_root: str | None = None,
        continues: str | None = None,
        relation: Literal["fork", "retry"] | None = None,
        taken: dict[str, Raw] | None = None,
        by: Identity | None = None,
    ) -> RunId:
        """Record a new run, and start it once that is durable, which it is on return."""
        at = self._clock.now()
        run_id = ids.run_id(at, self._entropy.draw())
        started = RunStarted(
            at=at,
            run_id=run_id,
            workflow=plan.name,
            plan=plan.fingerprint,
            inputs=inputs,
            task_root=task_root or run_id,
            key=key,
            continues=continues,
            relation=relation,
            taken=taken or {},
            machine=VERSION,
            by=by,
        )
        self._driver.begin(plan, started)
        self._keys.begin(started)
        # With the commit, not with this call: whoever waits here may be cancelled while the commit is under way.
        self._driver.committer.then(self._keys.done, started)
        await self._driver.committer.settled()
        return run_id

    async def _reach(self, run_id: str, *, only_to_end: bool = False) -> HotRun:
        """The run in memory, brought in if it was not. Raises `UnknownRun`, `UnknownAgent`; `Refused` if it ended."""
        self._raise_if_failed()
        await asyncio.shield(self._recovery)
        row = self._row(run_id)
        hot = self._driver.house.get(row.run_id)
        if hot is None:
            if row.ended_at is not None:
                raise Refused(f"run {row.run_id} has ended ({row.status})")
            hot = self._driver.bring_in(row, only_to_end=only_to_end)
        hot.reached = True
        return hot

    async def _under_way(self, run_id: str) -> RunRow:
        """The run's row, once the run is in memory, waits in the journal with its wake set, or has ended."""
        await asyncio.shield(self._recovery)
        row = self._row(run_id)
        if row.ended_at is None and self._driver.house.get(row.run_id) is None and not self._driver.house.waits(row):
            self._raise_if_failed()
            self._driver.bring_in(row)
        return row

    def _row(self, run_id: str) -> RunRow:
        return row_of(self._journal, run_id)

    def _check(self, plan: Plan) -> None:
        self._raise_if_failed()
        require_agents(plan, self._driver.missing(plan))

    def _raise_if_failed(self) -> None:
        if self._driver.failure is not None:
            raise self._driver.failure
