"""Drives runs: every event is taken, recorded, and, once durable, its commands are performed and the news is told."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from concertato.agents.contract import Answer, Resolver, Succeeded
from concertato.clock import Clock
from concertato.engine.contract import Ended
from concertato.engine.embedded.answers import answer_event
from concertato.engine.embedded.audience import Audience
from concertato.engine.embedded.committer import CLOSED, Committer
from concertato.engine.embedded.delivery import Delivery
from concertato.engine.embedded.hot import HotRun, Underway
from concertato.engine.embedded.house import LEAVE, WAKE, House
from concertato.engine.embedded.performer import Performer
from concertato.engine.embedded.taskbook import TaskBook
from concertato.engine.embedded.timers import Timers
from concertato.engine.turn import finished, take
from concertato.errors import ConcertatoError, InternalFault, JournalError, UnknownAgent
from concertato.journal.contract import JournalWriter, RunRow, StoredEvent
from concertato.notify.contract import Hook
from concertato.plan.model import Plan
from concertato.run.commands import Command
from concertato.run.events import AnyEvent, NodeSucceeded, Raw, RunFinished, RunStarted, TimerFired
from concertato.run.machine import begin
from concertato.run.refusal import Refusal

_LOG = logging.getLogger("concertato.engine")


class Driver:
    """The loop-side half of the embedded engine; `failure` is set once the journal has failed and all has stopped."""

    def __init__(self, journal: JournalWriter, agents: Resolver, clock: Clock, hooks: Sequence[Hook] = ()) -> None:
        self.journal = journal
        self.agents = agents
        self.clock = clock
        self.audience = Audience()
        self.timers = Timers(clock, self._ring)
        self.house = House(journal, self.timers, clock, self.missing)
        self.committer = Committer(journal, self._journal_failed)
        self.performer = Performer(agents, self.timers, clock, self._answered)
        self.delivery = Delivery(journal, self.committer, hooks, clock)
        self.taskbook = TaskBook(journal, self.delivery.post)
        self._closing = False
        self._deaf = False
        """Whether no answer is taken any more: the journal has failed, or is about to be closed."""

    def missing(self, plan: Plan) -> list[str]:
        """The agents of `plan` that nobody registered."""
        return sorted(name for name in plan.agents if self.agents(name) is None)

    def begin(self, plan: Plan, started: RunStarted) -> HotRun:
        """Record a new run, and start it as soon as that is durable. Raises `JournalError` while all is closed."""
        if self._closing:  # those who wait for their turn meanwhile would keep it from ever being closed
            raise JournalError(CLOSED)
        run, commands = begin(plan, started)
        hot = HotRun(self.journal.next_number(), run, started.run_id)
        self.journal.put_document(plan.fingerprint, plan.document)
        self.journal.put_run(
            RunRow(
                number=hot.number,
                run_id=started.run_id,
                workflow=started.workflow,
                plan=plan.fingerprint,
                status="running",
                started_at=started.at,
                key=started.key,
                continues=started.continues,
                relation=started.relation,
            )
        )
        self.house.enter(hot)
        self._record(hot, started, commands)
        return hot

    def bring_in(self, row: RunRow, *, only_to_end: bool = False) -> HotRun:
        """Take up a run from its journal. Raises `UnknownAgent` (unless it is only to be ended), `JournalCorrupt`."""
        hot, commands = self.house.bring_in(row, only_to_end=only_to_end)
        self.performer.perform(hot, commands)
        self.let_go(hot)
        return hot

    def deliver(self, hot: HotRun, event: AnyEvent) -> Refusal | None:
        """Take an event into its run; what follows from it follows once it is durable. Raises `InternalFault`."""
        before = hot.run.status
        try:
            taken = take(hot.run, event)
            if isinstance(taken, Refusal):
                self.let_go(hot)  # it may have been brought in for this alone
                return taken
            if hot.parked:
                self.house.unpark(hot)
            self._record(hot, *taken)
        except Exception as error:
            raise self._fault(hot, event, error) from error
        if hot.run.status is not before and hot.run.finished is None:
            self.journal.set_status(hot.number, hot.run.status, None)
        return None

    def _fault(self, hot: HotRun, event: AnyEvent, error: Exception) -> InternalFault:
        """The machine never raises; if it does, that is our fault, and must cost no more than this one run.

        Its state in memory can no longer be trusted. Its journal can: the event that led here is not in it.
        """
        _LOG.exception("run %s: fault at %s", hot.run_id, type(event).__name__)
        fault = InternalFault(
            f"run {hot.run_id}: a fault in Concertato at {type(event).__name__}: {type(error).__name__}: {error}. "
            "The run stays in the journal as it was before; please report this with the run's events"
        )
        self.house.forget(hot)
        self.performer.drop(hot)
        self.audience.lost(hot.run_id, fault)
        return fault

    def _record(self, hot: HotRun, event: AnyEvent, commands: list[Command]) -> None:
        seq = hot.seq
        end = finished(commands, event.at) if hot.run.finished is not None else None
        # Without tasks before or after it, the commands say nothing of any, or of some that leave nothing.
        entries = self.taskbook.entries(hot, event.at, commands) if hot.run.tasks or hot.tasks else []
        # From here on all is worked out. What meets a fault does so before, and then the journal has nothing of it.
        self.journal.append(hot.number, seq, event)
        if end is not None:
            self.journal.append(hot.number, seq + 1, end)
            self.journal.set_status(hot.number, end.status, end.at)
        if entries:
            self.taskbook.write(hot.number, event.at, entries)
        hot.seq += 1 if end is None else 2
        hot.unsettled += 1
        self.committer.then(self._durable, hot, seq, event, commands, end)

    def _durable(
        self, hot: HotRun, seq: int, event: AnyEvent, commands: list[Command], end: RunFinished | None
    ) -> None:
        """The event is on disk: now, and only now, the world may notice."""
        hot.unsettled -= 1
        if hot.run_id in self.audience.watchers:
            self.audience.tell(hot.run_id, StoredEvent(seq, event))
            if end is not None:
                self.audience.tell(hot.run_id, StoredEvent(seq + 1, end))
        self.performer.perform(hot, commands)
        if end is not None:
            self.audience.ended(ended(hot.run_id, end))
        if not hot.calls:  # otherwise it is at work, and can neither be let go nor be parked
            self.let_go(hot)

    def let_go(self, hot: HotRun) -> None:
        """Let a run leave memory that has ended, or only waits."""
        if hot.run.finished is not None:
            # A function that was told to stop may still be at it; its late answer is to be recorded.
            if hot.idle and self.house.get(hot.run_id) is hot:
                self.house.forget(hot)
        elif hot.parked or self.house.park(hot):
            self.committer.then(self._parked, hot)

    def _parked(self, hot: HotRun) -> None:
        if self.house.keeps(hot) or self.house.leave(hot):
            self.audience.rested(hot.run_id)

    def _answered(self, hot: HotRun, path: str, underway: Underway, answer: Answer | None) -> None:
        """An agent has answered: that is an event."""
        if self._deaf:
            return
        if answer is None:
            self.let_go(hot)
            return
        at = self.clock.now()
        event: AnyEvent
        if type(answer) is Succeeded and underway.role == "node":  # the usual case, kept short
            event = NodeSucceeded(at=at, path=path, output=Raw(answer.output), attempt=underway.attempt)
        else:
            event = answer_event(hot.run, path, underway, answer, self.agents, at)
        try:  # noqa: SIM105 - every answer comes by here, and `suppress` costs as much as a step of the machine
            self.deliver(hot, event)
        except InternalFault:
            pass  # it has been told to whoever waits for this run

    def _ring(self, key: tuple[str, str]) -> None:
        """A timer is due: that is an event too, or the wake of a run that is not in memory."""
        run_id, name = key
        hot = self.house.get(run_id)
        if self._closing:
            return
        if hot is not None and name == LEAVE:
            self.house.leave(hot)
        elif hot is not None:
            with suppress(InternalFault):
                self.deliver(hot, TimerFired(at=self.clock.now(), timer=name))
        elif name == WAKE:
            row = self.journal.find(run_id)
            if row is not None and row.ended_at is None:
                self._try_bring_in(row)

    def _try_bring_in(self, row: RunRow) -> None:
        """A run that lacks an agent, or is damaged, stays where it is and costs no other; who asks for it is told."""
        try:
            self.bring_in(row)
        except UnknownAgent:
            return
        except Exception:  # noqa: BLE001 - one run must not keep all others from going on
            _LOG.exception("run %s could not be taken up", row.run_id)

    async def recover(self) -> None:
        """Go on with everything that was under way when the journal was last closed, or its process died."""
        self.delivery.wake()
        for number, run_id, wake_at in self.journal.wakes():
            self.timers.set((run_id, WAKE), wake_at)
            if number % 1000 == 0:
                await asyncio.sleep(0)
        for row in self.journal.unfinished():
            if self.house.get(row.run_id) is None:
                self._try_bring_in(row)
            await asyncio.sleep(0)

    @property
    def failure(self) -> ConcertatoError | None:
        return self.audience.failure

    def _journal_failed(self, error: JournalError) -> None:
        """Fail-stop: what is in memory may be ahead of the disk, so nothing may follow from it any more."""
        self._closing = self._deaf = True
        self.audience.close(error)
        self.timers.close()
        self.performer.abandon()
        self.delivery.abandon()

    async def close(self, grace: float) -> None:
        self._closing = True
        self.timers.close()
        await self.performer.close(grace)
        await self.delivery.close(grace)
        await self.committer.close()
        self._deaf = True
        if self.audience.failure is None:
            self.audience.close(JournalError(CLOSED))


def ended(run_id: str, end: RunFinished) -> Ended:
    return Ended(
        run_id=run_id,
        status=end.status,
        outputs=msgspec.json.encode(end.outputs) if end.status == "succeeded" else None,
        failure=end.failure,
        path=end.path,
        undone_left=tuple(end.undone_left),
    )
