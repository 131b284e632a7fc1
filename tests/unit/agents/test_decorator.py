"""`@agent` leaves a function as it was, and says at once what cannot be an agent."""

import gc
from collections.abc import AsyncIterator, Sequence
from typing import Any, assert_type

import pytest

from concertato.agents.context import TaskContext
from concertato.agents.decorator import AgentFunction, Parameter, agent, decorated_so_far
from concertato.definition.builder.active import active


@agent
def double(n: int) -> int:
    """Twice as much."""
    return 2 * n


@agent("risk_assessment")
async def assess(amount: float, context: TaskContext, currency: str = "EUR", **more: int) -> float:
    return amount


class Recorder:
    """Stands in for a workflow being built."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[str], tuple[object, ...], dict[str, object], object]] = []

    def call(self, agent: str, parameters: Sequence[Any], args: Any, kwargs: Any, options: Any = None) -> Any:
        self.calls.append((agent, [each.name for each in parameters], args, dict(kwargs), options))
        return "a node"


def test_a_decorated_function_is_called_as_the_function_it_is() -> None:
    assert assert_type(double(21), int) == 42
    assert double.__name__ == "double"
    assert double.__doc__ == "Twice as much."


async def test_a_decorated_async_function_is_awaited_as_before() -> None:
    assert await assess(3.0, context=None) == 3.0  # type: ignore[arg-type]


def test_the_agent_is_named_as_the_function_unless_a_name_is_given() -> None:
    assert (double.name, assess.name) == ("double", "risk_assessment")
    assert agent(name="other", process=True)(double.function).name == "other"


def test_the_parameters_are_told_with_what_each_is_for() -> None:
    assert assess.parameters == (
        Parameter("amount", float, assess.signature.empty, required=True, rest=False, context=False),
        Parameter("context", TaskContext, assess.signature.empty, required=True, rest=False, context=True),
        Parameter("currency", str, "EUR", required=False, rest=False, context=False),
        Parameter("more", int, assess.signature.empty, required=False, rest=True, context=False),
    )


def test_a_context_is_known_by_its_annotation_even_when_that_is_a_string() -> None:
    def work(a: int, c: "TaskContext") -> None: ...

    assert [each.context for each in AgentFunction(work).parameters] == [False, True]


def test_an_agent_may_be_made_an_agent_again_under_another_name() -> None:
    again = agent("twice")(double)
    assert (again.name, again.function) == ("twice", double.function)


def test_an_object_that_is_called_keeps_its_attributes_to_itself() -> None:
    class Model:
        name = function = "the model's own"

        def __init__(self) -> None:
            self.name = self.function = "the model's own"

        def __call__(self, n: int) -> int:
            return n

    model = Model()
    made = AgentFunction(model, name="score")
    assert (made.name, made.function, made(3)) == ("score", model, 3)


def test_a_call_while_a_workflow_is_built_makes_a_node() -> None:
    recorder = Recorder()
    token = active.set(recorder)
    try:
        built: object = assess(1.0, currency="USD")  # type: ignore[call-arg]
        with_options: object = double.node(id="n2", timeout="30s")(1)
    finally:
        active.reset(token)
    assert (built, with_options) == ("a node", "a node")
    assert recorder.calls == [
        ("risk_assessment", ["amount", "currency", "more"], (1.0,), {"currency": "USD"}, None),
        ("double", ["n"], (1,), {}, {"id": "n2", "timeout": "30s"}),
    ]


def test_options_of_a_node_mean_nothing_where_no_workflow_is_built() -> None:
    with pytest.raises(TypeError, match="only while a workflow is built"):
        double.node(id="n2")(1)


def test_what_cannot_be_an_agent_is_refused_with_the_reason() -> None:
    def positional(a: int, /) -> None: ...
    def variadic(*a: int) -> None: ...
    async def stream() -> AsyncIterator[int]:
        yield 1

    class Service:
        def score(self, n: int) -> int:
            return n

    with pytest.raises(TypeError, match=r"agent 'positional': parameter 'a' is positional-only.*remove the `/`"):
        agent(positional)
    with pytest.raises(TypeError, match=r"agent 'variadic': parameter 'a' has no name.*take a list"):
        agent(variadic)
    with pytest.raises(TypeError, match="agent 'stream': expected a function that returns its output, got a generator"):
        agent(stream)
    with pytest.raises(TypeError, match="agent 'score': expected a function, got a method without its object"):
        agent(Service.score)
    with pytest.raises(TypeError, match="expected a name for an agent that is a lambda"):
        agent(lambda: None)
    with pytest.raises(TypeError, match=r"expected @agent, @agent\('type_name'\)"):
        agent(3)  # type: ignore[call-overload]


def test_of_two_agents_of_one_name_scripts_get_the_later() -> None:
    @agent("same_name_twice")
    def first() -> int:
        return 1

    @agent("same_name_twice")
    def second() -> int:
        return 2

    assert [each() for each in decorated_so_far() if each.name == "same_name_twice"] == [2]
    assert first() == 1


def test_a_function_that_nobody_holds_is_forgotten() -> None:
    agent("held_by_nobody")(lambda: None)
    gc.collect()
    assert "held_by_nobody" not in {each.name for each in decorated_so_far()}
