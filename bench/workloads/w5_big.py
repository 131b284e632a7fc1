"""W5: a chain of ten nodes that each give 256 KiB which nobody gave before, 8 runs at a time.

The logical size is that of the nodes' outputs, once each. What is on disk is measured with the journal still open, its
write-ahead log included, and again once it is closed.
"""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import concertato
from bench.bare import Writer
from bench.crowd import crowd
from bench.measures import BIG_CROWD, big_figures, passing_on
from bench.meter import Figures, Meter, on_disk
from bench.nodes import LENGTH, fill, is_last_of, renew

if TYPE_CHECKING:
    from concertato.plan.model import Plan


async def ours(folder: Path, *, small: bool) -> Figures:
    journal, big = folder / "journal.db", _plan()
    async with AsyncExitStack() as opened:
        engine = await opened.enter_async_context(await concertato.Engine.open(journal, agents=[fill, renew]))

        async def one_run(number: int) -> None:
            (text,) = (await (await engine.start(big, {"n": number})).result()).values()
            assert is_last_of(number, text)

        return await passing_on(one_run, _runs(small=small), journal, opened.aclose)


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
        await crowd(one, runs, BIG_CROWD)
    while_open = on_disk(database)
    writer.close()
    return big_figures(meter, runs, while_open, on_disk(database))


def _runs(*, small: bool) -> int:
    return 2 if small else 100


def _plan() -> "Plan":
    first = {"id": "n0", "type": "fill", "inputs": ["n"]}
    others = [{"id": f"n{i}", "type": "renew", "inputs": [f"n{i - 1}.output"]} for i in range(1, LENGTH)]
    return concertato.compile({"name": "big", "inputs": {"n": "integer"}, "nodes": [first, *others]})
