"""The inside of a worker process: takes one task after another from its parent, and answers each."""

import asyncio
import logging
import sys
from collections.abc import Awaitable
from contextlib import suppress
from inspect import isawaitable
from logging.handlers import QueueHandler
from multiprocessing.connection import Connection
from os import set_inheritable
from threading import Lock
from typing import Any, NamedTuple

from concertato.agents.context import TaskContext
from concertato.agents.contract import Answer, Failed, Succeeded, Task
from concertato.agents.failing import failed
from concertato.agents.function import Call
from concertato.agents.origin import Origin
from concertato.clock import SystemClock
from concertato.errors import FailureKind
from concertato.run.events import Failure


class Order(NamedTuple):
    """What the parent sends. `log_level` is what the parent's loggers would let through."""

    origin: Origin
    task: Task
    log_level: int


class Progressed(NamedTuple):
    """What a worker sends beside its answers and its log records."""

    fraction: float | None
    message: str | None


class Channel:
    """The worker's end. Whatever thread the function speaks from, messages stay whole."""

    def __init__(self, connection: "Connection[Any, Any]") -> None:
        self._connection = connection
        self._lock = Lock()

    def send(self, message: "Answer | Progressed | logging.LogRecord") -> None:
        with self._lock:
            self._connection.send(message)

    def receive(self) -> Order | None:
        """The next order, or None when the parent is gone."""
        try:
            order: Order = self._connection.recv()
        except (EOFError, OSError):
            return None
        return order


class _LogHandler(QueueHandler):
    """Hands the worker's log records to its parent, whose handlers know where they go."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        super().__init__(channel)  # type: ignore[arg-type]  # only `enqueue` looks at it

    def enqueue(self, record: logging.LogRecord) -> None:
        self._channel.send(record)


def main(descriptor: int) -> None:
    """Serve until the parent closes the connection, or dies."""
    set_inheritable(descriptor, False)  # the function's own children must not hold it open
    channel = Channel(Connection(descriptor))
    logging.getLogger().addHandler(_LogHandler(channel))
    calls: dict[Origin, Call] = {}
    while (order := channel.receive()) is not None:
        logging.getLogger().setLevel(order.log_level)
        answer = _perform(order, calls, channel)
        with suppress(OSError, ValueError):  # the function may have closed it
            sys.stdout.flush()
        try:
            channel.send(answer)
        except OSError:
            return


def _perform(order: Order, calls: dict[Origin, Call], channel: Channel) -> Answer:
    call = calls.get(order.origin)
    if call is None:
        try:
            call = calls[order.origin] = Call(order.origin.load())
        except BaseException as error:  # noqa: BLE001  # a module may do anything while it is imported
            why = f"{order.origin.module} cannot be imported in a worker process: {type(error).__name__}: {error}"
            return Failed(Failure(FailureKind.INTERNAL, f"agent {order.task.agent!r}: {why}"))
    context = TaskContext(order.task, lambda fraction, said: channel.send(Progressed(fraction, said)), SystemClock())
    try:
        value = call.function(**call.with_context(order.task, context))
        if isawaitable(value):
            value = asyncio.run(_awaited(value))
        return Succeeded(call.write(value))
    except BaseException as error:  # noqa: BLE001  # whatever ends the function must not end the worker unanswered
        return failed(error, order.task.agent)


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value
