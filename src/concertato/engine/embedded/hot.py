"""A run that is in memory: its state, where its journal ends, and what is under way for it in this process."""

import asyncio

import msgspec

from concertato.journal.contract import TaskRow
from concertato.run.call import Role
from concertato.run.state import Run


class Underway(msgspec.Struct, eq=False):
    """A call that is this process's to make. `task` works on it at the moment; `withdrawn`: it is not to begin."""

    attempt: int
    role: Role = "node"
    withdrawn: bool = False
    task: "asyncio.Task[None] | None" = None
    giving_up: asyncio.TimerHandle | None = None


class HotRun(msgspec.Struct, eq=False):
    """`seq` is that of the next event; `unsettled` counts events that are not yet durable or not yet performed."""

    number: int
    run: Run
    run_id: str
    seq: int = 0
    unsettled: int = 0
    parked: bool = False
    reached: bool = False
    """Whether something was asked of it since it last came to rest: more may be, soon."""
    resting: bool = False
    """Whether it only waits, and is kept in memory for a moment all the same."""
    calls: dict[str, Underway] = {}
    given_up: set[Underway] = set()
    """Calls whose time was over and who are still at it: if they answer, it is recorded as late."""
    tasks: dict[str, TaskRow] = {}
    """The rows of the tasks that people have yet to decide, by name."""

    @property
    def idle(self) -> bool:
        """Whether nothing in this process still refers to the run."""
        return not (self.unsettled or self.calls or self.given_up)
