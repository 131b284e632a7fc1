"""W4: 1,000 runs at once, each of three nodes that await 0.1 s: nobody can be faster than 0.3 s."""

import asyncio
from pathlib import Path

import msgspec

import concertato
from bench.bare import Writer
from bench.crowd import crowd
from bench.meter import Figures, Meter

LENGTH = 3


async def ours(folder: Path, *, small: bool) -> Figures:
    runs, nap = _runs(small=small), _nap(small=small)

    async def rest() -> int:
        await asyncio.sleep(nap)
        return 1

    naps = concertato.compile(
        {
            "name": "naps",
            "nodes": [{"id": f"n{i}", "type": "rest"} for i in range(LENGTH)],
            "edges": [{"from": f"n{i - 1}", "to": f"n{i}"} for i in range(1, LENGTH)],
        }
    )
    async with await concertato.Engine.open(folder / "journal.db", agents=rest) as engine:

        async def one(_: int) -> None:
            await (await engine.start(naps)).result()

        await one(0)  # what is slow but once
        with Meter() as meter:
            await crowd(one, runs, runs)
    return _figures(meter, runs)


async def ceiling(folder: Path, *, small: bool) -> Figures:
    runs, nap = _runs(small=small), _nap(small=small)
    writer = Writer(folder / "bare.db", "thread")

    async def one(number: int) -> None:
        for place in range(LENGTH):
            await asyncio.sleep(nap)
            await writer.record(number << 8 | place, msgspec.json.encode(1))

    await one(runs)
    with Meter() as meter:
        await crowd(one, runs, runs)
    writer.close()
    return _figures(meter, runs)


def _runs(*, small: bool) -> int:
    return 2 if small else 1000


def _nap(*, small: bool) -> float:
    return 0.0 if small else 0.1


def _figures(meter: Meter, runs: int) -> Figures:
    return {"s": meter.wall, **meter.per_node(runs * LENGTH)}
