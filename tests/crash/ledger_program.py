"""The program that the crash tests kill: transfers through a workflow, on a journal and a ledger that outlive it.

It starts runs `first` to `first + count - 1` (`at_once` of them at a time, or all), each once by its key, and
prints a line for every start that was acknowledged, for every run that ended, and for every task that an agent was
asked for again after it had done it. Each run moves 10 out of an account and into another; every third one fails after
the first half, and is undone; of some the second half is tried twice. Agents recognise a repeat by its task id, as
agents are to.
"""

import asyncio
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from concertato import AgentError, Engine, TaskContext, agent

WORKFLOW: dict[str, Any] = {
    "name": "transfer",
    "inputs": {"number": "integer"},
    "nodes": [
        {"id": "take", "type": "take", "inputs": ["number"], "compensate": {"type": "give_back", "inputs": ["number"]}},
        {"id": "check", "type": "check", "inputs": {"number": "number", "taken": "take.output"}},
        {
            "id": "give",
            "type": "give",
            "inputs": {"number": "number", "checked": "check.output"},
            "retry": {"initial": 0},
        },
        {
            "id": "receipts",
            "type": "map",
            "over": "[1, 2, 3]",
            "nodes": [{"id": "print", "type": "receipt", "inputs": ["item"]}],
        },
    ],
    "edges": [{"from": "give", "to": "receipts"}],
}


def ledger(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS entries (task_id TEXT PRIMARY KEY, account TEXT, amount INTEGER)")
    return connection


def balances(folder: Path) -> dict[str, int]:
    """What the ledger in `folder` has in each account."""
    with closing(ledger(str(folder / "ledger.db"))) as book:
        return dict(book.execute("SELECT account, sum(amount) FROM entries GROUP BY account"))


PAUSE = 0.001
"""Seconds that an agent takes: so that a process is killed in the middle of its work, and not after it."""


def enter(book: sqlite3.Connection, key: str, account: str, amount: int) -> None:
    """Once for one key, however often it is asked for."""
    entered = book.execute("INSERT OR IGNORE INTO entries VALUES (?, ?, ?)", (key, account, amount))
    if not entered.rowcount:
        say("again", key)


class Agents:
    def __init__(self, path: str) -> None:
        self._ledger = ledger(path)

    async def _enter(self, context: TaskContext, account: str, amount: int) -> None:
        """Once for one task, however often it is asked for. Between that and the answer there is time to be killed."""
        enter(self._ledger, context.task_id, account, amount)
        await asyncio.sleep(PAUSE)

    async def take(self, number: int, context: TaskContext) -> int:
        await self._enter(context, "from", -10)
        return 10

    async def check(self, number: int, taken: int) -> bool:
        if number % 3 == 0:
            raise AgentError("not this one", kind="rejected")
        return True

    async def give(self, number: int, checked: bool, context: TaskContext) -> int:
        if number % 4 == 1 and context.attempt == 1:
            raise AgentError("not just now", kind="unavailable")
        await self._enter(context, "to", 10)
        return 10

    async def give_back(self, number: int, context: TaskContext) -> None:
        await self._enter(context, "from", 10)

    async def receipt(self, item: int, context: TaskContext) -> int:
        await self._enter(context, "receipts", 1)
        return item


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def registered(path: str) -> list[Any]:
    agents = Agents(path)
    return [agent(name)(getattr(agents, name)) for name in ("take", "check", "give", "give_back", "receipt")]


async def each_of(numbers: range, one: Callable[[int], Awaitable[None]], at_once: int) -> None:
    """Do `one` for every number, so many at a time."""
    left = iter(numbers)

    async def some() -> None:
        for number in left:
            await one(number)

    await asyncio.gather(*(some() for _ in range(at_once)))


async def main(journal: str, ledger_path: str, first: int, count: int, at_once: int | None = None) -> None:
    say("opening")
    async with await Engine.open(journal, agents=registered(ledger_path)) as engine:
        say("opened")

        async def one(number: int) -> None:
            run = await engine.start(WORKFLOW, {"number": number}, key=f"transfer-{number}")
            say("started", number, run.id)
            ended = await run.ended()
            say("ended", number, ended.status)

        await each_of(range(first, first + count), one, at_once or count)
    say("done")
