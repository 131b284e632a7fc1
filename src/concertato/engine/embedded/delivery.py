"""The background duty that tells the world outside: news waits in the journal's outbox until each hook has it."""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import msgspec
from msgspec.structs import replace

from concertato import ids
from concertato.clock import Clock
from concertato.engine.embedded.committer import Committer
from concertato.errors import JournalError
from concertato.journal.contract import JournalWriter, Notice
from concertato.notify.contract import DeliveryError, Hook

_LOG = logging.getLogger("concertato.hooks")

_PAGE = 100
_MOST_COUNTED = 10_000
"""So many notices are counted: beyond that it only matters that there are many."""
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 3600.0
_JITTER = 0.2
_LAST_MOMENT = 3.0
"""Seconds that closing gives to what is due, if it is not given longer: a command that decides something and ends at
once is to tell of it, and a hook that is down must not hold it up for long."""
_ERROR = 500
"""Characters that are kept of an error."""


class Delivery:
    """Every notice reaches every hook at least once, and each hook gets its notices one after another, in order.

    A hook that fails is tried again, later and later, for ever; it holds up neither runs nor other hooks. Without hooks
    nothing is stored and nothing runs.
    """

    def __init__(self, journal: JournalWriter, committer: Committer, hooks: Sequence[Hook], clock: Clock) -> None:
        self._journal = journal
        self._committer = committer
        self._clock = clock
        self._lines = [_Line(journal, committer, hook, clock) for hook in hooks]
        self._last = ""

    def post(self, kind: str, number: int, at: float, data: Mapping[str, Any]) -> None:
        """Gather a notice for each hook, of a fact of run `number` that became known at `at`.

        Call it where the event is gathered: they are durable together, and only then is anybody told.
        """
        if not self._lines:
            return
        timestamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body = msgspec.json.encode({"type": kind, "timestamp": timestamp, "data": data})
        for line in self._lines:
            self._last = ids.notice_id(self._clock.now(), os.urandom(10), self._last)
            self._journal.put_notice(
                Notice(id=self._last, hook=line.name, number=number, kind=kind, created_at=at, body=body)
            )
        self._committer.then(self.wake)

    def wake(self) -> None:
        """Look for what is to be delivered: after a commit, and once at the start for what an earlier life left."""
        for line in self._lines:
            line.wake()

    async def attempt(self) -> int:
        """Try everything that waits once more now, whenever its next attempt would be due. Returns how much is left."""
        at_work = [line.attempt() for line in self._lines]
        if at_work:
            await asyncio.wait(at_work)
        return len(self._journal.notices(limit=_MOST_COUNTED))

    def abandon(self) -> None:
        """Stop at once: the journal has failed, and nothing may follow any more."""
        for line in self._lines:
            line.stop()

    async def close(self, grace: float) -> None:
        """Try once more what is due, and stop; what is left stays in the journal. The committer must be at work yet."""
        if not self._lines:
            return
        try:
            await self._committer.settled()
        except JournalError:
            self.abandon()
            return
        at_work = [task for line in self._lines if (task := line.finish()) is not None]
        if at_work:
            await asyncio.wait(at_work, timeout=max(grace, _LAST_MOMENT))
        self.abandon()
        if at_work:
            await asyncio.wait(at_work, timeout=_LAST_MOMENT)


class _Line:
    """What waits for one hook. It is read from the journal again and again, so that it never stands in memory whole."""

    def __init__(self, journal: JournalWriter, committer: Committer, hook: Hook, clock: Clock) -> None:
        self.name = hook.name
        self._journal = journal
        self._committer = committer
        self._hook = hook
        self._clock = clock
        self._not_before = 0.0
        self._task: asyncio.Task[None] | None = None
        self._call_off: Callable[[], None] | None = None
        self._failing = False
        self._closing = False
        self._at_once = False

    def wake(self) -> None:
        if self._task is not None or self._call_off is not None or self._closing:
            return  # who is at work looks again before resting
        if self._clock.now() < self._not_before:
            self._call_off = self._clock.alarm(self._not_before, self._rung)
        else:
            self._task = asyncio.get_running_loop().create_task(self._work())

    def attempt(self) -> "asyncio.Task[None]":
        """Do not wait for what is to be tried again later."""
        if self._call_off is not None:
            self._call_off()
            self._call_off = None
        self._not_before, self._at_once = 0.0, True
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())
        return self._task

    def finish(self) -> "asyncio.Task[None] | None":
        """No more waiting: what is still at work, after it was woken a last time."""
        self.wake()
        self._closing = True
        return self._task

    def stop(self) -> None:
        self._closing = True
        if self._call_off is not None:
            self._call_off()
            self._call_off = None
        if self._task is not None:
            self._task.cancel()

    def _rung(self) -> None:
        self._call_off = None
        self.wake()

    async def _work(self) -> None:
        try:
            await self._deliver_all()
        except JournalError as error:
            if not self._closing:  # otherwise the engine has stopped, and says so itself
                _LOG.error("hook %s: nothing is delivered until the journal is opened again: %s", self.name, error)
            self._closing = True
        finally:
            self._task, self._at_once = None, False
        if self._clock.now() < self._not_before:
            self.wake()

    async def _deliver_all(self) -> None:
        """Until nothing is left, or something has to wait. Nothing is awaited after nothing was found: a notice that is
        committed later finds this at rest.
        """
        while page := self._journal.notices(hook=self.name, limit=_PAGE):
            for notice in page:
                if notice.next_at > self._clock.now() and not self._at_once:
                    self._not_before = notice.next_at
                    return
                tried = await self._try(notice)
                self._journal.put_notice(tried)
                self._committer.then(_nothing)
                if tried.delivered_at is None:
                    self._not_before = tried.next_at
                    await self._committer.settled()
                    return
            await self._committer.settled()  # or the page that comes next would be this one again

    async def _try(self, notice: Notice) -> Notice:
        """The notice as it stands after one more attempt."""
        try:
            await self._hook.deliver(notice)
        except DeliveryError as error:
            return self._failed(notice, str(error))
        except Exception as error:  # noqa: BLE001 - a hook that breaks its contract must not break the engine
            return self._failed(notice, f"hook {self.name} broke: {type(error).__name__}")
        if self._failing:
            self._failing = False
            _LOG.info("hook %s: it works again", self.name)
        return replace(notice, delivered_at=self._clock.now(), error=None)

    def _failed(self, notice: Notice, why: str) -> Notice:
        if not self._failing:  # told once, not at each of what may be many attempts
            self._failing = True
            _LOG.warning("%s; what waits for it is kept, and tried until it arrives", why)
        attempts = notice.attempts + 1
        return replace(
            notice, attempts=attempts, next_at=self._clock.now() + wait(notice.id, attempts), error=why[:_ERROR]
        )


def wait(notice_id: str, attempts: int) -> float:
    """Seconds after so many failed attempts: doubling up to an hour, spread by a hash so that not all come at once."""
    spread = crc32(f"{notice_id}#{attempts}".encode()) / 0xFFFFFFFF
    doubled = _FIRST_WAIT * 2.0 ** min(attempts - 1, 32)
    return min(doubled, _LONGEST_WAIT) * (1 + _JITTER * (2 * spread - 1))


def _nothing() -> None:
    """What follows from a delivery that is recorded."""
