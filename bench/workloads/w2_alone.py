"""W2: the chain of ten trivial async nodes, one run after the other: nothing to share a commit with."""

from pathlib import Path

import concertato
from bench.bare import Writer
from bench.chain import one_bare_run, one_run, plan
from bench.crowd import crowd
from bench.measures import alone_figures, one_by_one
from bench.meter import Figures, Meter
from bench.nodes import inc


async def ours(folder: Path, *, small: bool) -> Figures:
    chain = plan()
    async with await concertato.Engine.open(folder / "journal.db", agents=inc) as engine:
        return await one_by_one(lambda number: one_run(engine, chain, number), _runs(small=small))


async def ceiling(folder: Path, *, small: bool) -> Figures:
    writer = Writer(folder / "bare.db", "thread")
    runs = _runs(small=small)
    with Meter() as meter:
        await crowd(lambda number: one_bare_run(writer, number), runs, 1)
    writer.close()
    return alone_figures(meter, runs)


def _runs(*, small: bool) -> int:
    return 2 if small else 200
