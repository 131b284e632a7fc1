"""What hooks hear of a run for which people are asked, and what they do not."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from concertato.journal.contract import Notice
from concertato.notify.contract import DeliveryError
from support.people import asked, decide
from support.running import House, house
from support.scripted import Scripts, fail
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


async def test_a_hook_is_told_just_what_the_docs_say(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
    example = json.loads(page.split("```json\n")[1].split("```")[0])
    async with listening(tmp_path, Scripts(pay="paid")) as (h, ear):
        await asked(h, await h.start(TWO_QUESTIONS, order={"card": "4111-1111"}))
        await h.engine.deliver()
    told = json.loads(ear.heard[0].body)
    assert (list(told), list(told["data"])) == (list(example), list(example["data"]))
