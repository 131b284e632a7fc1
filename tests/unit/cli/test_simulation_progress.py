"""How far a simulation has got: a bar on a terminal, a line now and then elsewhere, nothing where it is soon over."""

import io
from contextlib import closing

import pytest

from concertato.cli.screen import Screen
from concertato.cli.simulation.progress import Gauge
from support.clock import FakeClock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, *, seconds: float, steps: int, quiet: bool = False) -> str:
    """What is shown of a thousand runs a step, one step after the other in this time."""
    clock = FakeClock()
    with closing(Gauge(Screen(stream), clock, 100_000, quiet=quiet)) as gauge:
        for step in range(1, steps + 1):
            clock.advance(seconds / steps)
            gauge(step * 1000)
    return stream.getvalue()


def test_without_a_terminal_there_is_a_line_now_and_then() -> None:
    lines = shown(io.StringIO(), seconds=25, steps=50).splitlines()
    assert len(lines) == 3
    assert lines[0] == "2,000 of 100,000 runs, 2,000 runs/s, 49 s left"


def test_what_is_soon_over_shows_nothing() -> None:
    assert shown(io.StringIO(), seconds=0.9, steps=10) == ""
    assert shown(Terminal(), seconds=0.9, steps=10) == ""


def test_nothing_is_shown_to_who_wants_nothing() -> None:
    assert shown(io.StringIO(), seconds=25, steps=50, quiet=True) == ""


def test_on_a_terminal_there_is_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    page = shown(Terminal(), seconds=5, steps=50)
    assert "49000/100000" in page
    assert "runs/s" in page
    assert page.endswith("\x1b[2K")


def test_that_it_goes_on_is_shown_before_the_first_run_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for stream, seconds in ((io.StringIO(), 11), (Terminal(), 2)):
        clock = FakeClock()
        with closing(Gauge(Screen(stream), clock, 100, quiet=False)) as gauge:
            clock.advance(seconds)
            gauge.beat()
        assert "none is over yet" in stream.getvalue()
