"""A node costs the same in a run of 100 nodes and in one of 10,000: counted in lines of the machine, not in time.

What a line does in C (a list that is searched, a dict that is copied) is not seen, nor are the engine and the journal:
`make bench ONLY=B2` times the whole.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from concertato.errors import FailureKind
from concertato.plan.compile import compile_plan
from concertato.run.commands import CallAgent
from concertato.run.events import (
    AttemptFailed,
    CompensationSucceeded,
    Failure,
    NodeSucceeded,
    Raw,
    RunStarted,
)
from concertato.run.machine import begin, step
from concertato.run.refusal import Refusal
from concertato.run.scopes import OPEN_AT_ONCE
from concertato.run.state import VERSION
from support.histories import START
from support.wfinstances import FILES, beside, definition, in_series, read

Document = dict[str, Any]

FEW, MANY = 100, 10_000


class Lines:
    """How many lines of Python have run; a loop within one line counts each time round."""

    def __init__(self) -> None:
        self.count = 0

    def _line(self, frame: FrameType, event: str, _: Any) -> Any:
        self.count += 1
        return self._line

    @contextmanager
    def counted(self) -> Iterator[None]:
        before = sys.gettrace()
        sys.settrace(self._line)
        try:
            yield
        finally:
            sys.settrace(before)


def lines_per_node(document: Document, *, nodes: int) -> float:
    """What the machine does for a node, from its start to the end of the run, when every agent answers at once."""
    plan = compile_plan({"name": "d", **document})
    event = RunStarted(
        at=START, run_id="r", workflow="d", plan=plan.fingerprint, inputs={}, task_root="r", machine=VERSION
    )
    lines = Lines()
    with lines.counted():
        # Somebody looks on, so that every node is taken step by step: in strides it is half the lines, and a large run,
        # of which many nodes queue, takes fewer of them.
        run, commands = begin(plan, event, observer=lambda *_: None)
    asked = [each for each in commands if isinstance(each, CallAgent)]
    for call in asked:
        answer = _answer(call)
        with lines.counted():
            outcome = step(run, answer)
        assert not isinstance(outcome, Refusal)
        asked += [each for each in outcome if isinstance(each, CallAgent)]
    assert run.finished is not None
    return lines.count / nodes


def _answer(call: CallAgent) -> Any:
    if call.purpose == "compensation":
        return CompensationSucceeded(at=START, path=call.path, attempt=call.attempt)
    if call.agent == "broken":
        return AttemptFailed(
            at=START, path=call.path, attempt=call.attempt, failure=Failure(FailureKind.REJECTED, "no")
        )
    return NodeSucceeded(at=START, path=call.path, attempt=call.attempt, output=Raw(b"1"))


def work(node_id: str, **more: Any) -> Document:
    return {"id": node_id, "type": "work", **more}


def chain(count: int) -> Document:
    return {"nodes": [work(f"n{i}", inputs=[f"n{i - 1}.output"] if i else []) for i in range(count)]}


def fan(count: int) -> Document:
    """One, then all side by side, then one that reads them all."""
    middle = [work(f"n{i}", inputs=["first.output"]) for i in range(count)]
    return {"nodes": [work("first"), *middle, work("end", inputs=[f"n{i}.output" for i in range(count)])]}


def fan_in_on_conditions(count: int, join: str = "synchronize") -> Document:
    """Every edge into the last one has a condition of its own."""
    edges = [{"from": f"n{i}", "to": "end", "when": f"n{i}.output == {i % 2}"} for i in range(count)]
    return {"nodes": [*(work(f"n{i}") for i in range(count)), work("end", join=join)], "edges": edges}


def first_of_many(count: int) -> Document:
    """The last one goes on with the first that is there, but not before the slow one that it reads."""
    nodes = [*(work(f"n{i}") for i in range(count)), work("slow", inputs=[f"n{count - 1}.output"])]
    edges = [{"from": f"n{i}", "to": "end"} for i in range(count)]
    return {"nodes": [*nodes, work("end", join="first", inputs=["slow.output"])], "edges": edges}


def many_ways(count: int) -> Document:
    """A switch, and a node for each of its cases."""
    cases = [{"when": f"start.output == {i + 1 - count // 2}", "to": f"n{i}"} for i in range(count)]
    switch = {"id": "switch", "type": "switch", "cases": cases}
    return {"nodes": [work("start"), switch, *(work(f"n{i}") for i in range(count))]}


def items(count: int, **more: Any) -> Document:
    return {"nodes": [{"id": "m", "type": "map", "over": str(list(range(count))), "nodes": [work("x")], **more}]}


def iterations(count: int) -> Document:
    return {"nodes": [{"id": "l", "type": "loop", "until": f"iteration == {count - 1}", "max_iterations": count,
                       "nodes": [work("x")]}]}  # fmt: skip


def undone(count: int) -> Document:
    """All are done side by side and undone one by one."""
    nodes = [work(f"n{i}", compensate={"type": "undo"}) for i in range(count)]
    end = {"id": "end", "type": "broken", "inputs": [f"n{i}.output" for i in range(count)]}
    return {"nodes": [*nodes, end]}


def items_that_fail(count: int) -> Document:
    """Half of the items fail, and what was done in them is undone; what was done in the others stays."""
    body = [
        work("y", compensate={"type": "undo"}),
        {"id": "s", "type": "switch", "cases": [{"when": "y.output == 1 && index % 2 == 0", "to": "x"}]},
        {"id": "x", "type": "broken"},
    ]
    each = {"id": "m", "type": "map", "over": str(list(range(count))), "on_item_failure": "collect", "nodes": body}
    # While an item is stopped all that is with agents is looked at: that many at most.
    return {"nodes": [each], "max_parallel": 8}


SHAPES: dict[str, Callable[[int], Document]] = {
    "chain": chain,
    "fan": fan,
    "conditions": fan_in_on_conditions,
    "first": first_of_many,
    "switch": many_ways,
    "map": items,
    "narrow map": lambda count: items(count, concurrency=5),
    "loop": iterations,
    "rollback": undone,
    "failing items": items_that_fail,
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_node_costs_the_same_whatever_the_size_of_its_run(name: str) -> None:
    # What an item's failure costs grows with the items that are open, which are 256 at most.
    sizes = (FEW, MANY) if name != "failing items" else (OPEN_AT_ONCE * 2, MANY // 2)
    few, many = (lines_per_node(SHAPES[name](count), nodes=count) for count in sizes)
    assert many <= few * 1.3, f"{few:.0f} lines for each of {sizes[0]} nodes, {many:.0f} for each of {sizes[1]}"


@pytest.mark.skipif(not FILES, reason="expected WfCommons' instances in ../shared/data; they are not there")
@pytest.mark.parametrize(
    ("name", "grown"),
    [
        ("blast-chameleon-large-003", beside),
        ("epigenomics-chameleon-ilmn-1seq-100k-001", beside),
        ("montage-chameleon-2mass-01d-001", in_series),
        ("cycles-chameleon-1l-1c-9p-001", in_series),
    ],
    ids=["blast", "epigenomics", "montage", "cycles"],
)
def test_a_node_of_a_real_workflow_costs_the_same_among_ten_thousand(name: str, grown: Any) -> None:
    (instance,) = [read(file) for file in FILES if file.stem == name]
    large = grown(instance, MANY)
    few, many = (lines_per_node(definition(each, data=True), nodes=len(each.parents)) for each in (instance, large))
    assert many <= few * 1.3, f"{few:.0f} lines for each of {len(instance.parents)} nodes, {many:.0f} of {MANY}"
