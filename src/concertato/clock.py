"""The one source of time. Engines take a `Clock`; tests hand in one that they turn by hand."""

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """What an engine asks of time."""

    def now(self) -> float:
        """Seconds since the epoch (UTC); what events carry."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; what waits are measured with."""
        ...

    def alarm(self, at: float, ring: Callable[[], None]) -> Callable[[], None]:
        """Call `ring` on the running event loop once `now()` has reached `at`; returns the way to call it off.

        It may ring early, and never rings twice.
        Clocks are set and machines sleep: who is woken looks at the time and asks again.
        """
        ...


class SystemClock:
    """The machine's own clock."""

    # Asked several times per node: not through a method of our own.
    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)

    def alarm(self, at: float, ring: Callable[[], None]) -> Callable[[], None]:
        from asyncio import get_running_loop  # late: settings and agents import this file, and most never wait

        # A long wait is cut up, so that a clock that is set, or a laptop that slept, is noticed within a minute.
        return get_running_loop().call_later(min(max(0.0, at - time.time()), 60.0), ring).cancel
