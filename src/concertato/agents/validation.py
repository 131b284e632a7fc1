"""What goes into a function: a task's fields become its arguments, or a complaint that says which one does not fit."""

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any, Unpack, get_origin, get_type_hints

import msgspec

from concertato.agents.codec import MisfitError, Reads, decoder, misfit, refuse_unreadable
from concertato.agents.decorator import AgentFunction
from concertato.errors import FailureKind
from concertato.run.events import Failure


class InvalidValueError(Exception):
    """A value does not fit its annotation, on the way in or out."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Arguments:
    """Reads the fields of a task as the arguments of one function. Made once per agent, with all looked up."""

    __slots__ = ("_agent", "_only", "_reads", "_required", "_rest", "context")

    def __init__(self, agent: AgentFunction[..., Any], hints: Mapping[str, Any]) -> None:
        self._agent = agent.name
        inputs = [each for each in agent.parameters if not each.context]
        self.context = next((each.name for each in agent.parameters if each.context), None)
        """The parameter that takes the `TaskContext`."""
        reads = {each.name: _reader(agent.name, each.name, hints.get(each.name, Any)) for each in inputs}
        self._rest: Reads | None = next((reads.pop(each.name) for each in inputs if each.rest), None)
        self._reads = reads
        self._required = [each.name for each in inputs if each.required]
        self._only = inputs[0].name if len(inputs) == 1 and self._rest is None else None

    def read(self, fields: Mapping[str, bytes]) -> dict[str, Any]:
        """The arguments by name. Raises `InvalidValueError`."""
        if self._only is not None and len(fields) == 1:
            # A function of one parameter takes the one input that there is, however the workflow calls it.
            for text in fields.values():
                try:
                    return {self._only: self._reads[self._only](text)}
                except (MisfitError, msgspec.MsgspecError) as error:
                    raise self._misfit(self._only, error) from None
        arguments = {}
        for name, text in fields.items():
            read = self._reads.get(name, self._rest)
            if read is None:
                raise self._mismatch(fields)
            try:
                arguments[name] = read(text)
            except (MisfitError, msgspec.MsgspecError) as error:
                raise self._misfit(name, error) from None
        for name in self._required:
            if name not in arguments:
                raise self._mismatch(fields)
        return arguments

    def _misfit(self, name: str, error: MisfitError | msgspec.MsgspecError) -> InvalidValueError:
        found = error if isinstance(error, MisfitError) else misfit(error)
        where = f"{name}{found.where}"
        at = f" (at {where})" if found.where else ""
        message = f"agent {self._agent!r}: parameter {name!r}: {found.what}{at}"
        return InvalidValueError(Failure(FailureKind.INVALID_INPUT, message, where))

    def _mismatch(self, fields: Mapping[str, bytes]) -> InvalidValueError:
        takes = [name if name in self._required else f"{name} (optional)" for name in self._reads]
        if self._rest is not None:
            takes.append("any others")
        missing = [name for name in self._required if name not in fields]
        unknown = [name for name in fields if name not in self._reads] if self._rest is None else []
        wrong = [f"{what} {', '.join(map(repr, names))}" for what, names in
                 (("missing", missing), ("unexpected", unknown)) if names]  # fmt: skip
        message = (
            f"agent {self._agent!r}: {' and '.join(wrong)}: it takes {', '.join(takes) or 'no inputs'};"
            f" the node gives {', '.join(fields) or 'none'}"
        )
        return InvalidValueError(Failure(FailureKind.INVALID_INPUT, message, (missing or unknown)[0]))


def hints_of(agent: AgentFunction[..., Any]) -> dict[str, Any]:
    """The annotations of the function's parameters and `return`, with those written as strings resolved."""
    function = inspect.unwrap(agent.function)
    while isinstance(function, partial):
        function = function.func
    annotated = function if inspect.isroutine(function) else getattr(function, "__call__", function)  # noqa: B004
    try:
        return get_type_hints(annotated, include_extras=True)
    except NameError as error:
        raise TypeError(
            f"agent {agent.name!r}: an annotation refers to {error.name!r}, which is not defined when the agent is"
            " registered: import it at the top of the module, outside `if TYPE_CHECKING`"
        ) from error


def _reader(agent: str, name: str, annotation: Any) -> Reads:
    if get_origin(annotation) is Unpack:
        raise TypeError(
            f"agent {agent!r}: parameter {name!r}: expected the type of one value, got {annotation};"
            " take one parameter of that TypedDict instead"
        )
    try:
        refuse_unreadable(annotation)
        return decoder(annotation)
    except (TypeError, NameError) as error:
        raise TypeError(f"agent {agent!r}: parameter {name!r}: {error}") from error
