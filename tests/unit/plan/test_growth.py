"""Compiling takes work in proportion to the nodes, counted in calls: times would measure the machine."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from concertato.plan.compile import compile_plan

Json = dict[str, Any]


def task(node_id: str, *inputs: str) -> Json:
    return {"id": node_id, "type": "work", "inputs": list(inputs)}


def chain(nodes: int) -> Json:
    """Each node takes what the one before it gave."""
    rest = [task(f"n{n}", f"n{n - 1}.output") for n in range(1, nodes)]
    return {"name": "chain", "inputs": {"order": "any"}, "nodes": [task("n0", "order"), *rest]}


def fan(nodes: int) -> Json:
    """One node, all the others beside one another, and one that takes what they gave."""
    middle = [task(f"n{n}", "first.output") for n in range(nodes - 2)]
    end = task("end", *(f"{each['id']}.output" for each in middle))
    return {"name": "fan", "inputs": {"order": "any"}, "nodes": [task("first", "order"), *middle, end]}


def written(nodes: int) -> Json:
    """A chain of which the edges are written out."""
    edges = [{"from": f"n{n - 1}", "to": f"n{n}"} for n in range(1, nodes)]
    return {"name": "written", "nodes": [{"id": f"n{n}", "type": "work"} for n in range(nodes)], "edges": edges}


def calls_of(work: Callable[[], object]) -> int:
    """How many functions `work` calls, those written in C among them."""
    count = 0

    def note(_: FrameType, event: str, __: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("shape", [chain, fan, written])
def test_ten_times_the_nodes_are_ten_times_the_work(shape: Callable[[int], Json]) -> None:
    small, big = shape(1_000), shape(10_000)
    compile_plan(shape(10))  # what is only done once is done
    thousand = calls_of(lambda: compile_plan(small))
    assert calls_of(lambda: compile_plan(big)) / thousand <= 11
