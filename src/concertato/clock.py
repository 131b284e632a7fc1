"""The one source of time. Engines take a `Clock`; tests hand in one that they turn by hand."""

import time
from typing import Protocol


class Clock(Protocol):
    """What an engine asks of time."""

    def now(self) -> float:
        """Seconds since the epoch (UTC); what events carry."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; what waits are measured with."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()
