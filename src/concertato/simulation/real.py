"""Calling real agents in a simulated run. They take no virtual time, and what they do, they really do."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from concertato.agents.contract import Agent, Answer, Failed, Task
from concertato.agents.registry import Registry
from concertato.errors import FailureKind
from concertato.run.commands import CallAgent
from concertato.run.events import Failure

_LONGEST = 60.0
"""Seconds that a real agent is waited for at most, whatever its node says: a simulation waits in real time."""
_PATIENCE = 0.2
"""Seconds that one which is told to stop is waited for, twice."""
_LOOK = 0.1
"""Seconds after which it is asked again whether to stop."""


class RealAgents:
    """The agents of `registry` that are called for real: those in `names`; none is waited for once `stop` says so.

    `left_behind`: one did not end when it was told to, and its thread may be there for ever.
    """

    def __init__(self, registry: Registry, names: frozenset[str], stop: Callable[[], bool]) -> None:
        self._registry = registry
        self.names = names
        self._stop = stop
        self._runner = asyncio.Runner()
        self.left_behind = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        loop = self._runner.get_loop()
        if asyncio.all_tasks(loop):  # these were told to stop twice, and the runner would wait for them
            loop.close()
        else:
            self._runner.close()
        self._registry.close()

    def are_asked(self, agent: str) -> bool:
        return agent in self.names

    def ask(self, call: CallAgent, run_id: str, workflow: str) -> Answer:
        """What the agent answers; whatever it does is an answer."""
        agent = self._registry.resolve(call.agent)
        assert agent is not None, f"who is called for real was looked for before: {call.agent}"
        task = Task(call.task_id, call.agent, run_id, workflow, call.path, call.attempt, call.fields)
        return self._runner.run(self._answer(agent, task, min(call.timeout or _LONGEST, _LONGEST)))

    async def _answer(self, agent: Agent, task: Task, seconds: float) -> Answer:
        try:
            answer = agent.start(task)
            if not isinstance(answer, Awaitable):
                return answer
            work = asyncio.ensure_future(answer)
            try:
                return await self._waited_for(work, seconds)
            finally:
                await self._give_up(work)
        except Exception as error:  # noqa: BLE001 - a kind of agent that breaks its contract must not end the simulation
            return _failed(FailureKind.INTERNAL, f"agent '{task.agent}' broke: {type(error).__name__}: {error}")

    async def _waited_for(self, work: "asyncio.Future[Answer]", seconds: float) -> Answer:
        ends = asyncio.get_running_loop().time() + seconds
        while not work.done():
            left = ends - asyncio.get_running_loop().time()
            if left <= 0:
                return _failed(FailureKind.TIMEOUT, f"no answer within {seconds:g} s")
            if self._stop():
                return _failed(FailureKind.CANCELLED, "the simulation was interrupted")
            await asyncio.wait([work], timeout=min(left, _LOOK))
        if work.cancelled():
            return _failed(FailureKind.INTERNAL, "it ended as if it had been told to stop, and it was not")
        return work.result()

    async def _give_up(self, work: "asyncio.Future[Answer]") -> None:
        """Tell it to stop. What is in a thread is told by the first word, and is waited for until there is a second."""
        for _ in range(2):
            if work.done():
                return
            work.cancel()
            await asyncio.wait([work], timeout=_PATIENCE)
            self.left_behind |= not work.done()


def _failed(kind: FailureKind, message: str) -> Failed:
    return Failed(Failure(kind, message))
