"""Which agent answers to which name."""

from types import ModuleType

import pytest

from concertato.agents.contract import Answer, Failed, Succeeded, Task
from concertato.agents.decorator import AgentFunction, agent
from concertato.agents.registry import Registry, default_registry
from support.tasks import ask, task


@agent("validation")
async def validate(n: int) -> int:
    return n


def plain(n: int) -> int:
    return n


def module(name: str, **members: object) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(members)
    return made


class Remote:
    """An agent of another kind."""

    name = "remote"

    def start(self, task: Task) -> Answer:
        return Succeeded(b"1")


def test_agents_come_from_functions_modules_mappings_lists_and_other_registries() -> None:
    inner = Registry.of({"renamed": validate, "given": plain}, Remote())
    registry = Registry.of(validate, plain, module("m", a=AgentFunction(plain, name="held"), b=plain, c=3), [inner])
    assert registry.names == ["given", "held", "plain", "remote", "renamed", "validation"]


async def test_an_agent_is_resolved_by_its_name() -> None:
    registry = Registry.of({"renamed": validate}, Remote())
    renamed, remote = registry.resolve("renamed"), registry.resolve("remote")
    assert renamed is not None
    assert remote is not None
    assert await ask(renamed, task("renamed", n=1)) == Succeeded(b"1")
    assert await ask(remote, task("remote")) == Succeeded(b"1")
    assert registry.resolve("validation") is None


def test_two_agents_cannot_share_a_name() -> None:
    other = AgentFunction(plain, name="validation")
    with pytest.raises(TypeError, match=r"expected one agent called 'validation', got two: .*validate.* and .*plain"):
        Registry.of(validate, other)


def test_a_function_may_come_again_when_its_module_is_loaded_again() -> None:
    def reloaded(n: int) -> int:
        return n + 1

    reloaded.__module__, reloaded.__qualname__ = plain.__module__, plain.__qualname__
    registry = Registry.of(plain, plain, AgentFunction(reloaded, name="plain"))
    assert registry.names == ["plain"]


def test_what_is_no_agent_is_refused() -> None:
    with pytest.raises(TypeError, match=r"expected an agent: .* got: 3"):
        Registry.of(3)


async def test_scripts_get_what_was_decorated_and_learn_on_calling_what_cannot_work() -> None:
    @agent("unfindable_by_a_worker", process=True)
    def local() -> None: ...

    registry = default_registry()
    assert registry.resolve("validation") is not None
    unusable = registry.resolve("unfindable_by_a_worker")
    assert unusable is not None
    answer = await ask(unusable, task("unfindable_by_a_worker"))
    assert isinstance(answer, Failed)
    assert "put it at the top level of a module" in answer.failure.message
    assert local() is None
