"""What hooks hear of a run for which people are asked, and what they do not."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from concertato.journal.contract import Notice, TaskFilter
from concertato.notify.contract import DeliveryError
from support.people import asked, decide, steps
from support.running import House, house
from support.scripted import Hold, Scripts, fail
from support.source import ROOT

TWO_QUESTIONS: dict[str, Any] = {
    "name": "flow",
    "inputs": {"order": "any"},
    "nodes": [
        {
            "id": "approval",
            "type": "human",
            "to": "role:risk",
            "title": "Pay with card {{ order.card }}?",
            "instructions": "It is {{ order.card }}.",
        },
        {"id": "pay", "type": "pay", "retry": {"max_attempts": 1}, "on_failure": [{"escalate": {"to": "role:risk"}}]},
    ],
    "edges": [{"from": "approval", "to": "pay"}],
}


class Ear:
    """A hook that keeps what it is told, once it is there to be told anything."""

    name = "ear"

    def __init__(self) -> None:
        self.away = False
        self.heard: list[Notice] = []

    async def deliver(self, notice: Notice) -> None:
        if self.away:
            raise DeliveryError("nobody is there")
        self.heard.append(notice)

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [(notice.kind, json.loads(notice.body)["data"]["task"]) for notice in self.heard]


@asynccontextmanager
async def listening(tmp_path: Path, scripts: Scripts | None = None) -> AsyncIterator[tuple[House, Ear]]:
    async with house(tmp_path, scripts) as h:
        ear = Ear()
        h.hooks = [ear]
        await h.reopen()
        yield h, ear


async def test_a_hook_is_told_nothing_that_the_workflow_works_on(tmp_path: Path) -> None:
    scripts = Scripts(pay="paid").then("pay", fail("rejected", "card 4111-1111 was refused"))
    async with listening(tmp_path, scripts) as (h, ear):
        run_id = await h.start(TWO_QUESTIONS, order={"card": "4111-1111"})
        await asked(h, run_id)
        await decide(h, run_id, "approval", "done", reason="4111-1111 is ours")
        assert await asked(h, run_id) == ["pay~failed"]
        await decide(h, run_id, "pay~failed", "use_output", values={"output": "4111-1111"})
        await h.finish(run_id)
        await h.engine.deliver()
    assert ear.kinds == [
        ("task.opened", "approval"),
        ("task.decided", "approval"),
        ("task.opened", "pay~failed"),
        ("task.decided", "pay~failed"),
    ]
    assert [notice.body for notice in ear.heard if b"4111" in notice.body] == []


@pytest.mark.parametrize("beside", [[], [{"id": "other", "type": "human", "to": "role:risk"}]])
async def test_a_task_that_ends_with_the_event_that_opened_it_leaves_no_row_and_no_news(
    tmp_path: Path, beside: list[Any]
) -> None:
    nodes = [
        *beside,
        {"id": "look", "type": "look"},
        {"id": "approval", "type": "human", "to": "role:risk"},
        {"id": "bad", "type": "look", "inputs": ["look.output.missing"]},
    ]
    edges = [{"from": "look", "to": "approval"}, {"from": "look", "to": "bad"}]
    look = Hold({})
    async with listening(tmp_path, Scripts(look=look)) as (h, ear):
        run_id = await h.start({"name": "flow", "nodes": nodes, "edges": edges})
        await look.started.wait()
        look.release()
        assert (await h.finish(run_id)).path == "bad"
        await h.engine.deliver()
        assert "task_cancelled" in await steps(h, run_id), "it was asked, for no time at all"
        assert [row.task for row in await h.engine.tasks(TaskFilter(status=()))] == [node["id"] for node in beside]
    assert ear.kinds == [(kind, node["id"]) for node in beside for kind in ("task.opened", "task.cancelled")]


async def test_a_task_whose_row_somebody_has_removed_is_decided_all_the_same(tmp_path: Path) -> None:
    nodes = [{"id": name, "type": "human", "to": "role:risk"} for name in ("approval", "other")]
    async with listening(tmp_path) as (h, ear):
        run_id = await h.start({"name": "flow", "nodes": nodes})
        assert await asked(h, run_id) == ["approval", "other"]
        with closing(sqlite3.connect(h.path)) as journal:
            journal.execute("DELETE FROM tasks WHERE task = 'approval'")
            journal.commit()
        await h.reopen()
        await decide(h, run_id, "approval", "done")
        await decide(h, run_id, "other", "done")
        assert (await h.finish(run_id)).status == "succeeded"
        await h.engine.deliver()
    assert ear.kinds == [("task.opened", "approval"), ("task.opened", "other"), ("task.decided", "other")]


async def test_a_hook_is_told_just_what_the_docs_say(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
    example = json.loads(page.split("```json\n")[1].split("```")[0])
    async with listening(tmp_path, Scripts(pay="paid")) as (h, ear):
        await asked(h, await h.start(TWO_QUESTIONS, order={"card": "4111-1111"}))
        await h.engine.deliver()
    told = json.loads(ear.heard[0].body)
    assert (list(told), list(told["data"])) == (list(example), list(example["data"]))
