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

    Where standard output is for a program to read (`--json`, `--quiet`), what agents print goes to standard error.
    """
    display = _choose(doors, as_json=as_json, quiet=quiet)
    try:
        if as_json or quiet:
            with redirect_stdout(sys.stderr):
                yield display
        else:
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
