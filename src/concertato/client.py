"""What Python programs hold in their hands: an `Engine`, and a `Run` of it."""

import asyncio
import os
import reprlib
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

import msgspec

from concertato.agents.loading import load_agents
from concertato.agents.registry import Registry, default_registry
from concertato.clock import Clock
from concertato.definition.builder.workflow import Workflow as Built
from concertato.definition.load import Document, Loadable
from concertato.definition.model import Definition
from concertato.engine import contract
from concertato.engine.contract import Ended, NodeChange, RunView
from concertato.engine.embedded import EmbeddedEngine
from concertato.errors import InvalidInput, RequestError, RunCancelled, RunError, RunFailed, RunRolledBack
from concertato.journal.contract import Durability, RunFilter, RunRow, StoredEvent
from concertato.plan.compile import compile_plan
from concertato.plan.model import Plan
from concertato.wiring import Wiring

Workflow = Plan | Document | Loadable | Built
"""Whatever describes one: a file's path, YAML or JSON text, a dict, what the builder made; a plan is fastest."""


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

    async def retry(self) -> "Run":
        """A new run that continues this one, which must have failed, at what failed."""
        return Run(self._engine, await self._engine.retry(self.id))

    async def fork(
        self, *, at: str | None = None, inputs: Mapping[str, Any] | None = None, workflow: Workflow | None = None
    ) -> "Run":
        """A new run that takes over every result not downstream of node `at`."""
        plan = None if workflow is None else as_plan(workflow)
        changed = None if inputs is None else named(inputs)
        return Run(self._engine, await self._engine.fork(self.id, at=at, inputs=changed, plan=plan))


E = TypeVar("E", bound="Engine")


class Opening(Generic[E]):
    """An engine that is about to be opened: `await` it, or enter it with `async with`, which closes it as well."""

    def __init__(self, opened: Coroutine[Any, Any, E]) -> None:
        self._opened = opened
        self._engine: E | None = None

    def __await__(self) -> Generator[Any, Any, E]:
        return self._opened.__await__()

    async def __aenter__(self) -> E:
        self._engine = await self
        return self._engine

    async def __aexit__(self, *exc: object) -> None:
        if self._engine is not None:
            await self._engine.close()


