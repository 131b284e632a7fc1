"""Calling real agents in a simulated run. They take no virtual time, and what they do, they really do."""

import asyncio
from collections.abc import Awaitable
from types import TracebackType
from typing import Self

from concertato.agents.contract import Agent, Answer, Failed, Task
from concertato.agents.registry import Registry
from concertato.errors import FailureKind
from concertato.run.commands import CallAgent
from concertato.run.events import Failure

_LONGEST = 60.0
"""Seconds that a real agent is waited for where its node says nothing."""


class RealAgents:
    """The agents of `registry` that are called for real: those in `names`."""

    def __init__(self, registry: Registry, names: frozenset[str]) -> None:
        self._registry = registry
        self.names = names
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._runner.close()
        self._registry.close()

    def are_asked(self, agent: str) -> bool:
        return agent in self.names

    def ask(self, call: CallAgent, run_id: str, workflow: str) -> Answer:
        """What the agent answers; whatever it does is an answer."""
        agent = self._registry.resolve(call.agent)
        assert agent is not None, f"who is called for real was looked for before: {call.agent}"
        task = Task(call.task_id, call.agent, run_id, workflow, call.path, call.attempt, call.fields)
        return self._runner.run(_answer(agent, task, call.timeout or _LONGEST))


async def _answer(agent: Agent, task: Task, seconds: float) -> Answer:
    try:
        answer = agent.start(task)
        if isinstance(answer, Awaitable):
            async with asyncio.timeout(seconds):
                return await answer
    except TimeoutError:
        return Failed(Failure(FailureKind.TIMEOUT, f"no answer within {seconds:g} s"))
    except Exception as error:  # noqa: BLE001 - a kind of agent that breaks its contract must not end the simulation
        return Failed(Failure(FailureKind.INTERNAL, f"agent '{task.agent}' broke: {type(error).__name__}: {error}"))
    return answer
