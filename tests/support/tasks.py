"""Tasks as an engine would make them, and what an agent answers to one."""

from typing import Any

import msgspec

from concertato.agents.contract import Agent, Answer, Failed, Succeeded, Task
from concertato.agents.decorator import AgentFunction
from concertato.agents.registry import Registry
from concertato.run.events import Failure


def task(agent: str, /, *, deadline: float | None = None, attempt: int = 1, **fields: Any) -> Task:
    texts = {name: msgspec.json.encode(value) for name, value in fields.items()}
    return Task("root/score", agent, "run", "orders", "score", attempt, texts, deadline)


async def ask(agent: Agent, asked: Task) -> Answer:
    answer = agent.start(asked)
    return answer if isinstance(answer, Succeeded | Failed) else await answer


async def answer_of(function: AgentFunction[..., Any], /, **fields: Any) -> Answer:
    """What a function answers through a registry of its own."""
    registry = Registry.of(function)
    try:
        agent = registry.resolve(function.name)
        assert agent is not None
        return await ask(agent, task(function.name, **fields))
    finally:
        registry.close()


async def output_of(function: AgentFunction[..., Any], /, **fields: Any) -> Any:
    answer = await answer_of(function, **fields)
    assert isinstance(answer, Succeeded), answer
    return msgspec.json.decode(answer.output)


async def failure_of(function: AgentFunction[..., Any], /, **fields: Any) -> Failure:
    answer = await answer_of(function, **fields)
    assert isinstance(answer, Failed), answer
    return answer.failure
