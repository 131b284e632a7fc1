"""An engine, in a program's hands: what runs workflows in this process."""

import os
from collections.abc import Coroutine, Generator, Mapping, Sequence
from typing import Any, Generic, Self, TypeVar

from concertato.agents.registry import Registry
from concertato.client.given import Somebody, Workflow, as_plan, identity, named, registry_of
from concertato.client.runs import Run
from concertato.clock import Clock
from concertato.engine.embedded import EmbeddedEngine
from concertato.journal.contract import Durability, RunFilter, RunRow, TaskFilter, TaskRow
from concertato.notify.contract import Hook

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
        hooks: Sequence[Hook] = (),
    ) -> Opening[Self]:
        """Open (or make) the journal at `path`; every run in it that has not ended goes on.

        To be awaited, or entered with `async with`. `agents`: functions, modules, a mapping of names to functions,
        where they are written (`"shop.agents"`, `"agents.py"`), a `Registry`, or a list of such things. A `Registry`
        may serve several engines; its threads and processes stay until it is closed itself.
        `hooks` are told what people are asked to decide; what does not reach them waits in the journal until it does.
        Raises `JournalLocked` when another live process drives the journal, and the other `JournalError`s.
        """
        return Opening(cls._open(path, agents, durability, clock, hooks))

    @classmethod
    async def _open(
        cls,
        path: str | os.PathLike[str],
        agents: object,
        durability: Durability,
        clock: Clock | None,
        hooks: Sequence[Hook],
    ) -> Self:
        made = None if isinstance(agents, Registry) else registry_of(agents)
        engine = await EmbeddedEngine.open(path, agents=made or agents, durability=durability, clock=clock, hooks=hooks)
        return cls(engine, made)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def start(
        self,
        workflow: Workflow,
        inputs: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        by: Somebody | None = None,
    ) -> Run:
        """Begin a run; it is durable when this returns. The same `key` starts the same run only once.

        `by` is who starts it: a user's name or an `Identity`. Who must not decide their own runs is told apart by it.
        Raises `DefinitionError`, `InvalidInput`, `UnknownAgent`, `KeyConflict`.
        """
        who = None if by is None else identity(by)
        return Run(self._engine, await self._engine.start(as_plan(workflow), named(inputs or {}), key=key, by=who))

    def run(self, run_id: str) -> Run:
        """The run with this id, to ask it something."""
        return Run(self._engine, run_id)

    async def runs(self, where: RunFilter | None = None) -> Sequence[RunRow]:
        """The runs of the journal, newest first."""
        return await self._engine.runs(where or RunFilter())

    async def tasks(self, where: TaskFilter | None = None) -> Sequence[TaskRow]:
        """The tasks for people that match, oldest first; left out: the open ones."""
        return await self._engine.tasks(where or TaskFilter())

    async def close(self, *, grace: float = 0.0) -> None:
        """Let go of everything; agents at work get `grace` seconds to answer. Runs go on at the next opening."""
        try:
            await self._engine.close(grace=grace)
        finally:
            if self._made is not None:
                self._made.close()
