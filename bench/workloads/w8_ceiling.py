"""W8: the chain of W1 through a bare loop and a bare group-commit writer: what this machine can do at best."""

import asyncio
from pathlib import Path

from bench.bare import Mode, Writer
from bench.chain import one_bare_run
from bench.crowd import crowd
from bench.measures import CROWD
from bench.meter import Figures, Meter
from bench.nodes import LENGTH


async def thread(folder: Path, *, small: bool) -> Figures:
    return await _measured(folder, "thread", 2 if small else 6000)


async def plain(folder: Path, *, small: bool) -> Figures:
    """As `thread`, on the event loop that Python comes with."""
    return await asyncio.to_thread(asyncio.run, _measured(folder, "thread", 2 if small else 6000))


async def inline(folder: Path, *, small: bool) -> Figures:
    return await _measured(folder, "inline", 2 if small else 6000)


async def _measured(folder: Path, mode: Mode, runs: int) -> Figures:
    writer = Writer(folder / "bare.db", mode)
    with Meter() as meter:
        await crowd(lambda number: one_bare_run(writer, number), runs, CROWD)
    writer.close()
    nodes = runs * LENGTH
    return {"nodes/s": nodes / meter.wall, **meter.per_node(nodes)}
