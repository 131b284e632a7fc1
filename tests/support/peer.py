"""A peer for the tests of the benchmark: it keeps nothing and installs nothing, and can come to wrong results."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.nodes import LENGTH, fill, inc, one, renew
from bench.peers.contract import Opened


@asynccontextmanager
async def honest(database: Path) -> AsyncIterator[Opened]:
    database.write_bytes(b"kept")
    yield _Peer(LENGTH)


@asynccontextmanager
async def hasty(database: Path) -> AsyncIterator[Opened]:
    """Leaves out the last node of a chain, and of those side by side."""
    yield _Peer(LENGTH - 1)


class _Peer:
    def __init__(self, length: int) -> None:
        self._length = length

    async def chain(self, number: int) -> int:
        for _ in range(self._length):
            number = await inc(number)
        return number

    async def wide(self, width: int) -> int:
        return sum([await one() for _ in range(width - LENGTH + self._length)])

    async def big(self, number: int) -> str:
        text = await fill(number)
        for _ in range(1, self._length):
            text = await renew(text)
        return text
