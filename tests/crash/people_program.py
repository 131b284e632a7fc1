"""Transfers that people decide about, on a journal and a ledger that outlive the program: it is killed at any moment.

Somebody approves each transfer first. Every third is found wrong after its first half and is undone; of those every
other cannot be undone by its agent, so somebody does it by hand and says so. Of the next third the second half fails,
and somebody books it by hand. It prints a line for each decision that was acknowledged and each run that ended.
"""

import asyncio
import sqlite3
from typing import Any

from concertato import AgentError, Engine, TaskContext, agent
from concertato.client.runs import Run
from concertato.run.events import Identity
from crash.ledger_program import PAUSE, each_of, enter, ledger, say

ANN = Identity("ann", ["boss", "operator"], "a test says so")

WORKFLOW: dict[str, Any] = {
    "name": "transfer",
    "inputs": {"number": "integer"},
    "nodes": [
        {"id": "ask", "type": "human", "to": "role:boss", "title": "Transfer {{ number }}", "choices": ["yes", "no"]},
        {"id": "take", "type": "take", "inputs": ["number"], "compensate": {"type": "give_back", "inputs": ["number"]}},
        {"id": "check", "type": "check", "inputs": {"number": "number", "taken": "take.output"}},
        {
            "id": "give",
            "type": "give",
            "inputs": {"number": "number", "checked": "check.output"},
            "on_failure": [{"escalate": {"to": "role:boss"}}],
        },
    ],
    "edges": [{"from": "ask", "to": "take", "when": "yes"}],
}
CHOICES = {"ask": "yes", "take~undo": "done", "give~failed": "use_output"}
"""What is decided, by the name of the task."""

BY_HAND = {"take~undo": ("from", 10), "give~failed": ("to", 10)}
"""What somebody books before they say that it is done."""


class Agents:
    def __init__(self, book: sqlite3.Connection) -> None:
        self._book = book

    async def _enter(self, context: TaskContext, account: str, amount: int) -> None:
        enter(self._book, context.task_id, account, amount)
        await asyncio.sleep(PAUSE)

    async def take(self, number: int, context: TaskContext) -> int:
        await self._enter(context, "from", -10)
        return 10

    async def check(self, number: int, taken: int) -> bool:
        if number % 3 == 0:
            raise AgentError("not this one", kind="rejected")
        return True

    async def give(self, number: int, checked: bool, context: TaskContext) -> int:
        if number % 3 == 1:
            raise AgentError("no such account", kind="rejected")
        await self._enter(context, "to", 10)
        return 10

    async def give_back(self, number: int, context: TaskContext) -> None:
        if number % 2 == 0:
            raise AgentError("closed for today", kind="rejected")
        await self._enter(context, "from", 10)


def asked_about(number: int) -> list[str]:
    """The tasks that people decide about a transfer."""
    wrong = ["take~undo"] if number % 3 == 0 and number % 2 == 0 else []
    return ["ask", *wrong, *(["give~failed"] if number % 3 == 1 else [])]


async def see_to(run: Run, number: int, book: sqlite3.Connection) -> None:
    """Decide whatever the run asks until it has ended."""
    while (await run.settled()).run.ended_at is None:
        for row in await run.tasks():
            if row.task in BY_HAND:
                enter(book, f"{run.id} by hand {row.task}", *BY_HAND[row.task])
            values = {"output": 10} if row.task == "give~failed" else None
            await run.decide(row.task, CHOICES[row.task], by=ANN, values=values)
            say("decided", number, row.task)
    say("ended", number, (await run.ended()).status)


async def main(journal: str, ledger_path: str, first: int, count: int, at_once: int | None = None) -> None:
    say("opening")
    book = ledger(ledger_path)
    agents = Agents(book)
    registered = [agent(name)(getattr(agents, name)) for name in ("take", "check", "give", "give_back")]
    async with await Engine.open(journal, agents=registered) as engine:
        say("opened")

        async def one(number: int) -> None:
            run = await engine.start(WORKFLOW, {"number": number}, key=f"transfer-{number}")
            say("started", number, run.id)
            await see_to(run, number, book)

        await each_of(range(first, first + count), one, at_once or count)
    say("done")
