"""How far a simulation has got: a bar on a terminal, a line now and then where there is none; on standard error."""

from collections.abc import Callable

from concertato.cli.bar import narrow_bar
from concertato.cli.screen import Screen
from concertato.cli.text import spent
from concertato.clock import Clock

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
        self._runs = 0
        self._close: Callable[[], None] | None = None
        self._draw: Callable[[int], None] = self._line

    def __call__(self, runs: int) -> None:
        """So many runs are done."""
        self._runs = runs
        self.beat()

    def beat(self) -> None:
        """It goes on, though no further run is done yet."""
        now = self._clock.monotonic()
        every = _REDRAW if self._screen.is_terminal else _SAY
        first = _FIRST if self._runs else max(_FIRST, every)
        if self._quiet or now - self._began < first or now - self._shown < every:
            return
        self._shown = now
        if self._screen.is_terminal and self._close is None:
            self._open_bar()
        self._draw(self._runs)

    def close(self) -> None:
        if self._close is not None:
            self._close()

    def _words(self, runs: int) -> str:
        seconds = max(self._shown - self._began, 1e-9)
        if not runs:
            return "none is over yet"
        rate, left = runs / seconds, (self._total - runs) * seconds / runs
        how_fast = f"{rate:,.0f} runs/s" if rate >= 10 else f"{rate:.1f} runs/s"
        return f"{how_fast}, {f'{left:.0f} s' if left < 60 else spent(left)} left"

    def _line(self, runs: int) -> None:
        self._screen.line(f"{runs:,} of {self._total:,} runs, {self._words(runs)}")

    def _open_bar(self) -> None:
        bar = narrow_bar(self._screen)
        task = bar.add_task("", total=self._total, note="")
        bar.start()
        self._close = bar.stop
        self._draw = lambda runs: bar.update(task, completed=runs, note=self._words(runs), refresh=True)
