"""W1: a chain of ten trivial async nodes, 64 runs at a time, every result durable before the next node is asked."""

from pathlib import Path

import concertato
from bench.chain import one_run, plan
from bench.measures import crowded
from bench.meter import Figures
from bench.nodes import inc


async def ours(folder: Path, *, small: bool) -> Figures:
    chain = plan()
    async with await concertato.Engine.open(folder / "journal.db", agents=inc) as engine:
        return await crowded(lambda number: one_run(engine, chain, number), 2 if small else 3000)
