"""A clock that tests turn by hand: nothing waits, and nothing is ever too early or too late by accident."""

from collections.abc import Callable

START = 1_700_000_000.0
"""2023-11-14T22:13:20Z, where every `FakeClock` begins."""


class FakeClock:
    def __init__(self, now: float = START) -> None:
        self._now = now
        self._alarms: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def alarm(self, at: float, ring: Callable[[], None]) -> Callable[[], None]:
        entry = (at, ring)
        self._alarms.append(entry)

        def call_off() -> None:
            if entry in self._alarms:
                self._alarms.remove(entry)

        return call_off

    def advance(self, seconds: float) -> None:
        """Let time pass: every alarm that falls due rings, in order, at its own moment."""
        until = self._now + seconds
        while due := [entry for entry in self._alarms if entry[0] <= until]:
            entry = min(due, key=lambda each: each[0])
            self._alarms.remove(entry)
            self._now = max(self._now, entry[0])
            entry[1]()
        self._now = until

    @property
    def next_alarm(self) -> float | None:
        """Seconds until the next alarm, or None when nobody waits for time."""
        return min((at - self._now for at, _ in self._alarms), default=None)
