"""B2: what a node costs in runs of 100, 1,000 and 10,000 nodes, in the shapes that real scientific workflows have.

The shapes are those of WfCommons' instances, generated, so that nothing but this folder is needed: `fan`, all side by
side and one that reads them all (seismology); `pipes`, a split, chains of four beside each other, a merge and two more
(epigenomics); `mosaic`, images that are compared with their neighbours, one that reads all that, and one more for each
(montage). `tests/scenario/test_real_workflows.py` runs the instances themselves.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import concertato
from bench.meter import Figures, Meter

SIZES = (100, 1_000, 10_000)

Node = dict[str, Any]


async def nothing(**given: int) -> int:
    return 1


async def ours(folder: Path, *, small: bool) -> Figures:
    sizes = (10, 20, 40) if small else SIZES
    figures: Figures = {}
    async with await concertato.Engine.open(folder / "journal.db", agents={"nothing": nothing}) as engine:
        for shape in (_fan, _pipes, _mosaic):
            for name, size in zip(SIZES, sizes, strict=True):
                figures[f"{shape.__name__[1:]}: cpu us/node of {name:,}"] = await _cost(engine, shape, size, sizes[-1])
    return figures


async def _cost(engine: concertato.Engine, shape: Callable[[int], Iterator[Node]], size: int, whole: int) -> float:
    """Of as many runs, one after the other, as have so many nodes as a whole."""
    nodes = list(shape(size))
    plan = concertato.compile({"name": "size", "nodes": nodes, "outputs": {}})
    await (await engine.start(plan)).result()
    times = max(whole // len(nodes), 1)
    with Meter() as meter:
        for _ in range(times):
            await (await engine.start(plan)).result()
    return meter.cpu / (times * len(nodes)) * 1e6


def _node(node_id: str, *parents: str) -> Node:
    """It reads what its parents give; the agent has no use for it."""
    return {"id": node_id, "type": "nothing"} | ({"inputs": [f"{each}.output" for each in parents]} if parents else {})


def _fan(size: int) -> Iterator[Node]:
    side_by_side = [f"n{number}" for number in range(size - 1)]
    yield from map(_node, side_by_side)
    yield _node("join", *side_by_side)


def _pipes(size: int) -> Iterator[Node]:
    pipes = (size - 4) // 4
    yield _node("split")
    for pipe in range(pipes):
        for step in range(4):
            yield _node(f"p{pipe}_{step}", f"p{pipe}_{step - 1}" if step else "split")
    yield _node("merge", *(f"p{pipe}_3" for pipe in range(pipes)))
    yield _node("indexed", "merge")
    yield _node("pileup", "indexed")


def _mosaic(size: int) -> Iterator[Node]:
    images = size // 3
    yield from (_node(f"image{number}") for number in range(images))
    yield from (_node(f"diff{number}", f"image{number - 1}", f"image{number}") for number in range(1, images))
    yield _node("model", *(f"diff{number}" for number in range(1, images)))
    yield from (_node(f"fitted{number}", f"image{number}", "model") for number in range(images))
