"""One run, in a program's hands."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from concertato.client.given import Somebody, Workflow, as_plan, identity, named
from concertato.engine import contract
from concertato.engine.contract import DecisionStep, Ended, NodeChange, RunView, TaskView
from concertato.errors import RunCancelled, RunError, RunFailed, RunRolledBack
from concertato.journal.contract import StoredEvent, TaskFilter, TaskRow, TaskStatus
from concertato.plan.model import Plan


class Run:
    """One run. Every method can be called at any time, and by any number at once."""

    def __init__(self, engine: contract.Engine, run_id: str) -> None:
        self._engine = engine
        self.id = run_id

    def __repr__(self) -> str:
        return f"<run {self.id}>"

    async def result(self) -> Any:
        """Wait for the end and return the outputs, a dict.

        Raises `RunFailed`, `RunRolledBack` or `RunCancelled` when the run ends otherwise.
        """
        return outputs_of(await self._engine.result(self.id))

    async def ended(self) -> Ended:
        """Wait for the end, whichever it is."""
        return await self._engine.result(self.id)

    async def settled(self) -> RunView:
        """Wait until the run has ended or only waits (a signal, a far moment, being resumed)."""
        return await self._engine.settled(self.id)

    async def view(self) -> RunView:
        """The run as it stands: its nodes with times, attempts, outputs and errors."""
        return await self._engine.get(self.id)

    def events(self, *, after: int = -1, follow: bool = True) -> AsyncIterator[StoredEvent]:
        """The run's events after a cursor, then live until its end."""
        return self._engine.events(self.id, after=after, follow=follow)

    def changes(self) -> AsyncIterator[NodeChange]:
        """Every change of a node's status, from the first, then live until the run's end."""
        return self._engine.changes(self.id)

    async def signal(self, name: str, payload: Any = None, *, by: str | None = None) -> None:
        await self._engine.send(self.id, contract.Signal(name=name, payload=payload, by=by))

    async def pause(self, *, by: str | None = None, reason: str | None = None) -> None:
        await self._engine.send(self.id, contract.Pause(by=by, reason=reason))

    async def resume(self, *, by: str | None = None, reason: str | None = None) -> None:
        await self._engine.send(self.id, contract.Resume(by=by, reason=reason))

    async def cancel(self, *, rollback: bool = False, by: str | None = None, reason: str | None = None) -> None:
        """Stop the run; with `rollback`, undo what succeeded."""
        await self._engine.send(self.id, contract.Cancel(rollback=rollback, by=by, reason=reason))

    async def edit(self, patch: Mapping[str, Any], *, by: str | None = None, reason: str | None = None) -> None:
        """Change the plan of the run while it is alive; `patch` adds, removes and replaces nodes and edges."""
        await self._engine.send(self.id, contract.Edit(patch=patch, by=by, reason=reason))

    async def check_edit(self, patch: Mapping[str, Any]) -> Plan:
        """The plan that an edit would lead to; nothing is changed. Raises what `edit` would."""
        return await self._engine.check_edit(self.id, contract.Edit(patch=patch))

    async def undo_edit(self, seq: int | None = None, *, by: str | None = None, reason: str | None = None) -> None:
        """Take an edit back by its opposite: that of event `seq`, or the last one that still stands."""
        await self._engine.undo_edit(self.id, seq=seq, by=by, reason=reason)

    async def tasks(self, *, status: Sequence[TaskStatus] = ("open",)) -> Sequence[TaskRow]:
        """The run's tasks for people, oldest first."""
        number = (await self._engine.get(self.id)).run.number
        return await self._engine.tasks(TaskFilter(number=number, status=status))

    async def task(self, task: str) -> TaskView:
        """One task: what is asked, what there is to choose, and the digest of what is shown. Raises `UnknownTask`."""
        return await self._engine.task(self.id, task)

    async def decide(
        self,
        task: str,
        choice: str,
        *,
        by: Somebody,
        reason: str | None = None,
        values: Any = None,
        shown: str | None = None,
    ) -> None:
        """Decide a task. `values` fill its form; `shown` is the digest of what was shown, where that must still hold.

        Raises `Refused`, with the reason: late, double, not theirs to decide, or what does not fit the form.
        """
        request = contract.Decide(task=task, choice=choice, by=identity(by), reason=reason, values=values, shown=shown)
        await self._engine.send(self.id, request)

    async def delegate(self, task: str, to: str, *, by: Somebody, reason: str | None = None) -> None:
        """Hand a task on to `user:…` or `role:…`, who decides it from now on. Raises `Refused`."""
        await self._engine.send(self.id, contract.Delegate(task=task, to=to, by=identity(by), reason=reason))

    async def decisions(self) -> Sequence[DecisionStep]:
        """The decision path: every attempt that failed, every rung walked, what agents and people decided, in order."""
        return await self._engine.decisions(self.id)

    async def retry(self) -> "Run":
        """A new run that continues this one, which must have failed, at what failed."""
        return Run(self._engine, await self._engine.retry(self.id))

    async def fork(
        self,
        *,
        at: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        workflow: Workflow | None = None,
        by: Somebody | None = None,
    ) -> "Run":
        """A new run that takes over every result not downstream of node `at`; `by` is who starts it."""
        plan = None if workflow is None else as_plan(workflow)
        changed = None if inputs is None else named(inputs)
        who = None if by is None else identity(by)
        return Run(self._engine, await self._engine.fork(self.id, at=at, inputs=changed, plan=plan, by=who))


def outputs_of(ended: Ended) -> Any:
    """The outputs of a run that succeeded. Raises the `RunError` that fits any other end."""
    if ended.status == "succeeded":
        return msgspec.json.decode(ended.outputs or b"null")
    kinds: dict[str, type[RunError]] = {"cancelled": RunCancelled, "rolled_back": RunRolledBack}
    failure = ended.failure
    at = f" at node '{ended.path}'" if ended.path else ""
    why = f"{failure.kind}: {failure.message}" if failure else "for a reason that was not recorded"
    left = f"; could not be undone: {', '.join(ended.undone_left)}" if ended.undone_left else ""
    raise kinds.get(ended.status, RunFailed)(
        f"run {ended.run_id} {ended.status}{at}: {why}{left}",
        run_id=ended.run_id,
        kind=failure.kind if failure else None,
        path=ended.path,
    )
