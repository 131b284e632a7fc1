"""Tasks of the event loop that perform calls one after another: a call that never has to wait costs no task of its own.

Making a task per call was the largest single cost of a short call. Each worker is a real task, so whatever asyncio
offers works inside an agent; when one waits, the next worker takes over what is queued. A worker whose agent has left
something in the context variables ends, so that no call sees what another one set.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import copy_context
from typing import Any

Job = Callable[..., Coroutine[Any, Any, None]]
"""A call to perform; it is handed the task that performs it, and never raises but for being cancelled."""

_MOST_AT_ONCE = 1024
_IDLE_KEPT = _MOST_AT_ONCE
"""A worker that is woken costs the loop 5 us less than a new one, and one that is idle 1.5 KiB."""
_TURN = 0.005
"""Seconds that a worker may keep the loop before everybody else has a turn."""


class Workers:
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._context = copy_context()
        self._jobs: deque[tuple[Job, tuple[Any, ...]]] = deque()
        self._idle: list[asyncio.Future[None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._pumping = False
        self._next = 1
        """How many workers are put on at the next look."""
        self._resting = 0
        """How many workers have handed the loop back for a turn."""
        self._closed = False

    def submit(self, job: Job, *arguments: object) -> None:
        """Have `job` performed soon, in order; the task that it is given comes before its other arguments."""
        self._jobs.append((job, arguments))
        if not self._pumping:
            self._pumping = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        """Put workers on, and look again once they have had their turn: they wait if jobs are left by then.

        One at first, which is enough for calls that never wait, and then twice as many each time: a turn of the loop
        for each of a thousand calls that all wait would take longer than they do.
        """
        for _ in range(min(self._next, len(self._jobs))):
            self._put_on()
        self._next = min(2 * self._next, _MOST_AT_ONCE)
        self._loop.call_soon(self._look_again)

    def _put_on(self) -> None:
        while self._idle:
            if not (idle := self._idle.pop()).done():
                idle.set_result(None)
                return
        task = self._loop.create_task(self._work(), context=self._context.copy())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _look_again(self) -> None:
        if self._jobs and self._resting:
            self._loop.call_soon(self._look_again)  # that worker goes on; it need not be helped
        elif self._jobs:
            self._pump()
        else:
            self._pumping = False
            self._next = 1

    async def _work(self) -> None:
        me = asyncio.current_task()
        assert me is not None
        clean = copy_context()
        until = self._loop.time() + _TURN
        jobs = self._jobs
        while True:
            while jobs:
                job, arguments = jobs.popleft()
                await job(me, *arguments)
                if me.cancelling() and not self._closed:
                    await _spend(me)
                if self._closed or copy_context() != clean:
                    return
                if self._loop.time() > until:
                    self._resting += 1
                    try:
                        await asyncio.sleep(0)
                    finally:
                        self._resting -= 1
                    until = self._loop.time() + _TURN
                arguments = ()  # who rests holds on to nothing: a call's run and its values may be large
            if len(self._idle) >= _IDLE_KEPT:
                return
            idle = self._loop.create_future()
            self._idle.append(idle)
            await idle
            until = self._loop.time() + _TURN

    def cancel(self) -> set[asyncio.Task[None]]:
        """Stop every worker and drop what is queued. Returns those that have not ended yet."""
        self._closed = True
        self._jobs.clear()
        for task in self._tasks:
            task.cancel()
        return set(self._tasks)


async def _spend(task: "asyncio.Task[None]") -> None:
    """Let a cancel end here that was meant for a call which has answered; it may still be on its way."""
    while task.cancelling():
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        task.uncancel()
