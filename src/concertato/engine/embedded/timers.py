"""Every timer of every run, behind one alarm of the clock."""

import heapq
from collections.abc import Callable
from itertools import count

from concertato.clock import Clock

_COMPACT_FROM = 1024


class Timers:
    """Keys are (run id, timer name). `ring(key)` is called for each that is due, the soonest first."""

    def __init__(self, clock: Clock, ring: Callable[[tuple[str, str]], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._heap: list[tuple[float, int, tuple[str, str]]] = []
        self._live: dict[tuple[str, str], int] = {}
        self._order = count()
        self._call_off: Callable[[], None] | None = None
        self._alarm_at = float("inf")

    def set(self, key: tuple[str, str], due: float) -> None:
        order = next(self._order)
        self._live[key] = order
        heapq.heappush(self._heap, (due, order, key))
        if due < self._alarm_at:
            self._arm()

    def clear(self, key: tuple[str, str]) -> None:
        """Unknown keys are fine. The entry itself is dropped later: most timers are cleared long before."""
        self._live.pop(key, None)
        if len(self._heap) > _COMPACT_FROM and len(self._heap) > 2 * len(self._live):
            self._heap = [entry for entry in self._heap if self._live.get(entry[2]) == entry[1]]
            heapq.heapify(self._heap)

    def is_set(self, key: tuple[str, str]) -> bool:
        return key in self._live

    def close(self) -> None:
        self._live.clear()
        self._heap.clear()
        if self._call_off is not None:
            self._call_off()
            self._call_off = None

    def _arm(self) -> None:
        if self._call_off is not None:
            self._call_off()
        self._alarm_at = self._heap[0][0]
        self._call_off = self._clock.alarm(self._alarm_at, self._woken)

    def _woken(self) -> None:
        self._call_off = None
        self._alarm_at = float("inf")
        now = self._clock.now()
        due = []
        while self._heap and (self._heap[0][0] <= now or self._live.get(self._heap[0][2]) != self._heap[0][1]):
            _, order, key = heapq.heappop(self._heap)
            if self._live.get(key) == order:
                due.append((order, key))
        # Armed before anything rings: whatever happens then, the next alarm is set.
        if self._heap:
            self._arm()
        for order, key in due:
            if self._live.get(key) == order:  # not cleared by one that rang before it
                del self._live[key]
                self._ring(key)
