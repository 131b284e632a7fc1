"""Agents that do what a test says: answer, fail in a given way, or wait until they are told to go on."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any

import msgspec

from concertato.agents.contract import Answer, Failed, Succeeded, Task
from concertato.errors import FailureKind
from concertato.run.events import Failure


class Hold:
    """An answer that comes when the test calls `release`; `started` is set once the agent works on it."""

    def __init__(self, then: Any = None, *, stubborn: bool = False) -> None:
        self.then = then
        self.stubborn = stubborn
        self.started = asyncio.Event()
        self.cancelled = asyncio.Event()
        self._go = asyncio.Event()

    def release(self) -> None:
        self._go.set()

    async def wait(self) -> None:
        self.started.set()
        while True:
            try:
                await self._go.wait()
                return
            except asyncio.CancelledError:
                self.cancelled.set()
                if not self.stubborn:
                    raise


def fail(
    kind: FailureKind | str = FailureKind.INTERNAL, message: str = "scripted", retry_after: float | None = None
) -> Failed:
    return Failed(Failure(FailureKind(kind), message, retry_after=retry_after))


class ScriptedAgent:
    """Gives its script's entries one by one, then its default: each a value, a `Failed`, a `Hold` or a function."""

    def __init__(self, name: str, script: "Scripts", default: Any) -> None:
        self.name = name
        self._script = script
        self._default = default

    async def _perform(self, task: Task) -> Answer:
        self._script.tasks.append(task)
        queue = self._script.queues[self.name]
        entry = queue.popleft() if queue else self._default
        if isinstance(entry, Hold):
            await entry.wait()
            entry = entry.then
        if callable(entry):
            entry = entry(**{name: msgspec.json.decode(text) for name, text in task.fields.items()})
        return entry if isinstance(entry, Failed) else Succeeded(msgspec.json.encode(entry))

    def start(self, task: Task) -> Any:
        return self._perform(task)


class Scripts:
    """Every agent type a definition may name; `tasks` are the calls in order."""

    def __init__(self, **defaults: Any) -> None:
        self.tasks: list[Task] = []
        self.queues: dict[str, deque[Any]] = defaultdict(deque)
        self.agents: Mapping[str, ScriptedAgent] = {
            name: ScriptedAgent(name, self, default) for name, default in defaults.items()
        }

    def then(self, name: str, *entries: Any) -> "Scripts":
        """What agent `name` does next, one entry per call."""
        self.queues[name].extend(entries)
        return self

    def calls(self, name: str) -> list[dict[str, Any]]:
        """The inputs that agent `name` was called with."""
        return [
            {field: msgspec.json.decode(text) for field, text in task.fields.items()}
            for task in self.tasks
            if task.agent == name
        ]

    @property
    def names(self) -> list[str]:
        """The agents called, in order."""
        return [task.agent for task in self.tasks]
