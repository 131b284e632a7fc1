"""Performs the machine's commands in this process: agents are called, stopped and answered for; timers are set.

One method per command, `do_<command>`; `answer` is told how every call ended.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from concertato.agents.contract import Answer, Failed, Resolver, Succeeded, Task
from concertato.clock import Clock
from concertato.engine.embedded.hot import HotRun, Underway
from concertato.engine.embedded.timers import Timers
from concertato.engine.embedded.workers import Workers
from concertato.errors import FailureKind
from concertato.run.commands import (
    CallAgent,
    CancelCall,
    CancelTimer,
    CloseTask,
    Command,
    FinishRun,
    OpenTask,
    ReassignTask,
    RemindTask,
    StartTimer,
    TaskCommand,
)
from concertato.run.events import Failure

Answered = Callable[[HotRun, str, Underway, Answer | None], None]
"""Told the run, the path, which call it was, and how it ended: None when it was given up and has stopped."""

_PATIENCE = 10.0
"""Seconds that a call which was told to stop is waited for."""

_LAST_MOMENT = 1.0
"""Seconds that closing waits for functions to notice that they are stopped."""


class Performer:
    def __init__(self, agents: Resolver, timers: Timers, clock: Clock, answered: Answered) -> None:
        self._agents = agents
        self._timers = timers
        self._clock = clock
        self._answered = answered
        self._loop = asyncio.get_running_loop()
        self._closing = False
        self._workers = Workers()
        self._at_work = 0
        self._quiet: asyncio.Event | None = None
        self._do: dict[type[Any], Callable[[HotRun, Any], None]] = {
            CallAgent: self.do_call_agent,
            CancelCall: self.do_cancel_call,
            StartTimer: self.do_start_timer,
            CancelTimer: self.do_cancel_timer,
            OpenTask: self.do_tell_of_task,
            ReassignTask: self.do_tell_of_task,
            RemindTask: self.do_tell_of_task,
            CloseTask: self.do_tell_of_task,
            FinishRun: self.do_finish_run,
        }

    def perform(self, hot: HotRun, commands: list[Command]) -> None:
        for command in commands:
            self._do[type(command)](hot, command)

    def do_call_agent(self, hot: HotRun, call: CallAgent) -> None:
        if self._closing:
            return  # not lost: the journal says that this call is to be made, and whoever opens it next makes it
        underway = hot.calls[call.path] = Underway(call.attempt, call.purpose)
        self._workers.submit(self._drive, hot, call, underway)

    async def _drive(self, task: asyncio.Task[None], hot: HotRun, call: CallAgent, underway: Underway) -> None:
        if underway.withdrawn:
            return
        underway.task = task
        self._at_work += 1
        answer: Answer | None
        try:
            answer_or_wait = self._ask(hot, call)
            kind = type(answer_or_wait)  # the two are never subclassed, and `isinstance` is slow to say no
            answer = answer_or_wait if kind is Succeeded or kind is Failed else await answer_or_wait  # type: ignore[assignment, misc]
        except asyncio.CancelledError:
            if self._closing:
                return
            stopped = Failed(Failure(FailureKind.CANCELLED, "it was told to stop"))
            answer = None if underway in hot.given_up else stopped
        except Exception as error:  # noqa: BLE001 - a kind of agent that breaks its contract must not break the engine
            message = f"agent '{call.agent}' broke: {type(error).__name__}: {error}"
            answer = Failed(Failure(FailureKind.INTERNAL, message))
        finally:
            self._at_work -= 1
            self._put_away(hot, call.path, underway)
        if not underway.withdrawn:
            self._answered(hot, call.path, underway, answer)

    def _ask(self, hot: HotRun, call: CallAgent) -> Answer | Awaitable[Answer]:
        agent = self._agents(call.agent)
        if agent is None:
            return Failed(Failure(FailureKind.UNAVAILABLE, f"no agent is registered as '{call.agent}'"))
        started = hot.run.started
        deadline = None if call.timeout is None else self._clock.now() + call.timeout
        return agent.start(
            Task(
                call.task_id,
                call.agent,
                started.run_id,
                started.workflow,
                call.path,
                call.attempt,
                call.fields,
                deadline,
            )
        )

    def _put_away(self, hot: HotRun, path: str, underway: Underway) -> None:
        if self._quiet is not None and not self._at_work:
            self._quiet.set()
        underway.task = None
        if underway.giving_up is not None:
            underway.giving_up.cancel()
            hot.given_up.discard(underway)
        # An attempt that was given up has left its path to the next one.
        if hot.calls.get(path) is underway:
            del hot.calls[path]

    def do_cancel_call(self, hot: HotRun, call: CancelCall) -> None:
        underway = hot.calls.get(call.path)
        if underway is None or underway.attempt != call.attempt:
            # It went down with an earlier process, and is not taken up again only to be stopped.
            underway = Underway(call.attempt)
        elif underway.task is not None:
            self._stop(underway)
            if call.answered:
                hot.given_up.add(hot.calls.pop(call.path))
            return
        else:
            underway.withdrawn = True
            self._put_away(hot, call.path, underway)
        if not call.answered:
            self._answered(hot, call.path, underway, Failed(Failure(FailureKind.CANCELLED, "it had not begun")))

    def _stop(self, underway: Underway) -> None:
        """Tell a call to stop. A function in a thread cannot be stopped, only waited for: but not for ever."""

        def give_up() -> None:
            if underway.task is not None:
                underway.task.cancel()

        give_up()
        underway.giving_up = self._loop.call_later(_PATIENCE, give_up)

    def do_start_timer(self, hot: HotRun, timer: StartTimer) -> None:
        self._timers.set((hot.run_id, timer.timer), timer.at)

    def do_cancel_timer(self, hot: HotRun, timer: CancelTimer) -> None:
        self._timers.clear((hot.run_id, timer.timer))

    def do_tell_of_task(self, hot: HotRun, command: TaskCommand) -> None:
        """Nothing to do here: its row, and the news of it, were recorded with the event that led to it."""

    def do_finish_run(self, hot: HotRun, finish: FinishRun) -> None:
        """Nothing to do here: the engine recorded the end with the event that led to it."""

    def drop(self, hot: HotRun) -> None:
        """Stop whoever works for a run that is no longer in memory; their answers are not wanted."""
        for underway in (*hot.calls.values(), *hot.given_up):
            underway.withdrawn = True
            if underway.task is not None and underway.task is not asyncio.current_task():
                underway.task.cancel()

    def abandon(self) -> None:
        """Stop everybody, and take no answer any more."""
        self._closing = True
        self._workers.cancel()

    async def close(self, grace: float) -> None:
        """Call nobody any more; give those who work `grace` seconds to answer, then stop them without an answer."""
        self._closing = True
        if grace > 0 and self._at_work:
            self._quiet = asyncio.Event()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._quiet.wait(), grace)
        for _ in range(2):  # twice: once tells a function in a thread, and twice stops waiting for it
            if left := self._workers.cancel():
                await asyncio.wait(left, timeout=_LAST_MOMENT)
