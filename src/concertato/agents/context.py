"""What an agent's function may know of the task it is doing, and how it says how far it has come."""

import logging
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any

from concertato.agents.contract import Task
from concertato.clock import Clock, SystemClock

Report = Callable[[float | None, str | None], None]
"""Takes one report of progress: the fraction done, and a word about it."""

_SYSTEM_CLOCK = SystemClock()
_LOGGER = logging.getLogger("concertato.agent")


class TaskContext:
    """The task that a function is doing. A parameter annotated `TaskContext` receives it, whatever its name."""

    __slots__ = ("_cancelled", "_clock", "_report", "_task")

    def __init__(self, task: Task, report: Report | None = None, clock: Clock = _SYSTEM_CLOCK) -> None:
        self._task = task
        self._report = report
        self._clock = clock
        self._cancelled = False

    @property
    def task_id(self) -> str:
        """The idempotency key: the same for every attempt and for every repeat after a crash."""
        return self._task.id

    @property
    def run_id(self) -> str:
        return self._task.run_id

    @property
    def workflow(self) -> str:
        return self._task.workflow

    @property
    def node(self) -> str:
        """The node's path in the run: `score`, `checks[3]/score`."""
        return self._task.path

    @property
    def attempt(self) -> int:
        """Counts from 1."""
        return self._task.attempt

    @property
    def deadline(self) -> datetime | None:
        """When this attempt is given up, if it ever is (UTC)."""
        deadline = self._task.deadline
        return None if deadline is None else datetime.fromtimestamp(deadline, UTC)

    def remaining(self) -> float | None:
        """Seconds until the deadline, never less than 0; None when there is no deadline."""
        deadline = self._task.deadline
        return None if deadline is None else max(0.0, deadline - self._clock.now())

    def progress(self, fraction: float | None = None, message: str | None = None) -> None:
        """Tell whoever watches the run how far this attempt is: 0 to 1, and a word about it. Nothing is recorded."""
        if fraction is not None and not 0 <= fraction <= 1:
            raise ValueError(f"expected a fraction between 0 and 1, got: {fraction!r}")
        if self._report is not None:
            self._report(fraction, message)

    @property
    def log(self) -> "logging.LoggerAdapter[logging.Logger]":
        """A logger whose records say which run, node and attempt they are about."""
        about = {"run": self.run_id, "node": self.node, "attempt": self.attempt, "agent": self._task.agent}
        return _TaskLog(_LOGGER.getChild(self._task.agent), about)

    def cancel(self) -> None:
        """For whoever runs the function: tell it that its work is not wanted any more."""
        self._cancelled = True

    @property
    def cancelled(self) -> bool:
        """True once the task need not be done any more. For plain functions; an async one is simply cancelled."""
        return self._cancelled

    def raise_if_cancelled(self) -> None:
        """End the function here if the task need not be done any more."""
        if self._cancelled:
            from asyncio import CancelledError  # late: a decorated function should not cost the import of asyncio

            raise CancelledError


class _TaskLog(logging.LoggerAdapter[logging.Logger]):
    """Keeps the caller's own `extra` beside the task's, which the standard adapter drops before Python 3.13."""

    def process(self, msg: object, kwargs: MutableMapping[str, Any]) -> tuple[object, MutableMapping[str, Any]]:
        kwargs["extra"] = {**(kwargs.get("extra") or {}), **(self.extra or {})}
        return msg, kwargs
