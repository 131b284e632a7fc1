"""People for tests, and what they decide."""

from typing import Any

from concertato.engine.contract import Decide, Delegate
from concertato.journal.contract import TaskFilter
from concertato.run.events import Identity
from support.running import House

ANN = Identity(user="ann", roles=["risk"], established="a test says so")
BOB = Identity(user="bob", roles=["risk", "operator"], established="a test says so")
EVE = Identity(user="eve", roles=["intern"], established="a test says so")


async def asked(h: House, run_id: str) -> list[str]:
    """The names of the tasks that are open once the run only waits."""
    await h.engine.settled(run_id)
    return [row.task for row in await h.engine.tasks(TaskFilter(limit=1000)) if row.run_id == run_id]


async def decide(h: House, run_id: str, task: str, choice: str, by: Identity = ANN, **more: Any) -> None:
    await h.engine.send(run_id, Decide(task=task, choice=choice, by=by, **more))


async def delegate(h: House, run_id: str, task: str, to: str, by: Identity = ANN) -> None:
    await h.engine.send(run_id, Delegate(task=task, to=to, by=by))


async def steps(h: House, run_id: str) -> list[str]:
    """The names of the steps of its decision path."""
    return [each.step for each in await h.engine.decisions(run_id)]


async def details(h: House, run_id: str, step: str) -> list[dict[str, Any]]:
    return [each.detail for each in await h.engine.decisions(run_id) if each.step == step]
