"""What `api` and `cli` see of an engine. One conformance suite runs against every one of them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from concertato.ids import RunId
from concertato.journal.contract import RunFilter, RunRow, StoredEvent, TaskFilter, TaskRow
from concertato.plan.model import Plan
from concertato.run.events import Failure, Identity
from concertato.run.question import Question


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    payload: Any = None
    by: str | None = None


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """`patch` is in the grammar of `concertato.definition.patch`."""

    patch: Mapping[str, Any]
    by: str | None = None
    reason: str | None = None
    undoes: int | None = None


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    by: str | None = None
    reason: str | None = None


class Resume(msgspec.Struct, frozen=True, kw_only=True):
    by: str | None = None
    reason: str | None = None


class Cancel(msgspec.Struct, frozen=True, kw_only=True):
    rollback: bool = False
    by: str | None = None
    reason: str | None = None


class Decide(msgspec.Struct, frozen=True, kw_only=True):
    """`values` fill the task's form; `output` of `use_output` and `inputs` of `retry` stand among them, by those names.

    `shown` is the digest of what was shown, where the caller knows it: the decision is refused if that has changed.
    """

    task: str
    choice: str
    by: Identity
    reason: str | None = None
    values: Any = None
    shown: str | None = None


class Delegate(msgspec.Struct, frozen=True, kw_only=True):
    """`to` is `user:…` or `role:…`."""

    task: str
    to: str
    by: Identity
    reason: str | None = None


Request = Signal | Edit | Pause | Resume | Cancel | Decide | Delegate


class NodeView(msgspec.Struct, frozen=True, kw_only=True):
    """One node as it stands, for people and machines to look at. `output` is JSON text. `children` in path order."""

    path: str
    type: str
    status: str
    attempts: int = 0
    started_at: float | None = None
    ended_at: float | None = None
    output: msgspec.Raw | None = None
    failure: Failure | None = None
    children: "tuple[NodeView, ...]" = ()


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """One run as it stands. `waits` says, in words, what an unfinished run is waiting for."""

    run: RunRow
    inputs: dict[str, msgspec.Raw]
    nodes: tuple[NodeView, ...]
    outputs: msgspec.Raw | None = None
    failure: Failure | None = None
    failed_path: str | None = None
    undone_left: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    seq: int = -1


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """One task for people as it stands. `shown` is the digest of `question`; `so_far` are the choices made, by user."""

    row: TaskRow
    question: Question
    shown: str
    so_far: dict[str, str] = {}
    barred: tuple[str, ...] = ()
    default: str | None = None


class DecisionStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of a run's decision path, in the order of the journal. `seq` is that of the event it follows from.

    `step` is one of `STEPS` in `concertato.run.chronicle`, which says what `detail` holds for each.
    """

    seq: int
    at: float
    step: str
    path: str
    detail: dict[str, Any] = {}


class NodeChange(msgspec.Struct, frozen=True):
    """A node's status changed: what a live display follows. Derived, never stored."""

    run_id: str
    path: str
    type: str
    status: str
    at: float
    attempt: int = 0
    message: str | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended. `outputs` is the JSON text of its outputs when it succeeded."""

    run_id: str
    status: str
    outputs: bytes | None = None
    failure: Failure | None = None
    path: str | None = None
    undone_left: tuple[str, ...] = ()


class Engine(Protocol):
    """Runs go in, results come out, and everything in between can be seen. All methods raise `JournalError`s."""

    async def start(
        self, plan: Plan, inputs: Mapping[str, Any], *, key: str | None = None, by: Identity | None = None
    ) -> RunId:
        """Begin a run; durable when this returns. `by` is who starts it: a task's `not: [initiator]` asks for it.

        With `key`, a second start with the same key returns the first one's run. Raises `KeyConflict` when that run
        is of another definition or has other inputs, `InvalidInput` when the inputs do not fit the declaration, and
        `UnknownAgent` when the plan names an agent that nobody registered.
        """
        ...

    async def send(self, run_id: str, request: Request) -> None:
        """The one door for what reaches a run from outside; durable on return. Raises `Refused`, `UnknownRun`."""
        ...

    async def result(self, run_id: str) -> Ended:
        """Wait for the end."""
        ...

    async def settled(self, run_id: str) -> RunView:
        """Wait until the run has ended or only waits: for a signal, for being resumed, for a far moment."""
        ...

    async def get(self, run_id: str) -> RunView: ...

    async def runs(self, where: RunFilter) -> Sequence[RunRow]: ...

    async def tasks(self, where: TaskFilter) -> Sequence[TaskRow]:
        """The tasks for people, oldest first."""
        ...

    async def task(self, run_id: str, task: str) -> TaskView:
        """One task. Raises `UnknownTask`."""
        ...

    async def decisions(self, run_id: str) -> Sequence[DecisionStep]:
        """The run's decision path: every attempt that failed, every rung walked, every decision, every undoing."""
        ...

    async def deliver(self) -> int:
        """Try at once to deliver what waits for the hooks; returns how much is left."""
        ...

    async def check_edit(self, run_id: str, edit: Edit) -> Plan:
        """The plan that an edit would lead to; nothing is changed. Raises what `send` would."""
        ...

    async def undo_edit(
        self, run_id: str, *, seq: int | None = None, by: str | None = None, reason: str | None = None
    ) -> None:
        """Take an edit back by its opposite: the one recorded as event `seq`, or the last one that still stands."""
        ...

    def events(self, run_id: str, *, after: int = -1, follow: bool = True) -> AsyncIterator[StoredEvent]:
        """The run's events after a cursor; with `follow`, live until the run has ended."""
        ...

    def changes(self, run_id: str) -> AsyncIterator[NodeChange]:
        """Every status change of the run's nodes, from the first, then live until the run has ended."""
        ...

    async def fork(
        self,
        run_id: str,
        *,
        at: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        plan: Plan | None = None,
        by: Identity | None = None,
    ) -> RunId:
        """A new run that takes over every result not downstream of node `at`; changed `inputs` or `plan` on request."""
        ...

    async def retry(self, run_id: str) -> RunId:
        """A new run that continues a failed one at what failed, with everything that succeeded taken over."""
        ...

    async def purge(self, *, ended_before: float, status: Sequence[str] = ()) -> int:
        """Remove ended runs; returns how many."""
        ...

    async def close(self) -> None:
        """Let go of everything. Runs that have not ended go on when the journal is opened again."""
        ...
