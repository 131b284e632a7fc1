"""W1A: W1 on the event loop that Python comes with, which is what most programs run on."""

import asyncio
from pathlib import Path

from bench.meter import Figures
from bench.workloads import w1_chain


async def ours(folder: Path, *, small: bool) -> Figures:
    return await asyncio.to_thread(asyncio.run, w1_chain.ours(folder, small=small))
