"""Which agent answers to which type: the agents that a process has, and the threads and processes they share."""

import os
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from concertato.agents.contract import Agent, Failed, Progress, Resolver, Task
from concertato.agents.decorator import AgentFunction, decorated_so_far
from concertato.agents.foreign import ForeignAgent
from concertato.agents.function import AsyncAgent, ThreadAgent, is_async
from concertato.agents.origin import refuse_while_loading
from concertato.agents.threads import Threads
from concertato.clock import Clock, SystemClock
from concertato.errors import FailureKind
from concertato.run.events import Failure

if TYPE_CHECKING:
    from concertato.agents.process import WorkerPool

THREADS = 256
"""As many calls as a run has under way unless it says otherwise; a thread is made only when it is needed."""


class Registry:
    """Agents by name. `resolve` is what an engine asks.

    `threads` and `processes` (as many as there are processors) are how many plain functions, and how many functions in
    processes of their own, run at once. What is asked for beyond that queues, and its time runs meanwhile.
    """

    def __init__(self, *, threads: int = THREADS, processes: int | None = None, clock: Clock | None = None) -> None:
        self._agents: dict[str, Agent] = {}
        self.resolve: Resolver = self._agents.get
        """The agent of a type, or None. (Asked at every call: not through a method of its own.)"""
        self._sources: dict[str, object] = {}
        self._listeners: list[Progress] = []
        self._clock = clock or SystemClock()
        self._threads = Threads(threads, "thread", self._clock)
        self._processes = processes or os.cpu_count() or 1
        self._workers: WorkerPool | None = None

    @classmethod
    def of(cls, *things: object) -> "Registry":
        """A registry of functions, agents, modules (all they hold), registries, mappings of names, lists of such."""
        registry = cls()
        for thing in things:
            registry.include(thing)
        return registry

    def include(self, thing: object) -> None:
        """Add every agent that `thing` stands for; see `of`."""
        if isinstance(thing, Registry):
            for each in thing.sources:
                self.add(each)
        elif isinstance(thing, ModuleType):
            for each in agents_in(thing):
                self.add(each)
        elif isinstance(thing, Mapping):
            for name, each in thing.items():
                self.add(_renamed(str(name), each))
        elif isinstance(thing, list | tuple | set | frozenset):
            for each in thing:
                self.include(each)
        else:
            self.add(thing)

    def add(self, thing: object) -> None:
        """Add one agent, or a plain function under its own name. Raises TypeError for what cannot be an agent."""
        if callable(thing) and not isinstance(thing, AgentFunction):
            thing = AgentFunction(thing)
        if isinstance(thing, AgentFunction):
            self._refuse_other(thing.name, thing)
            self._agents[thing.name] = self._make(thing)
            self._sources[thing.name] = thing
        elif callable(getattr(thing, "start", None)) and isinstance(name := getattr(thing, "name", None), str):
            agent: Agent = thing  # type: ignore[assignment]  # the two members of the protocol were just looked for
            self._refuse_other(name, agent)
            self._agents[name] = ForeignAgent(agent)
            self._sources[name] = agent
        else:
            raise TypeError(
                "expected an agent: a function, something with a `name` and a `start`, a module, a mapping of names to"
                f" functions or a Registry; got: {thing!r}"
            )

    @property
    def sources(self) -> list[object]:
        """What was added, functions as functions: another registry makes its own agents of them."""
        return list(self._sources.values())

    @property
    def names(self) -> list[str]:
        return sorted(self._agents)

    def listen(self, progress: Progress) -> Callable[[], None]:
        """Hand reports of progress to `progress`, on the loop that started the task. Call the result to stop."""
        self._listeners.append(progress)

        def stop() -> None:
            if progress in self._listeners:
                self._listeners.remove(progress)

        return stop

    def close(self) -> None:
        """Let go of threads and processes. What still runs in a process is killed; the next task makes new ones."""
        self._threads.close()
        if self._workers is not None:
            self._workers.close()

    def _make(self, function: AgentFunction[..., Any]) -> Agent:
        if function.process:
            from concertato.agents.process import ProcessAgent, WorkerPool  # late: few need it, and it loads much

            self._workers = self._workers or WorkerPool(self._processes, self._clock)
            return ProcessAgent(function, self._workers, self._report)
        if is_async(function.function):
            return AsyncAgent(function, self._report, self._clock)
        return ThreadAgent(function, self._threads, self._report, self._clock)

    def _report(self, task: Task, fraction: float | None, message: str | None) -> None:
        for each in tuple(self._listeners):
            each(task, fraction, message)

    def _refuse_other(self, name: str, new: object) -> None:
        """A module that is loaded again may bring its functions again; two different agents cannot share a name."""
        there = self._sources.get(name)
        if there is None or there is new or _place(there) == _place(new) is not None:
            return
        raise TypeError(f"expected one agent called {name!r}, got two: {there!r} and {new!r}; name one otherwise")


class Unusable:
    """An agent that cannot be called: it answers every task by saying why."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self._answer = Failed(Failure(FailureKind.INTERNAL, why))

    def start(self, task: Task) -> Failed:
        return self._answer


def default_registry() -> Registry:
    """What `@agent` has decorated in this process so far, for scripts and notebooks; of one name, the later.

    A function that cannot be an agent is found out when it is called: this script may never mean to.
    """
    refuse_while_loading()
    registry = Registry()
    for function in decorated_so_far():
        try:
            registry.add(function)
        except TypeError as error:
            registry.add(Unusable(function.name, str(error)))
    return registry


def agents_in(module: ModuleType) -> list[AgentFunction[..., Any]]:
    """The decorated functions that a module holds, those it imported among them, each once."""
    return list(dict.fromkeys(each for each in vars(module).values() if isinstance(each, AgentFunction)))


def _renamed(name: str, thing: object) -> object:
    if isinstance(thing, AgentFunction):
        return AgentFunction(thing.function, name=name, process=thing.process)
    if callable(thing):
        return AgentFunction(thing, name=name)
    return thing


def _place(thing: object) -> tuple[str, str] | None:
    """Where a function is written: a module loaded twice makes two objects of one function."""
    function = getattr(thing, "function", None)
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    return None if module is None or name is None or "<locals>" in name else (module, name)
