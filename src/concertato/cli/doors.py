"""What the command line is handed from outside: the settings, the clock and how to open a journal.

It knows an engine by its contract alone, so another engine needs no change here.
"""

from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from concertato.agents.registry import Registry
from concertato.clock import Clock
from concertato.engine.contract import DecisionStep, Edit, Engine, RunView, TaskView
from concertato.journal.contract import Notice, RunFilter, RunRow, StoredEvent, TaskFilter, TaskRow
from concertato.plan.model import Plan, ScopePlan
from concertato.run.events import Identity
from concertato.settings import Settings

if TYPE_CHECKING:
    from concertato.journal.audit import Verdict

T = TypeVar("T")


class Reader(Protocol):
    """Looks at a journal, beside a live engine too. A run is named by its id or by a unique ending of it."""

    def find(self, run_id: str) -> RunRow | None: ...

    def get(self, run_id: str) -> RunView: ...

    def runs(self, where: RunFilter) -> list[RunRow]: ...

    def events(self, run_id: str, after: int = -1) -> Iterator[StoredEvent]: ...

    def plan(self, run_id: str) -> Plan:
        """The plan that the run has now, edits included."""
        ...

    def tasks(self, where: TaskFilter) -> list[TaskRow]:
        """The tasks for people, oldest first."""
        ...

    def find_tasks(self, name: str) -> list[TaskRow]:
        """The tasks called so, of any status, newest first: `RUN/TASK`, or a task's name alone."""
        ...

    def task(self, run_id: str, task: str) -> TaskView: ...

    def decisions(self, run_id: str) -> Sequence[DecisionStep]:
        """The run's decision path, in the order of the journal."""
        ...

    def check_edit(self, run_id: str, edit: Edit) -> Plan:
        """The plan that an edit would lead to, if the run as it stands allows it. Raises what sending it would."""
        ...

    def opposite(self, run_id: str, seq: int | None) -> Mapping[str, Any]:
        """The edit that takes back the one recorded as event `seq`, or the last that still stands."""
        ...

    def bodies(self, run_id: str) -> Mapping[str, ScopePlan]:
        """What stands in scopes that have a body of their own, proposed by an agent or edited alone: by their paths."""
        ...

    def barrier(self, run_id: str, task: str, by: Identity) -> str | None:
        """Why this person may not decide the task, or None."""
        ...

    def audit(self, head: str | None = None) -> "Verdict":
        """Whether the record of what people and agents decided is still what was recorded."""
        ...

    def notices(self, *, undelivered: bool = True, limit: int = 100, after: str = "") -> list[Notice]:
        """News for the world outside, oldest first."""
        ...


class Doors(Protocol):
    """Made by `wiring`."""

    settings: Settings
    clock: Clock

    def engine(self, journal: Path, agents: Registry, *, recover: bool = False) -> AbstractAsyncContextManager[Engine]:
        """An engine that goes on with the runs it is asked about, or with `recover` with all of the journal's."""
        ...

    def reader(self, journal: Path) -> AbstractContextManager[Reader]: ...

    def is_driven(self, journal: Path) -> bool:
        """Whether a live process drives the journal."""
        ...

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run asynchronous work to its end on this machine's best event loop."""
        ...
