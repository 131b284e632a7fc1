"""What a Python program does about people and edits: through the public names alone, as the docs tell it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from concertato import DefinitionError, Engine, Identity, RequestError, agent
from concertato.journal.contract import Notice, TaskFilter
from concertato.run.events import Decided

RELEASE: dict[str, Any] = {
    "name": "release",
    "nodes": [
        {"id": "ask", "type": "human", "to": "role:clerk", "choices": ["go", "stay"], "not": ["initiator"]},
        {"id": "ship", "type": "ship"},
    ],
    "edges": [{"from": "ask", "to": "ship", "when": "go"}],
}
ANN = Identity("ann", ["clerk"], "session cookie")


@agent
async def ship() -> str:
    return "shipped"


class Ear:
    """Hears what people are asked."""

    name = "ear"

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()

    async def deliver(self, notice: Notice) -> None:
        self.heard.put_nowait(notice.kind)


async def test_a_program_shows_a_task_and_records_who_decided_it(tmp_path: Path) -> None:
    async with Engine.open(tmp_path / "journal.db", agents=[ship]) as engine:
        run = await engine.start(RELEASE, by="joe")
        await run.settled()
        (row,) = await run.tasks()
        assert [each.task for each in await engine.tasks(TaskFilter(to=["role:clerk"]))] == [row.task] == ["ask"]
        assert await engine.tasks(TaskFilter(to=["user:eve"])) == []
        task = await run.task("ask")
        await run.decide("ask", "go", by=ANN, reason="paid", shown=task.shown)
        assert await run.result() == {"ship": "shipped"}
        decided = next(step for step in await run.decisions() if step.step == "decided")
        assert (decided.detail["choice"], decided.detail["reason"]) == ("go", "paid")
        assert [each.outcome for each in await run.tasks(status=("decided",))] == ["go"]


async def test_a_name_alone_is_recorded_as_asserted_by_the_caller(tmp_path: Path) -> None:
    async with Engine.open(tmp_path / "journal.db", agents=[ship]) as engine:
        run = await engine.start(RELEASE, by="joe")
        await run.settled()
        with pytest.raises(RequestError, match="it is for role:clerk"):
            await run.decide("ask", "go", by="bob")
        await run.delegate("ask", "user:bob", by=ANN)
        await run.decide("ask", "stay", by="bob")
        await run.ended()
        events = [stored.event async for stored in run.events(follow=False)]
        assert [event.by for event in events if isinstance(event, Decided)] == [
            Identity("bob", [], "asserted by the caller")
        ]


@pytest.mark.parametrize("by", ["", 3, None])
async def test_nobody_decides_nothing(tmp_path: Path, by: Any) -> None:
    async with Engine.open(tmp_path / "journal.db", agents=[ship]) as engine:
        run = await engine.start(RELEASE, by="joe")
        with pytest.raises(RequestError, match="expected by= to be a user's name or an Identity"):
            await run.decide("ask", "go", by=by)


async def test_a_program_tries_an_edit_makes_it_and_takes_it_back(tmp_path: Path) -> None:
    edges = [{"from": "ask", "to": "again", "when": "go"}]
    patch = {"add": {"nodes": [{"id": "again", "type": "ship"}], "edges": edges}}
    async with Engine.open(tmp_path / "journal.db", agents=[ship]) as engine:
        run = await engine.start(RELEASE, by="joe")
        await run.settled()
        plan = await run.check_edit(patch)
        assert "again" in plan.root.by_id
        assert [node.path for node in (await run.view()).nodes] == ["ask", "ship"]
        with pytest.raises(DefinitionError):
            await run.check_edit({"remove": {"nodes": ["shipp"]}})
        await run.edit(patch, by="ann")
        assert [node.path for node in (await run.view()).nodes] == ["ask", "ship", "again"]
        with pytest.raises(RequestError, match="event 0 is not an edit"):
            await run.undo_edit(0)
        await run.undo_edit(by="ann", reason="a mistake")
        assert [node.path for node in (await run.view()).nodes] == ["ask", "ship"]


async def test_hooks_are_told_what_people_are_asked(tmp_path: Path) -> None:
    ear = Ear()
    async with Engine.open(tmp_path / "journal.db", agents=[ship], hooks=[ear]) as engine:
        await engine.start(RELEASE, by="joe")
        assert await asyncio.wait_for(ear.heard.get(), 20) == "task.opened"
