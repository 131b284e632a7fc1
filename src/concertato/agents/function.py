"""Python functions as agents: async ones on the event loop, plain ones in threads.

Whatever the function does becomes an answer: its value `Succeeded`, an exception `Failed` with the kind that the
exception's type says. Only being cancelled, which is not the function's doing, goes through as `CancelledError`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import copy_context
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from typing import Any

from concertato.agents.context import TaskContext
from concertato.agents.contract import Answer, Progress, Succeeded, Task
from concertato.agents.decorator import AgentFunction
from concertato.agents.failing import failed
from concertato.agents.output import writer
from concertato.agents.threads import Threads
from concertato.agents.validation import Arguments, InvalidValueError, hints_of
from concertato.clock import Clock
from concertato.errors import AgentError


class Call:
    """What is worked out once per function: how its arguments are read and its output is written."""

    __slots__ = ("arguments", "function", "name", "write")

    def __init__(self, agent: AgentFunction[..., Any]) -> None:
        hints = hints_of(agent)
        self.name = agent.name
        self.function: Callable[..., Any] = agent.function
        self.arguments = Arguments(agent, hints)
        self.write = writer(agent.name, hints.get("return", Any))

    def with_context(self, task: Task, context: TaskContext) -> dict[str, Any]:
        """The arguments of a call, the `TaskContext` with them where the function takes one."""
        arguments = self.arguments.read(task.fields)
        if self.arguments.context is not None:
            arguments[self.arguments.context] = context
        return arguments

    def misfit(self, fields: Mapping[str, bytes]) -> str | None:
        """What is wrong with a task's fields, or None."""
        try:
            self.arguments.read(fields)
        except InvalidValueError as error:
            return error.failure.message
        return None


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling it makes a coroutine; objects with an async `__call__` count."""
    return iscoroutinefunction(function) or iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


class AsyncAgent:
    """Runs an async function on the loop, in the task that the engine makes of the coroutine."""

    def __init__(self, agent: AgentFunction[..., Any], progress: Progress, clock: Clock) -> None:
        self.name = agent.name
        self._call = Call(agent)
        self._progress = progress
        self._clock = clock
        self._takes_context = self._call.arguments.context is not None

    def misfit(self, fields: Mapping[str, bytes]) -> str | None:
        return self._call.misfit(fields)

    async def start(self, task: Task) -> Answer:
        call = self._call
        try:
            if self._takes_context:
                arguments = call.with_context(task, self._context(task))
            else:
                arguments = call.arguments.read(task.fields)
            return Succeeded(call.write(await call.function(**arguments)))
        except (GeneratorExit, KeyboardInterrupt):
            raise
        except asyncio.CancelledError as error:
            current = asyncio.current_task()
            if current is None or current.cancelling():
                raise
            return failed(error, self.name)
        except BaseException as error:  # noqa: BLE001  # sys.exit() in an agent must not end the engine
            return failed(error, self.name)

    def _context(self, task: Task) -> TaskContext:
        progress = self._progress
        return TaskContext(task, lambda fraction, message: progress(task, fraction, message), self._clock)


class ThreadAgent:
    """Runs a plain function in a thread, in a copy of the caller's context variables.

    A thread cannot be stopped from outside. Cancelling tells the function through its `TaskContext` and goes on
    waiting, so that the answer is not lost; cancelling again gives up waiting.
    """

    def __init__(self, agent: AgentFunction[..., Any], threads: Threads, progress: Progress, clock: Clock) -> None:
        self.name = agent.name
        self._call = Call(agent)
        self._threads = threads
        self._progress = progress
        self._clock = clock

    def start(self, task: Task) -> Awaitable[Answer]:
        return self._perform(task)

    def misfit(self, fields: Mapping[str, bytes]) -> str | None:
        return self._call.misfit(fields)

    async def _perform(self, task: Task) -> Answer:
        context = self._context(task, asyncio.get_running_loop())
        work = partial(copy_context().run, self._in_thread, task, context)
        try:
            answer = await self._threads.perform(work, context.cancel, task.deadline)
        except AgentError as error:
            return failed(error, self.name)
        if answer is None:
            raise asyncio.CancelledError
        if isinstance(answer, Awaitable):
            # A plain wrapper around an async function, as a decorator without its own `async` makes one.
            return await self._finish(answer)
        return answer

    def _in_thread(self, task: Task, context: TaskContext) -> Answer | Awaitable[Any] | None:
        """The function's answer, or None when it stopped because it was told to."""
        try:
            value = self._call.function(**self._call.with_context(task, context))
            return value if isawaitable(value) else Succeeded(self._call.write(value))
        except asyncio.CancelledError as error:
            return None if context.cancelled else failed(error, self.name)
        except BaseException as error:  # noqa: BLE001  # whatever ends the function must not end the thread unanswered
            return failed(error, self.name)

    async def _finish(self, value: Awaitable[Any]) -> Answer:
        try:
            return Succeeded(self._call.write(await value))
        except Exception as error:  # noqa: BLE001  # an answer, as in a thread
            return failed(error, self.name)

    def _context(self, task: Task, loop: asyncio.AbstractEventLoop) -> TaskContext:
        def report(fraction: float | None, message: str | None) -> None:
            loop.call_soon_threadsafe(self._progress, task, fraction, message)

        return TaskContext(task, report, self._clock)
