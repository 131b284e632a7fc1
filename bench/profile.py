"""Where the loop's time goes in one measurement, by room and by function: `python -m bench.profile W1 ours FOLDER`.

cProfile makes each call dearer than it is, short ones most of all: what it shows is proportions, and of them the large
ones. The committing thread is not in it.
"""

import cProfile
import pstats
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import bench.process
from bench.meter import Meter

_MOST = 20
_WAITING = ("<method 'run_until_complete'", "<method 'put' of '_queue.SimpleQueue'", "run (runners.py")
"""Functions in which the loop does nothing: it waits for the disk, or for the thread that has just been woken."""


class Spent(NamedTuple):
    """Own time of a function, in seconds, and how often it was called."""

    room: str
    function: str
    seconds: float
    calls: int


def main() -> None:
    Meter.profile = cProfile.Profile()
    bench.process.main()
    report(list(_spent(pstats.Stats(Meter.profile))))


def report(told: list[Spent]) -> None:
    whole = sum(each.seconds for each in told)
    rooms: defaultdict[str, float] = defaultdict(float)
    for each in told:
        rooms[each.room] += each.seconds
    for room, seconds in sorted(rooms.items(), key=lambda each: -each[1]):
        sys.stdout.write(f"{seconds / whole:6.1%}  {room}\n")
    sys.stdout.write("\n")
    for each in sorted(told, key=lambda each: -each.seconds)[:_MOST]:
        sys.stdout.write(f"{each.seconds / whole:6.1%}  {each.calls:>9,}  {each.room}: {each.function}\n")


def _spent(stats: pstats.Stats) -> Iterator[Spent]:
    table: dict[tuple[str, int, str], tuple[int, int, float, float, object]] = stats.stats  # type: ignore[attr-defined]
    for (file, line, name), (_, calls, seconds, *_) in table.items():
        function = f"{name} ({Path(file).name}:{line})" if line else name
        if not function.startswith(_WAITING):
            yield Spent(_room(file), function, seconds, calls)


def _room(file: str) -> str:
    """`engine` of a file of ours in that room; whose it is of any other."""
    if file == "~":
        return "built in"
    inside: list[str] = []
    # From the file outwards: the folders around a checkout may be called as we are.
    for part in reversed(Path(file).parts):
        if part in ("concertato", "site-packages"):
            return inside[-1].removesuffix(".py")
        if part == "bench":
            return "bench"
        inside.append(part)
    return "Python's library"


if __name__ == "__main__":
    main()
