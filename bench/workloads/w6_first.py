"""W6: a program that imports Concertato, runs one node and ends: what a script or a cold start pays.

`s` is from the program's first line to the run's result, as an import is usually timed; `s whole` is from outside, with
Python's own start and end.
"""

import asyncio
import sys
import time
from pathlib import Path

import msgspec

from bench.meter import Figures

PROGRAM = """
import time
began = time.perf_counter()
import concertato
@concertato.agent
async def same(n: int) -> int:
    return n
one_node = {"name": "first", "inputs": {"n": "integer"}, "nodes": [{"id": "a", "type": "same", "inputs": ["n"]}]}
assert concertato.run(one_node, {"n": 1}, journal="journal.db") == {"a": 1}
took = time.perf_counter() - began
import json, resource, sys
unit = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
print(json.dumps({"s": took, "peak MiB": peak}))
"""


async def ours(folder: Path, *, small: bool) -> Figures:
    began = time.perf_counter()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await child.communicate()
    whole = time.perf_counter() - began
    figures = msgspec.json.decode(said, type=dict[str, float])
    return {"s": figures["s"], "s whole": whole, "peak MiB": figures["peak MiB"]}
