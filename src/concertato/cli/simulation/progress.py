"""How far a simulation has got: a bar on a terminal, a line now and then where there is none; on standard error."""

from collections.abc import Callable

from concertato.cli.bar import narrow_bar
from concertato.cli.screen import Screen
from concertato.clock import Clock
from concertato.simulation.tally import Tally

_REDRAW = 0.1
_SAY = 10.0
"""Seconds between two drawings, and between two lines."""

_FIRST = 1.0
"""Seconds before anything is shown: what is over sooner needs no bar."""


class Gauge:
    """Shows nothing where `quiet`."""

    def __init__(self, screen: Screen, clock: Clock, total: int, *, quiet: bool) -> None:
        self._screen = screen
        self._clock = clock
        self._total = total
        self._quiet = quiet
        self._began = clock.monotonic()
        self._shown = -_SAY
        self._close: Callable[[], None] | None = None
        self._draw: Callable[[Tally], None] = self._line

    def __call__(self, tally: Tally) -> None:
        now = self._clock.monotonic()
        every = _REDRAW if self._screen.is_terminal else _SAY
        if self._quiet or now - self._began < _FIRST or now - self._shown < every:
            return
        self._shown = now
        if self._screen.is_terminal and self._close is None:
            self._open_bar()
        self._draw(tally)

    def close(self) -> None:
        if self._close is not None:
            self._close()

    def _words(self, tally: Tally) -> str:
        rate = tally.runs / max(self._shown - self._began, 1e-9)
        left = (self._total - tally.runs) / max(rate, 1e-9)
        return f"{rate:,.0f} runs/s, {left:.0f} s left"

    def _line(self, tally: Tally) -> None:
        self._screen.line(f"{tally.runs:,} of {self._total:,} runs, {self._words(tally)}")

    def _open_bar(self) -> None:
        bar = narrow_bar(self._screen)
        task = bar.add_task("", total=self._total, note="")
        bar.start()
        self._close = bar.stop
        self._draw = lambda tally: bar.update(task, completed=tally.runs, note=self._words(tally), refresh=True)
