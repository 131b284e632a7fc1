"""Group commit: what has gathered while one commit was under way is the next one, and only then do things follow.

The loop only gathers; writing and waiting for the disk are one call in a thread of its own, and the loop goes on
meanwhile.
"""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from concertato.errors import JournalError
from concertato.journal.contract import JournalWriter

CLOSED = "the engine was closed; the run goes on when its journal is opened again"

Follow = tuple[Callable[..., None], tuple[Any, ...]]
"""What is to follow, and with which arguments it is called."""


class Committer:
    """What `then` is given is called on the loop, in order, once everything gathered before it is durable.

    After a failed commit nothing can be assumed of what is on disk (PostgreSQL's "fsyncgate", 2018): `on_failure` is
    told once, and nothing follows any more.
    """

    def __init__(self, journal: JournalWriter, on_failure: Callable[[JournalError], None]) -> None:
        self._journal = journal
        self._on_failure = on_failure
        self._loop = asyncio.get_running_loop()
        self._following: list[Follow] = []
        self._scheduled = False
        self._committing: list[Follow] | None = None
        self._failed: JournalError | None = None
        self._closed = False
        self._waiting: set[asyncio.Future[None]] = set()
        self._orders: SimpleQueue[bool] = SimpleQueue()
        self._thread = threading.Thread(target=self._commit_all, name="concertato-commit", daemon=True)
        self._thread.start()

    def then(self, follow: Callable[..., None], *arguments: object) -> None:
        """Have `follow` called when all that the journal has gathered so far is durable."""
        if self._failed is not None:
            return
        self._following.append((follow, arguments))
        # Never at once, however much has gathered: what the caller gathers beside it is to be in the same commit, and
        # nothing may follow before the caller is done.
        if not self._scheduled and self._committing is None:
            self._scheduled = True
            self._loop.call_soon(self._flush)

    async def settled(self) -> None:
        """Wait until everything gathered so far is durable."""
        if self._failed is not None:
            raise self._failed
        done: asyncio.Future[None] = self._loop.create_future()
        self._waiting.add(done)
        self.then(self._settle, done)
        await done

    def _settle(self, done: "asyncio.Future[None]") -> None:
        self._waiting.discard(done)
        if not done.done():  # whoever waited may have been cancelled
            done.set_result(None)

    async def close(self) -> None:
        """Commit what is left, and end the thread. A second time it does nothing."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._failed is None:
                await self.settled()  # also what was gathered without anything that is to follow
            while self._failed is None and (self._following or self._committing is not None):
                await self.settled()
        finally:
            # Nothing is committed any more: who comes while the thread ends is refused, and would wait for ever.
            self._failed = self._failed or JournalError(CLOSED)
            self._orders.put(False)
            await asyncio.to_thread(self._thread.join)

    def _flush(self) -> None:
        self._scheduled = False
        if self._failed is not None or not self._following:
            return
        self._committing, self._following = self._following, []
        try:
            wrote = self._journal.flush()
        except JournalError as error:
            self._fail(error)
            return
        if wrote:
            self._orders.put(True)
        else:
            self._committed(None)

    def _commit_all(self) -> None:
        while self._orders.get():
            error: JournalError | None = None
            try:
                self._journal.commit()
            except JournalError as problem:
                error = problem
            except BaseException as problem:  # noqa: BLE001 - whatever it is, nobody may go on as if this were durable
                error = JournalError(f"a commit was interrupted ({problem!r}); open the journal again")
            try:
                self._loop.call_soon_threadsafe(self._committed, error)
            except RuntimeError:
                return  # the loop was closed under us: nobody is left to tell

    def _committed(self, error: JournalError | None) -> None:
        if error is not None:
            self._fail(error)
            return
        following, self._committing = self._committing, None
        for follow, arguments in following or ():
            try:
                follow(*arguments)
            except Exception as error:  # noqa: BLE001 - a fault in what follows for one run must not cost the others
                self._loop.call_exception_handler({"message": "concertato: after a commit", "exception": error})
        if self._following and not self._scheduled:
            # Not at once: the agents that were called now begin in the turn after the next, and what they answer within
            # it joins this group. Otherwise two halves take turns for ever, and each waits for a disk of its own.
            self._scheduled = True
            self._loop.call_soon(self._loop.call_soon, self._flush)

    def _fail(self, error: JournalError) -> None:
        self._failed = error
        self._committing = None
        self._following.clear()
        for waiting in list(self._waiting):
            if not waiting.done():
                waiting.set_exception(error)
        self._on_failure(error)
