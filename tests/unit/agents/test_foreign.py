"""Agents of kinds that are not ours are believed only as far as the journal can bear it."""

from collections.abc import Awaitable
from typing import Any

import pytest

from concertato.agents.contract import Answer, Failed, Succeeded, Task
from concertato.agents.registry import Registry
from concertato.errors import FailureKind
from support.tasks import ask, task


class Kind:
    """An agent of a kind of its own that gives what it is told to give, at once or later."""

    def __init__(self, gives: Any, *, later: bool) -> None:
        self.name = "kind"
        self._gives = gives
        self._later = later

    def start(self, task: Task) -> Answer | Awaitable[Answer]:
        async def answer() -> Answer:
            return self._gives  # type: ignore[no-any-return]

        return answer() if self._later else self._gives


MISFITS: list[Any] = [Succeeded(b"{oops"), Succeeded(b'"\xff\xfe"'), Succeeded(b""), "text", None]


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("gives", [*MISFITS, Succeeded(7)])  # type: ignore[arg-type]
async def test_what_the_journal_could_not_keep_is_invalid_output(gives: Any, later: bool) -> None:
    agent = Registry.of(Kind(gives, later=later)).resolve("kind")
    assert agent is not None
    answer = await ask(agent, task("kind"))
    assert isinstance(answer, Failed)
    assert answer.failure.kind is FailureKind.INVALID_OUTPUT
    assert "agent 'kind': expected" in answer.failure.message


@pytest.mark.parametrize("later", [False, True])
async def test_what_is_well_formed_goes_through_as_it_is(later: bool) -> None:
    agent = Registry.of(Registry.of(Kind(Succeeded(b'{"a": 1}'), later=later))).resolve("kind")
    assert agent is not None
    assert await ask(agent, task("kind")) == Succeeded(b'{"a": 1}')
