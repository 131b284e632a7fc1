"""A bounded number of threads that calls share, and what waiting for one comes to.

An attempt's time runs from when it is asked for. A call for which no thread is free until its time is all but over is
therefore not begun any more, and says so: the engine's timer could only say that no answer came.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Literal, TypeVar

from concertato.clock import Clock
from concertato.errors import AgentError

T = TypeVar("T")

_PARAMETER = {"thread": "threads", "process": "processes"}
_TOO_LITTLE = 0.1
"""A call is not begun with less than this share of its time left…"""
_ENOUGH = 0.25
"""…unless so many seconds are left."""


class Threads:
    """At most `size` threads, each made when first needed, and again after a close.

    `kind` is what a thread stands for: itself, or the worker process that it waits for.
    """

    def __init__(self, size: int, kind: Literal["thread", "process"], clock: Clock) -> None:
        self._size = size
        self._kind = kind
        self._clock = clock
        self._prefix = "concertato-agent" if kind == "thread" else "concertato-process"
        self._lock = Lock()
        self._executor: ThreadPoolExecutor | None = None

    async def perform(self, work: Callable[[], T], cancel: Callable[[], None], deadline: float | None) -> T:
        """What work in a thread comes to. Raises `AgentError`, a timeout, when there was no thread for it in time.

        Cancelling calls `cancel`, which is to tell the work, and still waits; cancelling again gives up waiting.
        """
        job = self._submit(work)
        ended = asyncio.wrap_future(job)
        try:
            if deadline is not None:
                await self._see_it_begin(job, ended, deadline)
            return await asyncio.shield(ended)
        except asyncio.CancelledError:
            if job.cancel():  # it had not begun
                raise
            cancel()
            return await asyncio.shield(ended)

    def close(self) -> None:
        """Drop what has not begun; what has goes on to its end, and nobody waits for it."""
        with self._lock:
            if self._executor is not None:
                self._executor.shutdown(wait=False, cancel_futures=True)
                self._executor = None

    def _submit(self, work: Callable[[], T]) -> "Future[T]":
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(self._size, thread_name_prefix=self._prefix)
            return self._executor.submit(work)

    async def _see_it_begin(self, job: "Future[T]", ended: "asyncio.Future[T]", deadline: float) -> None:
        left = deadline - self._clock.now()
        patience = left - min(left * _TOO_LITTLE, _ENOUGH)
        if patience <= 0:
            return  # its time is over, or is told by another clock than ours: the engine's timer knows
        done, _ = await asyncio.wait([ended], timeout=patience)
        if not done and job.cancel():
            raise AgentError(
                f"it had not begun: queued for a {self._kind} for {patience:.3g} s, with {self._size} at work:"
                f" give it a longer timeout, raise Registry({_PARAMETER[self._kind]}=...) or lower max_parallel",
                kind="timeout",
            )
