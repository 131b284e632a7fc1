"""W7: 100,000 runs that wait for a signal: the memory of who started them, the memory and time of who opens them.

Another process opens the journal than has filled it. It is open once it can say how a run stands: by then it knows what
goes on at once and what wakes when. That run is then sent its signal, and must end by it.
"""

import asyncio
import sys
from pathlib import Path

import msgspec

import concertato
from bench.crowd import crowd
from bench.meter import Figures, Meter, on_disk, peak

AT_ONCE = 500


async def ours(folder: Path, *, small: bool) -> Figures:
    journal, runs = folder / "journal.db", 5 if small else 100_000
    fill = [sys.executable, "-m", __name__, str(journal), str(runs)]
    child = await asyncio.create_subprocess_exec(*fill, stdout=asyncio.subprocess.PIPE)
    said, _ = await child.communicate()
    filling = msgspec.json.decode(said, type=dict[str, float])
    disk = {"bytes on disk/run": on_disk(journal) / runs}
    return {**await _open(journal), **filling, **disk}


async def _open(journal: Path) -> Figures:
    with Meter() as opening:
        engine = await concertato.Engine.open(journal)
        newest = (await engine.runs())[0]
        run = engine.run(newest.run_id)
        assert (await run.settled()).waits
    async with engine:
        await run.signal("go", {"n": 1})
        assert await run.result() == {"gate": {"n": 1}}
    return {"s to open": opening.wall, **peak()}


async def _fill(journal: Path, runs: int) -> Figures:
    gate = concertato.compile({"name": "gate", "nodes": [{"id": "gate", "type": "wait", "signal": "go"}]})
    async with await concertato.Engine.open(journal) as engine:

        async def park(_: int) -> None:
            await (await engine.start(gate)).settled()

        with Meter() as meter:
            await crowd(park, runs, AT_ONCE)
    return {"peak MiB of the starter": peak()["peak MiB"], "starts/s": runs / meter.wall}


if __name__ == "__main__":
    import uvloop

    print(msgspec.json.encode(uvloop.run(_fill(Path(sys.argv[1]), int(sys.argv[2])))).decode())
