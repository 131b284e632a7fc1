"""Functions in processes of their own: a task that is cancelled is killed, and takes no other with it.

A worker does one task at a time, so that killing it hits that task alone; it is used again when its task ends well.
Workers are started as programs of their own, never forked (threads do not survive a fork), in process groups of their
own: Ctrl-C at the terminal does not reach them, and a kill reaches what they have started too. One whose parent is
gone, however it went, ends by itself.
"""

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

from concertato.agents.contract import Answer, Failed, Progress, Task
from concertato.agents.decorator import AgentFunction
from concertato.agents.failing import failed
from concertato.agents.function import Call
from concertato.agents.origin import Origin, refuse_while_loading
from concertato.agents.threads import Threads
from concertato.agents.worker import Order, Progressed
from concertato.clock import Clock
from concertato.errors import AgentError, FailureKind
from concertato.run.events import Failure

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); from concertato.agents.worker import main;"
    " main(int(sys.argv[1]))"
)
_LOGGER = logging.getLogger("concertato.agent")


class Worker:
    """One worker process and the line to it. Its methods but `kill` are for one thread at a time."""

    def __init__(self) -> None:
        refuse_while_loading()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter, our own code
                [sys.executable, "-c", _BOOT, str(theirs.fileno()), json.dumps(sys.path)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                process_group=0,
            )
            self._connection: Connection[Any, Any] = Connection(ours.detach())

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, order: Order, progressed: Callable[[Progressed], None]) -> Answer:
        """The answer to one order. Raises EOFError or OSError when the process ends without one."""
        self._connection.send(order)
        while True:
            message = self._connection.recv()
            if isinstance(message, Progressed):
                progressed(message)
            elif isinstance(message, logging.LogRecord):
                logger = logging.getLogger(message.name)
                if logger.isEnabledFor(message.levelno):
                    logger.handle(message)
            else:
                answer: Answer = message
                return answer

    def kill(self) -> None:
        if self.alive:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def end(self, patience: float = 0.0) -> str:
        """Make sure that it is gone, leaving it `patience` seconds to go by itself; how it ended, in words."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        self.kill()
        code = self._process.wait()
        self._connection.close()
        if code == -signal.SIGKILL:
            return "killed (out of memory?)"
        return f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"


class Job:
    """One task's claim on a worker: a cancel kills the worker while, and only while, it works on this task."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._worker: Worker | None = None
        self.cancelled = False

    def begin(self, worker: Worker) -> bool:
        """False when the task was cancelled before a worker was there."""
        with self._lock:
            self._worker = worker
            return not self.cancelled

    def end(self) -> None:
        with self._lock:
            self._worker = None

    def cancel(self) -> None:
        with self._lock:
            self.cancelled = True
            if self._worker is not None:
                self._worker.kill()


class WorkerPool:
    """At most `size` workers, started when first needed; and again after a close."""

    def __init__(self, size: int, clock: Clock) -> None:
        self._threads = Threads(size, "process", clock)
        self._lock = Lock()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()

    async def perform(self, order: Order, progressed: Callable[[Progressed], None]) -> Answer | None:
        """The answer, or None when a cancel killed the worker."""
        job = Job()
        work = partial(self._in_thread, job, order, progressed)
        try:
            return await self._threads.perform(work, job.cancel, order.task.deadline)
        except AgentError as error:
            return failed(error, order.task.agent)

    def close(self) -> None:
        """Kill every worker."""
        self._threads.close()
        with self._lock:
            idle, self._idle = self._idle, []
            for worker in self._busy:
                worker.kill()  # the thread that waits for it sees its end
        for worker in idle:
            worker.end()

    def _in_thread(self, job: Job, order: Order, progressed: Callable[[Progressed], None]) -> Answer | None:
        name = order.task.agent
        try:
            worker = self._take()
        except (OSError, RuntimeError) as error:
            return _unavailable(f"agent {name!r}: no worker process can be started: {error}")
        answer: Answer | None = None
        with suppress(EOFError, OSError):  # it died, and what is left of it says how
            if job.begin(worker):
                answer = worker.ask(order, progressed)
        job.end()
        if answer is not None and not job.cancelled:
            self._put_back(worker)
            return answer
        ended = self._discard(worker, patience=0.0 if job.cancelled else 1.0)
        if job.cancelled:
            return answer
        return _unavailable(f"agent {name!r}: its worker process ended {ended} before it answered")

    def _take(self) -> Worker:
        with self._lock:
            while self._idle and not self._idle[-1].alive:
                self._idle.pop().end()
            worker = self._idle.pop() if self._idle else Worker()
            self._busy.add(worker)
            return worker

    def _put_back(self, worker: Worker) -> None:
        with self._lock:
            self._busy.discard(worker)
            self._idle.append(worker)

    def _discard(self, worker: Worker, patience: float) -> str:
        with self._lock:
            self._busy.discard(worker)
        return worker.end(patience)


class ProcessAgent:
    """Runs a function, plain or async, in a worker process."""

    def __init__(self, agent: AgentFunction[..., Any], workers: WorkerPool, progress: Progress) -> None:
        self.name = agent.name
        self._origin = Origin.of(agent)
        self._call = Call(agent)  # a mistake in its annotations is found here, not in the worker
        self._workers = workers
        self._progress = progress

    def start(self, task: Task) -> Awaitable[Answer]:
        return self._perform(task)

    def misfit(self, fields: Mapping[str, bytes]) -> str | None:
        return self._call.misfit(fields)

    async def _perform(self, task: Task) -> Answer:
        loop = asyncio.get_running_loop()

        def progressed(report: Progressed) -> None:
            loop.call_soon_threadsafe(self._progress, task, report.fraction, report.message)

        order = Order(self._origin, task, _LOGGER.getEffectiveLevel())
        answer = await self._workers.perform(order, progressed)
        if answer is None:
            raise asyncio.CancelledError
        return answer


def _unavailable(message: str) -> Failed:
    return Failed(Failure(FailureKind.UNAVAILABLE, message))
