"""Who waits for runs to end, and who watches their events: told only of what is durable."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from concertato.engine.contract import Ended, NodeChange
from concertato.errors import ConcertatoError
from concertato.journal.contract import StoredEvent

T = TypeVar("T")

Notice = StoredEvent | NodeChange | ConcertatoError | None
"""An event, an agent's word on its progress, None after the last one, or why there will be no more."""


class Audience:
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ends: dict[str, list[asyncio.Future[Ended]]] = {}
        self._rests: dict[str, list[asyncio.Future[None]]] = {}
        self.watchers: dict[str, list[asyncio.Queue[Notice]]] = {}
        """The queues of whoever watches a run, by its id."""
        self._failure: ConcertatoError | None = None

    def end(self, run_id: str) -> "asyncio.Future[Ended]":
        """Resolved when the run ends. Whoever asks gets one of their own, and may stop waiting."""
        if self._failure is not None:
            raise self._failure
        end: asyncio.Future[Ended] = self._loop.create_future()
        _join(self._ends.setdefault(run_id, []), end)
        return end

    def rest(self, run_id: str) -> "asyncio.Future[None]":
        """Resolved when the run has ended or only waits; as `end`."""
        if self._failure is not None:
            raise self._failure
        rest: asyncio.Future[None] = self._loop.create_future()
        _join(self._rests.setdefault(run_id, []), rest)
        return rest

    @contextmanager
    def watching(self, run_id: str) -> Iterator["asyncio.Queue[Notice]"]:
        """A queue of everything about the run from now on."""
        queue: asyncio.Queue[Notice] = asyncio.Queue()
        if self._failure is not None:
            raise self._failure
        self.watchers.setdefault(run_id, []).append(queue)
        try:
            yield queue
        finally:
            watchers = self.watchers.get(run_id, [])
            if queue in watchers:
                watchers.remove(queue)
                if not watchers:
                    del self.watchers[run_id]

    def tell(self, run_id: str, notice: StoredEvent | NodeChange) -> None:
        for queue in self.watchers.get(run_id, ()):
            queue.put_nowait(notice)

    def rested(self, run_id: str) -> None:
        for waiting in self._rests.pop(run_id, ()):
            if not waiting.done():
                waiting.set_result(None)

    def ended(self, ended: Ended) -> None:
        for waiting in self._ends.pop(ended.run_id, ()):
            if not waiting.done():
                waiting.set_result(ended)
        self.rested(ended.run_id)
        for queue in self.watchers.pop(ended.run_id, ()):
            queue.put_nowait(None)

    def lost(self, run_id: str, failure: ConcertatoError) -> None:
        """Nothing more will be heard of the run: whoever waits for it learns why."""
        _fail(self._ends.pop(run_id, ()), failure)
        _fail(self._rests.pop(run_id, ()), failure)
        for queue in self.watchers.pop(run_id, ()):
            queue.put_nowait(failure)

    def close(self, failure: ConcertatoError) -> None:
        """Nobody will be told anything any more: whoever waits learns why."""
        self._failure = failure
        for ends in self._ends.values():
            _fail(ends, failure)
        for rests in self._rests.values():
            _fail(rests, failure)
        self._ends.clear()
        self._rests.clear()
        for queues in self.watchers.values():
            for queue in queues:
                queue.put_nowait(failure)
        self.watchers.clear()

    @property
    def failure(self) -> ConcertatoError | None:
        return self._failure


def _join(waiting: "list[asyncio.Future[T]]", new: "asyncio.Future[T]") -> None:
    # Who asks again and again, and waits a little each time, leaves futures behind: looked through each time that the
    # list has doubled, it never holds many more than there are waiting.
    if len(waiting) & (len(waiting) - 1) == 0:
        waiting[:] = [each for each in waiting if not each.done()]
    waiting.append(new)


def _fail(waiting: "Iterable[asyncio.Future[Any]]", failure: ConcertatoError) -> None:
    for each in waiting:
        if not each.done():
            each.set_exception(failure)
            each.exception()  # somebody may have stopped waiting: then this is nobody's unretrieved error


async def stream(queue: "asyncio.Queue[Notice]") -> AsyncIterator[StoredEvent | NodeChange]:
    """What comes through a watcher's queue, until there will be no more. Raises why, if that is not the run's end."""
    while (notice := await queue.get()) is not None:
        if isinstance(notice, ConcertatoError):
            raise notice
        yield notice
