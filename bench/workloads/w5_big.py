"""W5: a chain of ten nodes that each give 256 KiB which nobody gave before, 8 runs at a time.

The logical size is that of the nodes' outputs, once each. What is on disk is measured with the journal still open, its
write-ahead log included, and again once it is closed.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import concertato
from bench.bare import Writer
from bench.crowd import crowd
from bench.meter import Figures, Meter, on_disk

if TYPE_CHECKING:
    from concertato.plan.model import Plan

LENGTH, SIZE, AT_ONCE = 10, 256 * 1024, 8


async def fill(n: int) -> str:
    """As JSON text exactly SIZE bytes, and different for every run."""
    return f"{n:08}:{0:04}:".ljust(SIZE - 2, "x")


async def renew(text: str) -> str:
    """The same with the place counted up: different for every node."""
    run, place, rest = text.split(":", 2)
    return f"{run}:{int(place) + 1:04}:{rest}"


async def ours(folder: Path, *, small: bool) -> Figures:
    runs, journal, big = _runs(small=small), folder / "journal.db", _plan()
    async with await concertato.Engine.open(journal, agents=[fill, renew]) as engine:

        async def one(number: int) -> None:
            (text,) = (await (await engine.start(big, {"n": number})).result()).values()
            assert text.startswith(f"{number:08}:{LENGTH - 1:04}:")

        with Meter() as meter:
            await crowd(one, runs, AT_ONCE)
        while_open = on_disk(journal)
    return _figures(meter, runs, while_open, on_disk(journal))


async def ceiling(folder: Path, *, small: bool) -> Figures:
    runs, database = _runs(small=small), folder / "bare.db"
    writer = Writer(database, "thread")

    async def one(number: int) -> None:
        text = await fill(number)
        for place in range(LENGTH):
            if place:
                text = await renew(text)
            await writer.record(number << 8 | place, msgspec.json.encode(text))

    with Meter() as meter:
        await crowd(one, runs, AT_ONCE)
    while_open = on_disk(database)
    writer.close()
    return _figures(meter, runs, while_open, on_disk(database))


def _runs(*, small: bool) -> int:
    return 2 if small else 100


def _plan() -> "Plan":
    first = {"id": "n0", "type": "fill", "inputs": ["n"]}
    others = [{"id": f"n{i}", "type": "renew", "inputs": [f"n{i - 1}.output"]} for i in range(1, LENGTH)]
    return concertato.compile({"name": "big", "inputs": {"n": "integer"}, "nodes": [first, *others]})


def _figures(meter: Meter, runs: int, while_open: int, closed: int) -> Figures:
    nodes = runs * LENGTH
    logical = nodes * SIZE
    disk = {"disk/logical open": while_open / logical, "disk/logical closed": closed / logical}
    return {"nodes/s": nodes / meter.wall, **disk, **meter.per_node(nodes)}
