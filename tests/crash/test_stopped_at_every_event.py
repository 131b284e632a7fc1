"""A run is stopped after every commit of a rollback, a ladder and a decision: what goes on from there ends the same.

Of the journal as it stood after each commit a copy is kept, as a crash in that moment would have left it; an engine
that never knew the first goes on from each.
"""

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from concertato.agents.contract import Answer, Failed, Succeeded, Task
from concertato.engine.contract import Decide, Ended
from concertato.errors import Refused
from concertato.journal.contract import RunFilter, TaskFilter
from concertato.run.events import (
    AnyEvent,
    CompensationSucceeded,
    Decided,
    LateResult,
    NodeSucceeded,
    RecoveryDecided,
    RunFinished,
)
from support.people import ANN, BOB
from support.running import House, house
from support.scripted import Scripts, fail

Doing = Callable[[Task], Any]


class Doers(Scripts):
    """Agents whose answer depends on what they are asked alone, so that another process gives the same."""

    def __init__(self, **doings: Doing) -> None:
        super().__init__()
        self.agents = {name: _Doer(name, self, doing) for name, doing in doings.items()}  # type: ignore[misc]


class _Doer:
    def __init__(self, name: str, all_of_them: Doers, doing: Doing) -> None:
        self.name = name
        self._all = all_of_them
        self._doing = doing

    def start(self, task: Task) -> Any:
        return self._answer(task)

    async def _answer(self, task: Task) -> Answer:
        self._all.tasks.append(task)
        done = self._doing(task)
        return done if isinstance(done, Failed) else Succeeded(msgspec.json.encode(done))


def doers() -> Doers:
    """`bad` fails until it is tried again by somebody's decision; what `b` did no agent can undo."""
    return Doers(
        do=lambda task: task.path,
        bad=lambda task: fail("rejected"),
        once=lambda task: "well" if "~" in task.path or task.attempt > 1 else fail("rejected"),
        undo=lambda task: fail("rejected") if task.path == "b~undo" else fail("timeout") if task.attempt == 1 else None,
        advisor=lambda task: {"action": "retry", "reason": "once more"},
    )


def done(node_id: str, *after: str) -> dict[str, Any]:
    inputs = {f"after_{each}": f"{each}.output" for each in after}
    return {"id": node_id, "type": "do", "inputs": inputs, "compensate": {"type": "undo"}}


def failing(agent: str, *after: str, **more: Any) -> dict[str, Any]:
    inputs = {f"after_{each}": f"{each}.output" for each in after}
    return {"id": "end", "type": agent, "inputs": inputs, **more}


PART = {"name": "part", "nodes": [done("x"), done("y", "x")]}
ROLLBACK: dict[str, Any] = {
    "name": "rollback",
    "nodes": [
        done("a"),
        done("b", "a"),
        {"id": "l", "type": "loop", "until": "iteration == 1", "nodes": [done("i")]},
        {"id": "p", "type": "workflow", "workflow": "part"},
        failing("bad", "l", "p", "b"),
    ],
    "workflows": {"part": PART},
}
ANEW: dict[str, Any] = {
    "name": "anew",
    "nodes": [
        {
            "id": "m",
            "type": "map",
            "over": "[1, 2]",
            "on_failure": [{"escalate": {"to": "role:risk"}}],
            "nodes": [done("x"), failing("once", "x")],
        },
        {"id": "then", "type": "do", "inputs": ["m.output"]},
    ],
}
DECISIONS: dict[str, Any] = {
    "name": "decisions",
    "nodes": [
        {"id": "ask", "type": "human", "to": "role:risk", "choices": ["yes", "no"], "approvals": 2},
        done("a"),
        failing("once", "a", on_failure=[{"recover": {"type": "advisor", "may": ["retry"]}}]),
        {"id": "worse", "type": "bad", "inputs": ["end.output"], "on_failure": [{"escalate": {"to": "role:risk"}}]},
    ],
    "edges": [{"from": "ask", "to": "a", "when": "yes"}],
}
CHOICES = {"b~undo": "done", "m~failed": "retry", "ask": "yes", "worse~failed": "skip"}


class Lived(NamedTuple):
    ended: Ended
    statuses: dict[str, str]
    events: list[AnyEvent]
    asked: list[Task]


