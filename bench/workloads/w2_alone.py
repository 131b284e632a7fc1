"""W2: the chain of ten trivial async nodes, one run after the other: nothing to share a commit with."""

from pathlib import Path

import concertato
from bench.bare import Writer
from bench.chain import LENGTH, inc, one_bare_run, one_run, plan
from bench.crowd import crowd
from bench.meter import Figures, Meter


async def ours(folder: Path, *, small: bool) -> Figures:
    chain = plan()
    async with await concertato.Engine.open(folder / "journal.db", agents=inc) as engine:
        await one_run(engine, chain, 0)
        runs = _runs(small=small)
        with Meter() as meter:
            await crowd(lambda number: one_run(engine, chain, number), runs, 1)
    return _figures(meter, runs)


async def ceiling(folder: Path, *, small: bool) -> Figures:
    writer = Writer(folder / "bare.db", "thread")
    runs = _runs(small=small)
    with Meter() as meter:
        await crowd(lambda number: one_bare_run(writer, number), runs, 1)
    writer.close()
    return _figures(meter, runs)


def _runs(*, small: bool) -> int:
    return 2 if small else 200


def _figures(meter: Meter, runs: int) -> Figures:
    nodes = runs * LENGTH
    return {"ms/node": meter.wall / nodes * 1e3, **meter.per_node(nodes)}
