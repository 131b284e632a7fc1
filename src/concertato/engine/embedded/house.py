"""The runs that are in memory: brought in from the journal when something reaches them, let go while they only wait."""

from collections.abc import Callable

from concertato.clock import Clock
from concertato.engine.embedded.hot import HotRun
from concertato.engine.embedded.taskbook import open_rows
from concertato.engine.embedded.timers import Timers
from concertato.engine.replay import replay
from concertato.errors import UnknownAgent
from concertato.journal.contract import JournalWriter, RunRow
from concertato.plan.model import Plan
from concertato.run.commands import CallAgent, Command
from concertato.run.resumption import next_due, only_waits, take_up
from concertato.run.state import Run

NEAR = 5.0
"""Seconds. A run whose next timer is nearer than this stays in memory: bringing it back would cost more."""

WAKE = ""
"""The name of the timer that brings a parked run back; no timer of the machine is called so."""

LEAVE = "~"
"""The name of the timer that lets a run go which was kept for a moment; no timer of the machine is called so."""

_MOMENT = 5.0
"""Seconds that a run is kept which took long to bring in: people decide one task after another."""
_MANY = 100
"""So many events, or open tasks, make a run that takes long to bring in."""


class House:
    """`missing` says which of a plan's agents nobody registered: such a run stays where it is until somebody does."""

    def __init__(
        self, journal: JournalWriter, timers: Timers, clock: Clock, missing: Callable[[Plan], list[str]]
    ) -> None:
        self._journal = journal
        self._timers = timers
        self._clock = clock
        self._missing = missing
        self._hot: dict[str, HotRun] = {}

    def enter(self, hot: HotRun) -> None:
        self._hot[hot.run_id] = hot

    def get(self, run_id: str) -> HotRun | None:
        return self._hot.get(run_id)

    def __len__(self) -> int:
        return len(self._hot)

    def bring_in(self, row: RunRow, *, only_to_end: bool = False) -> tuple[HotRun, list[Command]]:
        """The run as its journal leaves it, with the commands that put it under way again.

        If it is only to be ended, nobody is called but for what is being undone already.

        Raises `UnknownAgent` when it is to go on and needs an agent that nobody registered, `JournalCorrupt`.
        """
        run, seq = replay(self._journal, row)
        commands = take_up(run, self._clock.now())
        if only_to_end:
            commands = [each for each in commands if not isinstance(each, CallAgent) or _ends(run, each)]
        missing = self._missing(run.plan)
        if missing and (not only_to_end or any(isinstance(each, CallAgent) for each in commands)):
            raise UnknownAgent(
                f"run {row.run_id} needs {', '.join(map(repr, missing))}, which nobody registered; "
                "open the engine with these agents, and it goes on"
            )
        hot = HotRun(row.number, run, row.run_id, seq + 1, parked=row.parked)
        if run.tasks:
            hot.tasks = open_rows(self._journal, row.number)
        self._timers.clear((row.run_id, WAKE))
        self.enter(hot)
        return hot, commands

    def park(self, hot: HotRun) -> bool:
        """Mark the run as waiting, if it only waits and for nothing near. Once that is durable, `leave` lets it go."""
        if hot.parked or not hot.idle or not only_waits(hot.run):
            return False
        due = next_due(hot.run)
        if due is not None and due - self._clock.now() < NEAR:
            return False
        hot.parked = True
        self._journal.set_parked(hot.number, due)
        return True

    def leave(self, hot: HotRun) -> bool:
        """Let go of a parked run, unless something has reached it since it was parked."""
        if not (hot.parked and hot.idle) or self._hot.get(hot.run_id) is not hot:
            return False
        self.forget(hot)
        due = next_due(hot.run)
        if due is not None:
            self._timers.set((hot.run_id, WAKE), due)
        return True

    def keeps(self, hot: HotRun) -> bool:
        """Keep a parked run for a moment, if it is likely to be asked again and would take long to come back."""
        if not (hot.parked and hot.idle) or self._hot.get(hot.run_id) is not hot:
            return False
        if hot.reached and max(hot.seq, len(hot.run.tasks)) >= _MANY:
            hot.reached, hot.resting = False, True
            self._timers.set((hot.run_id, LEAVE), self._clock.now() + _MOMENT)
        return hot.resting

    def waits(self, row: RunRow) -> bool:
        """Whether the run is rightly out of memory: it only waits, and what it waits for will bring it back."""
        return row.parked and (row.wake_at is None or self._timers.is_set((row.run_id, WAKE)))

    def forget(self, hot: HotRun) -> None:
        """Let go of a run that has ended or left."""
        del self._hot[hot.run_id]
        for name in (*hot.run.timers, LEAVE):
            self._timers.clear((hot.run_id, name))

    def unpark(self, hot: HotRun) -> None:
        """Something has reached the run: whoever opens the journal next is to bring it in at once."""
        if hot.parked:
            hot.parked = hot.resting = False
            self._journal.set_unparked(hot.number)


def _ends(run: Run, command: CallAgent) -> bool:
    """Whether the call belongs to something that is being undone already, and must come to its end."""
    call = run.calls[command.path]
    return call.undo or call.scope.stopped()
