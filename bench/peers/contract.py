"""What a peer offers to the benchmark: the workloads' runs, each as one call.

A file `with_*.py` has functions that open a peer on a database file, `(database: Path) -> AsyncContextManager[Opened]`.
When the context ends, the database is closed. The nodes are those of `bench/nodes.py`; whether a run came to the right
end is looked at by `bench/peers/process.py`, so that no peer judges itself.
"""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol


class Opened(Protocol):
    """A peer that is ready. Each call starts a run, under an id that no other has, and waits for its result."""

    async def chain(self, number: int) -> int:
        """A chain of `LENGTH` nodes `inc`, beginning with `number`: what the last one gave."""

    async def wide(self, width: int) -> int:
        """`width` nodes `one` side by side and a join after them all: how many it joined."""

    async def big(self, number: int) -> str:
        """A node `fill`, given `number`, and after it nodes `renew`, `LENGTH` in all: what the last one gave."""


class Opening(Protocol):
    def __call__(self, database: Path) -> AbstractAsyncContextManager[Opened]: ...
