"""The program that the crash tests kill: transfers through a workflow, on a journal and a ledger that outlive it.

    python ledger_program.py JOURNAL LEDGER FIRST COUNT

It starts runs FIRST to FIRST + COUNT - 1, each once by its key, and prints a line for every start that was acknowledged
and for every run that ended. Each run moves 10 out of an account and into another; every third one fails after the
first half, and is undone. Agents recognise a repeat by its task id, as agents are to.
"""

import asyncio
import sqlite3
import sys
from typing import Any

from concertato import AgentError, Engine, TaskContext, agent

WORKFLOW: dict[str, Any] = {
    "name": "transfer",
    "inputs": {"number": "integer"},
    "nodes": [
        {"id": "take", "type": "take", "inputs": ["number"], "compensate": {"type": "give_back", "inputs": ["number"]}},
        {"id": "check", "type": "check", "inputs": {"number": "number", "taken": "take.output"}},
        {"id": "give", "type": "give", "inputs": {"number": "number", "checked": "check.output"}},
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


class Agents:
    def __init__(self, path: str) -> None:
        self._ledger = ledger(path)

    def _enter(self, context: TaskContext, account: str, amount: int) -> bool:
        """True when this is the first time."""
        entered = self._ledger.execute(
            "INSERT OR IGNORE INTO entries VALUES (?, ?, ?)", (context.task_id, account, amount)
        )
        return entered.rowcount == 1

    async def take(self, number: int, context: TaskContext) -> int:
        self._enter(context, "from", -10)
        await asyncio.sleep(0)
        return 10

    async def check(self, number: int, taken: int) -> bool:
        if number % 3 == 0:
            raise AgentError("not this one", kind="rejected")
        return True

    async def give(self, number: int, checked: bool, context: TaskContext) -> int:
        self._enter(context, "to", 10)
        return 10

    async def give_back(self, number: int, context: TaskContext) -> None:
        self._enter(context, "from", 10)
        await asyncio.sleep(0)

    async def receipt(self, item: int, context: TaskContext) -> int:
        self._enter(context, "receipts", 1)
        return item


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def registered(path: str) -> list[Any]:
    agents = Agents(path)
    return [agent(name)(getattr(agents, name)) for name in ("take", "check", "give", "give_back", "receipt")]


async def main(journal: str, ledger_path: str, first: int, count: int) -> None:
    async with await Engine.open(journal, agents=registered(ledger_path)) as engine:

        async def one(number: int) -> None:
            run = await engine.start(WORKFLOW, {"number": number}, key=f"transfer-{number}")
            say("started", number, run.id)
            ended = await run.ended()
            say("ended", number, ended.status)

        await asyncio.gather(*(one(number) for number in range(first, first + count)))
    say("done")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
