"""What an agent is to an engine: a task goes in, an answer comes out. Every way of reaching one implements this."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import msgspec

from concertato.run.events import Failure


class Task(msgspec.Struct, frozen=True, gc=False):
    """What an agent is asked to do.

    `id` is the idempotency key: every attempt and every repeat after a crash carries the same one. `fields` are the
    input's fields as JSON text. `deadline` is in seconds since the epoch.
    """

    id: str
    agent: str
    run_id: str
    workflow: str
    path: str
    attempt: int
    fields: dict[str, bytes]
    deadline: float | None = None


class Succeeded(msgspec.Struct, frozen=True, gc=False):
    """`output` is JSON text."""

    output: bytes


class Failed(msgspec.Struct, frozen=True, gc=False):
    failure: Failure


Answer = Succeeded | Failed


class Agent(Protocol):
    """One agent type, reachable. It never raises for what the agent's code does: a failure is an answer."""

    name: str

    def start(self, task: Task) -> "Answer | Awaitable[Answer]":
        """Begin the task. A plain `Answer` means that it is already done.

        Cancelling the awaitable reaches the function; it then ends with `asyncio.CancelledError` or, where the
        function finished all the same, with its answer.
        """
        ...


@runtime_checkable
class ChecksInput(Protocol):
    """An agent that can tell whether it would take an input, without doing anything."""

    def misfit(self, fields: Mapping[str, bytes]) -> str | None:
        """What is wrong with these fields, or None."""
        ...


class Progress(Protocol):
    """Where an agent's own progress reports go."""

    def __call__(self, task: Task, fraction: float | None, message: str | None, /) -> None: ...


Resolver = Callable[[str], Agent | None]
"""The agent of a type, or None when there is none."""

Jsonable = Any