async def go_on(h: House, run_id: str) -> Lived:
    """See a run to its end: people decide what they are asked, and time passes."""
    for _ in range(300):
        await h.quiet()
        tasks = [row.task for row in await h.engine.tasks(TaskFilter()) if row.run_id == run_id]
        if tasks:
            await decide(h, run_id, tasks[0])
        elif (await h.engine.get(run_id)).run.ended_at is not None:
            break
        elif h.clock.next_alarm is not None:
            h.clock.advance(max(h.clock.next_alarm, 0.0))
    return Lived(await h.engine.result(run_id), await h.statuses(run_id), await h.events(run_id), h.scripts.tasks)


async def decide(h: House, run_id: str, task: str) -> None:
    for by in (ANN, BOB):
        try:
            await h.engine.send(run_id, Decide(task=task, choice=CHOICES[task], by=by))
        except Refused:
            continue
        return


@asynccontextmanager
async def copying(h: House, copies: Path) -> AsyncIterator[None]:
    """Keep a copy of the journal after each of its commits."""
    commit = h.engine._journal.commit

    def commit_and_copy() -> None:
        commit()
        place = copies / str(len(list(copies.iterdir()))).rjust(3, "0")
        place.mkdir()
        with closing(sqlite3.connect(h.path)) as source, closing(sqlite3.connect(place / "journal.db")) as target:
            source.backup(target)

    h.engine._journal.commit = commit_and_copy  # type: ignore[method-assign]
    yield


async def lived_and_copied(folder: Path, definition: Mapping[str, Any]) -> tuple[Lived, list[Path]]:
    first, copies = folder / "first", folder / "copies"
    first.mkdir()
    copies.mkdir()
    async with house(first, doers()) as h, copying(h, copies):
        whole = await go_on(h, await h.start(definition))
    return whole, sorted(copies.iterdir())


@pytest.mark.parametrize("definition", [ROLLBACK, ANEW, DECISIONS], ids=lambda each: each["name"])
async def test_what_goes_on_from_any_moment_ends_the_same(tmp_path: Path, definition: Mapping[str, Any]) -> None:
    whole, copies = await lived_and_copied(tmp_path, definition)
    seen = []
    for copy in copies:
        async with house(copy, doers()) as h:
            (row,) = h.engine._journal.runs(RunFilter())
            durable = [stored.event for stored in h.engine._journal.events(row.number)]
            seen.append(len(durable))
            lived = await go_on(h, row.run_id)
        ends_as_it_did(lived, whole)
        asks_nothing_that_was_answered(lived, durable)
        records_everything_once(lived)
    assert seen[0] == 1
    assert max(seen) == len(whole.events)
    assert len(set(seen)) > len(whole.events) // 2, "nearly every event is a commit of its own"


def ends_as_it_did(lived: Lived, whole: Lived) -> None:
    assert (lived.ended.status, lived.ended.outputs) == (whole.ended.status, whole.ended.outputs)
    assert lived.statuses == whole.statuses
    assert kinds(lived) == kinds(whole)


def kinds(lived: Lived) -> Counter[type]:
    """How many events of each kind. What is in flight as its item is stopped may answer in time or late."""
    return Counter(type(each) for each in lived.events if not isinstance(each, LateResult))


def asks_nothing_that_was_answered(lived: Lived, durable: list[AnyEvent]) -> None:
    """Neither an agent whose answer was durable, nor a person whose decision was; and no compensation twice."""
    answered = {
        each.path for each in durable if isinstance(each, NodeSucceeded | CompensationSucceeded | RecoveryDecided)
    }
    assert not answered.intersection(task.path for task in lived.asked)
    decided = {(each.task, each.by.user) for each in durable if isinstance(each, Decided)}
    after = lived.events[len(durable) :]
    assert not decided.intersection((each.task, each.by.user) for each in after if isinstance(each, Decided))


def records_everything_once(lived: Lived) -> None:
    results = [each.path for each in lived.events if isinstance(each, NodeSucceeded | CompensationSucceeded)]
    assert len(results) == len(set(results))
    assert [type(each) for each in lived.events].count(RunFinished) == 1
