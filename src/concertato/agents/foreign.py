"""Agents of kinds that are not ours: what they answer is read once before it is believed.

An output that is no JSON text would be written to the journal, and its run could never be read again.
"""

from collections.abc import Awaitable

import msgspec

from concertato.agents.contract import Agent, Answer, Failed, Succeeded, Task
from concertato.errors import FailureKind
from concertato.run.events import Failure

_read = msgspec.json.Decoder(msgspec.Raw).decode


class ForeignAgent:
    """Stands before an agent, and answers for it."""

    def __init__(self, agent: Agent) -> None:
        self.name = agent.name
        self.agent = agent

    def start(self, task: Task) -> Answer | Awaitable[Answer]:
        answer = self.agent.start(task)
        return self._later(answer) if isinstance(answer, Awaitable) else self._checked(answer)

    async def _later(self, answer: Awaitable[Answer]) -> Answer:
        return self._checked(await answer)

    def _checked(self, answer: Answer) -> Answer:
        match answer:
            case Failed():
                return answer
            case Succeeded():
                try:
                    _read(answer.output)
                    answer.output.decode()  # the one above passes a text on unread
                except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError) as problem:
                    return self._refused(f"expected its output to be JSON text: {problem}")
                return answer
            case _:
                return self._refused(f"expected Succeeded or Failed, got: {type(answer).__name__}")

    def _refused(self, why: str) -> Failed:
        return Failed(Failure(FailureKind.INVALID_OUTPUT, f"agent {self.name!r}: {why}", "output"))
