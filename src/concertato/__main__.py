"""The door of the `concertato` command and of `python -m concertato`."""

import os
import sys


def main() -> None:
    from concertato.cli import streams
    from concertato.cli.app import main as command
    from concertato.cli.exits import Exit
    from concertato.wiring import Wiring

    streams.claim()
    status = command(sys.argv[1:], Wiring)
    if status in (Exit.INTERRUPTED, Exit.TERMINATED):
        # Everything is closed and whole. A function that still works in a thread would hold an orderly end back.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    main()
