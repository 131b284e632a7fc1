"""The chain of ten trivial nodes that several workloads run: with Concertato, and bare."""

from typing import TYPE_CHECKING

import msgspec

import concertato  # loads next to nothing until it is used: a ceiling's memory is its own
from bench.bare import Writer
from bench.nodes import LENGTH, inc

if TYPE_CHECKING:
    from concertato.plan.model import Plan


def plan() -> "Plan":
    first = {"id": "n0", "type": "inc", "inputs": ["n"]}
    others = [{"id": f"n{i}", "type": "inc", "inputs": [f"n{i - 1}.output"]} for i in range(1, LENGTH)]
    return concertato.compile({"name": "chain", "inputs": {"n": "integer"}, "nodes": [first, *others]})


async def one_run(engine: "concertato.Engine", chain: "Plan", number: int) -> None:
    outputs = await (await engine.start(chain, {"n": number})).result()
    assert outputs == {f"n{LENGTH - 1}": number + LENGTH}


async def one_bare_run(writer: Writer, number: int) -> None:
    value = number
    for place in range(LENGTH):
        value = await inc(value)
        await writer.record(number << 8 | place, msgspec.json.encode(value))
    assert value == number + LENGTH
