"""W3: one run of 1,000 nodes side by side and one that joins them all."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import concertato
from bench.bare import Writer
from bench.measures import side_by_side, wide_figures
from bench.meter import Figures, Meter
from bench.nodes import one

if TYPE_CHECKING:
    from concertato.plan.model import Plan

REPEATS = 5


async def ours(folder: Path, *, small: bool) -> Figures:
    width = _width(small=small)
    wide = _plan(width)
    async with await concertato.Engine.open(folder / "journal.db", agents=one) as engine:

        async def one_run(_: int) -> None:
            assert await (await engine.start(wide)).result() == {"join": 1}

        return await side_by_side(one_run, REPEATS, width)


async def ceiling(folder: Path, *, small: bool) -> Figures:
    writer, width = Writer(folder / "bare.db", "thread"), _width(small=small)

    async def node(number: int) -> None:
        await writer.record(number, msgspec.json.encode(await one()))

    with Meter() as meter:
        for number in range(REPEATS):
            place = number << 16
            await asyncio.gather(*(node(place + each) for each in range(width)))
            await node(place + width)
    writer.close()
    return wide_figures(meter, REPEATS, width)


def _width(*, small: bool) -> int:
    return 4 if small else 1000


def _plan(width: int) -> "Plan":
    side_by_side = [{"id": f"n{i}", "type": "one"} for i in range(width)]
    return concertato.compile(
        {
            "name": "wide",
            "nodes": [*side_by_side, {"id": "join", "type": "one", "join": "all"}],
            "edges": [{"from": each["id"], "to": "join"} for each in side_by_side],
            "max_parallel": width,
        }
    )
