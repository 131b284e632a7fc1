"""Which display a command gets, from its options and from what standard output is."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from concertato.cli.display.contract import Display
from concertato.cli.doors import Doors
from concertato.cli.screen import output


@contextmanager
def display_for(doors: Doors, *, as_json: bool, quiet: bool) -> Iterator[Display]:
    """The display, closed at the end whatever happens.

    Standard output is the display's alone: what agents print goes to standard error, so that it neither mixes with
    what a program reads nor fails the agent when that program stops reading.
    """
    display = _choose(doors, as_json=as_json, quiet=quiet)
    try:
        with redirect_stdout(sys.stderr):
            yield display
    finally:
        display.closed()


def _choose(doors: Doors, *, as_json: bool, quiet: bool) -> Display:
    if as_json:
        from concertato.cli.display.jsonl import JsonDisplay

        return JsonDisplay(sys.stdout)
    screen = output(doors.settings.colour)
    if quiet:
        from concertato.cli.display.quiet import QuietDisplay

        return QuietDisplay(screen)
    if screen.is_terminal:
        from concertato.cli.display.live import LiveDisplay

        return LiveDisplay(screen, doors.clock.now)
    from concertato.cli.display.lines import LinesDisplay

    return LinesDisplay(screen)
