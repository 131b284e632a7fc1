"""How far a batch has got: a bar on a terminal, a line now and then where there is none."""

import asyncio
from typing import Protocol

from concertato.cli.bar import narrow_bar
from concertato.cli.batch.tally import Tally
from concertato.cli.screen import Screen
from concertato.cli.text import spent
from concertato.clock import Clock

_REDRAW = 0.1
_SAY = 10.0


class Gauge(Protocol):
    """`every` is how many seconds lie between two drawings."""

    every: float

    def open(self) -> None: ...

    def draw(self) -> None: ...

    def close(self) -> None: ...


class Silence:
    every = 3600.0

    def open(self) -> None:
        pass

    def draw(self) -> None:
        pass

    def close(self) -> None:
        pass


class Lines:
    every = _SAY

    def __init__(self, screen: Screen, tally: Tally, clock: Clock) -> None:
        self._screen = screen
        self._tally = tally
        self._clock = clock

    def open(self) -> None:
        pass

    def draw(self) -> None:
        if self._tally.rows:
            of = "" if self._tally.total is None else f" of {self._tally.total}"
            self._screen.line(f"{self._tally.rows}{of} rows, {note(self._tally, self._clock.now())}")

    def close(self) -> None:
        pass


class Bar:
    every = _REDRAW

    def __init__(self, screen: Screen, tally: Tally, clock: Clock) -> None:
        self._tally = tally
        self._clock = clock
        self._progress = narrow_bar(screen)
        self._task = self._progress.add_task("", total=tally.total, note="")

    def open(self) -> None:
        self._progress.start()

    def draw(self) -> None:
        words = note(self._tally, self._clock.now())
        self._progress.update(self._task, completed=self._tally.rows, note=words, refresh=True)

    def close(self) -> None:
        self._progress.stop()


def note(tally: Tally, now: float) -> str:
    """`433 rows/s, 2 failed, 12 s left`"""
    rate = tally.rate(now)
    words = [f"{rate:,.0f} rows/s" if rate >= 10 else f"{rate:.1f} rows/s"]
    if tally.not_succeeded - tally.waiting:
        words.append(f"{tally.not_succeeded - tally.waiting} not succeeded")
    if tally.total and tally.rows:
        left = (tally.total - tally.rows) / rate
        words.append(f"{left:.0f} s left" if left < 60 else f"{spent(left)} left")
    return ", ".join(words)


async def keep_drawn(gauge: Gauge) -> None:
    while True:
        await asyncio.sleep(gauge.every)
        gauge.draw()
