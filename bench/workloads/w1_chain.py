"""W1: a chain of ten trivial async nodes, 64 runs at a time, every result durable before the next node is asked."""

import time
from pathlib import Path
from statistics import quantiles

import concertato
from bench.chain import LENGTH, inc, one_run, plan
from bench.crowd import crowd
from bench.meter import Figures, Meter

AT_ONCE = 64


async def ours(folder: Path, *, small: bool) -> Figures:
    """`p50` and `p99` are those of a whole run, from its start to its result, in this crowd."""
    runs = 2 if small else 3000
    chain, took = plan(), []
    async with await concertato.Engine.open(folder / "journal.db", agents=inc) as engine:
        await crowd(lambda number: one_run(engine, chain, number), AT_ONCE, AT_ONCE)  # what is slow but once

        async def timed(number: int) -> None:
            began = time.perf_counter()
            await one_run(engine, chain, number)
            took.append(time.perf_counter() - began)

        with Meter() as meter:
            await crowd(timed, runs, AT_ONCE)
    nodes = runs * LENGTH
    percentiles = quantiles(took, n=100)
    latency = {"p50 ms": percentiles[49] * 1e3, "p99 ms": percentiles[98] * 1e3}
    return {"nodes/s": nodes / meter.wall, **latency, **meter.per_node(nodes)}
