"""Goes through as many random histories as one likes, on all cores: `make simulate N=1000000`, which is this program.

    python -m property.simulate [N] [--seed S] [--workers W]      (from the folder of the tests)

Seeds S to S + N - 1. A seed that breaks an invariant is shrunk where it was found, and told; then the exit status is 1.
"""

import argparse
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from multiprocessing import get_context
from typing import NamedTuple, TextIO

from support.shrinking import report, shrunk
from support.simulating import Broken, simulate

ENOUGH = 20
"""So many seeds that break something are told; whoever mends one of them goes through all of them again."""

_BLOCK = 25
_A_LINE_EVERY = 60.0
"""Seconds between two lines of progress, where nobody looks on at a terminal."""


class Done(NamedTuple):
    """A block of seeds that was gone through: how many, and what there is to tell of those that broke something."""

    cases: int
    broken: list[str]


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    seeds = range(given.seed, given.seed + given.cases)
    tally = Tally(seeds, given.workers, sys.stderr)
    for stop in (signal.SIGINT, signal.SIGTERM):  # what runs in the background ignores the first, if it is not told so
        signal.signal(stop, signal.default_int_handler)
    try:
        for done in _through(seeds, given.workers):
            tally.add(done)
            if len(tally.broken) >= ENOUGH:
                break
    except KeyboardInterrupt:
        tally.end("stopped")
        return 1 if tally.broken else 128 + signal.SIGINT
    tally.end("given up" if len(tally.broken) >= ENOUGH else "done")
    return 1 if tally.broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make simulate", description="Random runs through random histories.")
    parser.add_argument("cases", nargs="?", type=_positive, default=10_000, metavar="N", help="how many (10000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--workers", type=_positive, default=os.cpu_count() or 1, help="processes (one per core)")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, got: {text}")
    return int(text)


def _through(seeds: range, workers: int) -> Iterator[Done]:
    blocks = [seeds[at : at + _BLOCK] for at in range(0, len(seeds), _BLOCK)]
    if workers == 1 or len(blocks) == 1:
        yield from map(_block, blocks)
        return
    # Afresh rather than forked: a fork of a process that has threads is not to be relied upon.
    with get_context("spawn").Pool(min(workers, len(blocks)), _in_a_worker) as pool:
        yield from pool.imap_unordered(_block, blocks)


def _in_a_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all of them: the first process ends the others
    gc.freeze()


def _block(seeds: range) -> Done:
    return Done(len(seeds), [told for seed in seeds if (told := tried(seed)) is not None])


def tried(seed: int) -> str | None:
    """What there is to tell of a seed that breaks something."""
    try:
        simulate(seed)
    except Broken as broken:
        return report(seed, *shrunk(broken.case, broken.fault))
    except Exception:  # noqa: BLE001  # one seed that cannot even be lived through must not end the others
        return f"seed {seed}: {traceback.format_exc()}"
    return None


class Tally:
    """How far it has come. At a terminal one line that changes, else a line now and then."""

    def __init__(self, seeds: range, workers: int, out: TextIO) -> None:
        self.broken: list[str] = []
        self._seeds, self._workers, self._out = seeds, workers, out
        self._cases = 0
        self._began = self._told = time.monotonic()
        self._live = out.isatty()

    def add(self, done: Done) -> None:
        self._cases += done.cases
        self.broken += done.broken
        for each in done.broken:
            self._wipe()
            _say(each)
        now = time.monotonic()
        if self._live or now - self._told >= _A_LINE_EVERY:
            self._told = now
            self._wipe()
            self._out.write(f"simulate: {self._progress(now)}" + ("" if self._live else "\n"))
            self._out.flush()

    def end(self, how: str) -> None:
        seconds = time.monotonic() - self._began
        first, last = self._seeds[0], self._seeds[-1]
        self._wipe()
        told = f"{len(self.broken)} broke an invariant" if self.broken else "every invariant held"
        _say(
            f"simulate: {how}: {self._cases:,} of {len(self._seeds):,} cases, seeds {first} to {last}, in "
            f"{seconds:,.0f} s on {self._workers} processes: {told}"
        )

    def _progress(self, now: float) -> str:
        rate = self._cases / max(now - self._began, 1e-9)
        left = (len(self._seeds) - self._cases) / rate
        broken = f", {len(self.broken)} broken" if self.broken else ""
        return f"{self._cases:,} of {len(self._seeds):,} cases, {rate:,.0f}/s, {_clock(left)} left{broken}"

    def _wipe(self) -> None:
        if self._live:
            self._out.write("\r\x1b[K")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


if __name__ == "__main__":
    sys.exit(main())
