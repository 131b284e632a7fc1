"""One measurement of a peer, in a process of its own and by the Python of its virtual environment.

`python -m bench.peers.process W1 bench.peers.with_burr on_aiosqlite FOLDER --runs 3000 --width 1000` prints figures.
"""

import argparse
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path

from bench.measures import crowded, one_by_one, passing_on, side_by_side
from bench.meter import Figures
from bench.nodes import LENGTH, is_last_of
from bench.peers.contract import Opened, Opening
from bench.process import report


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.peers.process", description=__doc__)
    parser.add_argument("workload", choices=MEASURED)
    parser.add_argument("module", help="the peer's file")
    parser.add_argument("opens", help="the function of that file that opens the peer")
    parser.add_argument("folder", type=Path, help="where its files are written, and removed again")
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--width", type=int, required=True, help="how many nodes a run of W3 has side by side")
    given = parser.parse_args()
    opening: Opening = getattr(import_module(given.module), given.opens)

    async def measure(folder: Path) -> Figures:
        database = folder / "peer.db"
        async with AsyncExitStack() as opened:
            peer = Checked(await opened.enter_async_context(opening(database)), given.width)
            return await MEASURED[given.workload](peer, given.runs, database, opened.aclose)

    report(measure, given.folder)


class Checked:
    """A peer whose results are looked at: a run that came to a wrong end is not measured."""

    def __init__(self, peer: Opened, width: int) -> None:
        self._peer = peer
        self.width = width

    async def chain(self, number: int) -> None:
        assert await self._peer.chain(number) == number + LENGTH

    async def wide(self, _: int) -> None:
        assert await self._peer.wide(self.width) == self.width

    async def big(self, number: int) -> None:
        assert is_last_of(number, await self._peer.big(number))


Close = Callable[[], Awaitable[object]]

MEASURED: dict[str, Callable[[Checked, int, Path, Close], Awaitable[Figures]]] = {
    "W1": lambda peer, runs, _database, _close: crowded(peer.chain, runs),
    "W2": lambda peer, runs, _database, _close: one_by_one(peer.chain, runs),
    "W3": lambda peer, runs, _database, _close: side_by_side(peer.wide, runs, peer.width),
    "W5": lambda peer, runs, database, close: passing_on(peer.big, runs, database, close),
}


if __name__ == "__main__":
    main()