class Engine:
    """Runs workflows in this process, on one journal: `async with Engine.open(path, agents=...) as engine`."""

    def __init__(self, engine: EmbeddedEngine, made: Registry | None = None) -> None:
        """`made` is the registry that was made for this engine alone, and goes with it."""
        self._engine = engine
        self._made = made

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        agents: object = (),
        durability: Durability = "full",
        clock: Clock | None = None,
    ) -> Opening[Self]:
        """Open (or make) the journal at `path`; every run in it that has not ended goes on.

        To be awaited, or entered with `async with`. `agents`: functions, modules, a mapping of names to functions,
        where they are written (`"shop.agents"`, `"agents.py"`), a `Registry`, or a list of such things. A `Registry`
        may serve several engines; its threads and processes stay until it is closed itself.
        Raises `JournalLocked` when another live process drives the journal, and the other `JournalError`s.
        """
        return Opening(cls._open(path, agents, durability, clock))

    @classmethod
    async def _open(
        cls, path: str | os.PathLike[str], agents: object, durability: Durability, clock: Clock | None
    ) -> Self:
        made = None if isinstance(agents, Registry) else registry_of(agents)
        return cls(await EmbeddedEngine.open(path, agents=made or agents, durability=durability, clock=clock), made)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def start(
        self, workflow: Workflow, inputs: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> Run:
        """Begin a run; it is durable when this returns. The same `key` starts the same run only once.

        Raises `DefinitionError`, `InvalidInput`, `UnknownAgent`, `KeyConflict`.
        """
        return Run(self._engine, await self._engine.start(as_plan(workflow), named(inputs or {}), key=key))

    def run(self, run_id: str) -> Run:
        """The run with this id, to ask it something."""
        return Run(self._engine, run_id)

    async def runs(self, where: RunFilter | None = None) -> Sequence[RunRow]:
        """The runs of the journal, newest first."""
        return await self._engine.runs(where or RunFilter())

    async def close(self, *, grace: float = 0.0) -> None:
        """Let go of everything; agents at work get `grace` seconds to answer. Runs go on at the next opening."""
        try:
            await self._engine.close(grace=grace)
        finally:
            if self._made is not None:
                self._made.close()


def as_plan(workflow: Workflow) -> Plan:
    """The plan of a workflow. Raises `DefinitionError` with every mistake."""
    if isinstance(workflow, Built):
        workflow = workflow.document()
    if isinstance(workflow, Plan):
        return workflow
    if not isinstance(workflow, Document | Definition | Mapping | str | os.PathLike):
        raise RequestError(
            "expected a workflow: a file's path, YAML or JSON text, a dict, what the builder made, or what load() or "
            f"compile() returned; got: {_short(workflow)}"
        )
    return compile_plan(workflow)


def named(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """`inputs`, if they are values by name. Raises `InvalidInput` for what no workflow can have declared."""
    if not isinstance(inputs, Mapping):
        raise InvalidInput(f'expected the inputs by name, such as {{"amount": 3}}, got: {_short(inputs)}')
    for name in inputs:
        if not isinstance(name, str):
            raise InvalidInput(f"expected the names of inputs to be text, got: {_short(name)}")
    return inputs


def registry_of(agents: object) -> Registry:
    """A registry of its own for what was handed over as agents. Raises `AgentsNotLoaded` for text that names none."""
    things = agents if isinstance(agents, list | tuple) else (agents,)
    return Registry.of(
        *(load_agents(os.fspath(each)) if isinstance(each, str | os.PathLike) else each for each in things)
    )


def _short(value: object) -> str:
    return f"{reprlib.repr(value)} ({type(value).__name__})"


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


def run(
    workflow: Workflow,
    inputs: Mapping[str, Any] | None = None,
    *,
    agents: object = None,
    journal: str | os.PathLike[str] | None = None,
    key: str | None = None,
) -> Any:
    """Run a workflow to its end and return its outputs: the synchronous door, for scripts and notebooks.

    `agents` as in `Engine.open`; left out: those that `@agent` has decorated in this process so far. `journal` left
    out: the one that the command line uses here (`.concertato/journal.db`, or what CONCERTATO_JOURNAL says), so that
    `concertato show last` shows this run. Interrupted, the run stays in the journal and goes on with
    `concertato resume`.

    Raises what `Engine.start` and `Run.result` raise.
    """
    wiring = Wiring()
    plan = as_plan(workflow)
    given = named(inputs or {})
    registry = default_registry() if agents is None else registry_of(agents)

    async def work() -> Any:
        async with wiring.engine(Path(journal or wiring.settings.journal), registry) as engine:
            return outputs_of(await engine.result(await engine.start(plan, given, key=key)))

    return _beside(wiring, work()) if _in_a_loop() else wiring.run(work())


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _beside(wiring: Wiring, work: Coroutine[Any, Any, Any]) -> Any:
    """Do `work` in a thread of its own and wait for it: this one has a loop running already, as a notebook's has.

    An interrupt comes to the thread that waits. It is handed on, so that the work ends as it would have ended here.
    """
    began: Future[Callable[[], object]] = Future()

    async def stoppable() -> Any:
        task = asyncio.current_task()
        assert task is not None
        began.set_result(partial(asyncio.get_running_loop().call_soon_threadsafe, task.cancel))
        return await work

    with ThreadPoolExecutor(1, thread_name_prefix="concertato-run") as thread:
        result = thread.submit(wiring.run, stoppable())
        try:
            return result.result()
        except KeyboardInterrupt:
            wait((began, result), return_when=FIRST_COMPLETED)
            if not result.done():
                with suppress(RuntimeError):  # it has ended in this very moment, and its loop with it
                    began.result()()
            raise
