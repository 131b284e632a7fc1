"""How W1, W2, W3 and W5 are measured, whoever runs them: Concertato and its peers go through these same functions."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import quantiles

from bench.crowd import crowd
from bench.meter import Figures, Meter, on_disk
from bench.nodes import LENGTH, SIZE

CROWD = 64
"""The runs of W1 that are under way at a time."""

BIG_CROWD = 8
"""The same of W5."""

Run = Callable[[int], Awaitable[object]]
"""One run from its start to its result, which it checks. What it is given is a number of its own."""


async def crowded(one: Run, runs: int) -> Figures:
    """W1. `p50` and `p99` are those of a whole run, from its start to its result, in this crowd."""
    await crowd(one, CROWD, CROWD)  # what is slow but once
    took = []

    async def timed(number: int) -> None:
        began = time.perf_counter()
        await one(number)
        took.append(time.perf_counter() - began)

    with Meter() as meter:
        await crowd(timed, runs, CROWD)
    nodes = runs * LENGTH
    percentiles = quantiles(took, n=100)
    latency = {"p50 ms": percentiles[49] * 1e3, "p99 ms": percentiles[98] * 1e3}
    return {"nodes/s": nodes / meter.wall, **latency, **meter.per_node(nodes)}


async def one_by_one(one: Run, runs: int) -> Figures:
    """W2."""
    await one(0)
    with Meter() as meter:
        await crowd(one, runs, 1)
    return alone_figures(meter, runs)


def alone_figures(meter: Meter, runs: int) -> Figures:
    nodes = runs * LENGTH
    return {"ms/node": meter.wall / nodes * 1e3, **meter.per_node(nodes)}


async def side_by_side(one: Run, runs: int, width: int) -> Figures:
    """W3, of runs that have `width` nodes side by side, one after the other."""
    await one(0)
    with Meter() as meter:
        await crowd(one, runs, 1)
    return wide_figures(meter, runs, width)


def wide_figures(meter: Meter, runs: int, width: int) -> Figures:
    return {"s": meter.wall / runs, **meter.per_node((width + 1) * runs)}


async def passing_on(one: Run, runs: int, database: Path, close: Callable[[], Awaitable[object]]) -> Figures:
    """W5. What is on disk is looked at with the database still open, and again once `close` has closed it."""
    with Meter() as meter:
        await crowd(one, runs, BIG_CROWD)
    while_open = on_disk(database)
    await close()
    return big_figures(meter, runs, while_open, on_disk(database))


def big_figures(meter: Meter, runs: int, while_open: int, closed: int) -> Figures:
    nodes = runs * LENGTH
    logical = nodes * SIZE
    disk = {"disk/logical open": while_open / logical, "disk/logical closed": closed / logical}
    return {"nodes/s": nodes / meter.wall, **disk, **meter.per_node(nodes)}
