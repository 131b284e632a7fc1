"""`@agent`: makes an agent of a Python function, and leaves the function as it was.

Called, a decorated function runs; called while a workflow is being built, it becomes a node of that workflow. How a
run calls it is not decided here: see `function.py`.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar, Unpack, cast, overload
from weakref import WeakValueDictionary

from concertato.agents.context import TaskContext
from concertato.definition.builder.active import NodeOptions, active

P = ParamSpec("P")
R = TypeVar("R")

_CONTEXT = re.compile(r"\bTaskContext\b")
_UNUSABLE = {
    inspect.Parameter.POSITIONAL_ONLY: "is positional-only, and agents are called by name: remove the `/` after it",
    inspect.Parameter.VAR_POSITIONAL: "has no name for an input to go by: take a list instead",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `annotation` is as written (perhaps a string); `rest` marks `**kwargs`."""

    name: str
    annotation: Any
    default: Any
    required: bool
    rest: bool
    context: bool


class AgentFunction(Generic[P, R]):
    """A Python function that is an agent; call it as the function it is."""

    function: Callable[P, R]
    __name__: str
    __qualname__: str

    def __init__(self, function: Callable[P, R], *, name: str | None = None, process: bool = False) -> None:
        if isinstance(function, AgentFunction):
            function = function.function
        self.function = function
        self.name = name or _own_name(function)
        if self.name == "<lambda>":
            raise TypeError(
                "expected a name for an agent that is a lambda: agent(name=...), or Registry.of({name: ...})"
            )
        self.process = process
        self.signature = _signature(function, self.name)
        self.parameters = tuple(_parameter(each, self.name) for each in self.signature.parameters.values())
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"agent {self.name!r}: expected a function that returns its output, got a generator")
        # Not its attributes: an object that is called may have a `name` of its own.
        update_wrapper(self, function, updated=())

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if active.get() is None:
            return self.function(*args, **kwargs)
        return self._build(args, kwargs, None)

    def node(self, **options: Unpack[NodeOptions]) -> Callable[P, R]:
        """This agent with options of the node that its call makes: `assess.node(id="n2", timeout="30s")(order)`."""

        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            return self._build(args, kwargs, options)

        return call

    def __repr__(self) -> str:
        return f"<agent {self.name!r}: {self.function.__module__}.{_own_name(self.function)}>"

    def _build(self, args: tuple[Any, ...], kwargs: dict[str, Any], options: NodeOptions | None) -> R:
        builder = active.get()
        if builder is None:
            raise TypeError(f"agent {self.name!r}: options of a node have a meaning only while a workflow is built")
        parameters = [each for each in self.parameters if not each.context]
        # What comes back stands for the output: within a builder's block the static type R is a useful untruth.
        return cast("R", builder.call(self.name, parameters, args, kwargs, options))


@overload
def agent(function: Callable[P, R], /) -> AgentFunction[P, R]: ...
@overload
def agent(name: str | None = None, /, *, process: bool = False) -> Callable[[Callable[P, R]], AgentFunction[P, R]]: ...
@overload
def agent(*, name: str, process: bool = False) -> Callable[[Callable[P, R]], AgentFunction[P, R]]: ...
def agent(given: Any = None, /, *, name: str | None = None, process: bool = False) -> Any:
    """Make an agent of a function: `@agent`, `@agent("type_name")` or `@agent(name="type_name", process=True)`.

    The agent is named as the function is unless a name is given. An async function runs on the event loop, a plain
    one in a thread; with `process`, either runs in a process of its own, which a cancel or a timeout kills.
    """
    if callable(given):
        return _catalogued(AgentFunction(given))
    if given is not None and not isinstance(given, str):
        raise TypeError(f"expected @agent, @agent('type_name') or @agent(name=..., process=...), got: {given!r}")
    return lambda function: _catalogued(AgentFunction(function, name=given or name, process=process))


# For scripts and notebooks, which hand over no registry: the last function decorated under each name, for as long as
# anything else holds on to it. Engines never look here.
_catalogue: "WeakValueDictionary[str, AgentFunction[..., Any]]" = WeakValueDictionary()


def decorated_so_far() -> "list[AgentFunction[..., Any]]":
    """What `@agent` has decorated in this process; of two of one name, the later."""
    return list(_catalogue.values())


def _catalogued(function: AgentFunction[P, R]) -> AgentFunction[P, R]:
    _catalogue[function.name] = function
    return function


def _own_name(function: Callable[..., Any]) -> str:
    name: str = getattr(function, "__name__", type(function).__name__)
    return name


def _signature(function: Callable[..., Any], name: str) -> inspect.Signature:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"agent {name!r}: expected a function whose parameters can be read, got: {function!r}"
        ) from error
    first = next(iter(signature.parameters), None)
    if first == "self" and inspect.isfunction(function):
        raise TypeError(
            f"agent {name!r}: expected a function, got a method without its object;"
            f" register the bound one: Registry.of({{{name!r}: thing.{_own_name(function)}}})"
        )
    return signature


def _parameter(parameter: inspect.Parameter, agent_name: str) -> Parameter:
    if parameter.kind in _UNUSABLE:
        raise TypeError(f"agent {agent_name!r}: parameter {parameter.name!r} {_UNUSABLE[parameter.kind]}")
    annotation = parameter.annotation
    rest = parameter.kind is inspect.Parameter.VAR_KEYWORD
    return Parameter(
        name=parameter.name,
        annotation=Any if annotation is inspect.Parameter.empty else annotation,
        default=parameter.default,
        required=parameter.default is inspect.Parameter.empty and not rest,
        rest=rest,
        context=annotation is TaskContext or (isinstance(annotation, str) and bool(_CONTEXT.search(annotation))),
    )
