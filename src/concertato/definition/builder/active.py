"""The workflow being built right now, if one is: how the call of an agent becomes a node.

An agent's decorated function asks `active` when it is called. Inside a builder's `with` block the call is handed to
that builder, and what comes back stands for the node's output; anywhere else the function simply runs. This file is
all that the agents room knows of the builder, so it imports nothing that takes time to load.
"""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

if TYPE_CHECKING:
    from concertato.definition.builder.handle import Handle
    from concertato.definition.builder.ladder import Ladder
    from concertato.definition.builder.undo import Compensation
    from concertato.definition.model_parts import Join, Retry


class NodeOptions(TypedDict, total=False):
    """What can be said of a node beside what it is given: the fields of a definition's node, under their own names."""

    id: str
    description: str
    join: "Join"
    timeout: "str | float"
    retry: "Retry | Mapping[str, Any]"
    compensate: "Compensation | Mapping[str, Any]"
    cancellable: bool
    on_failure: "Ladder"


class Parameter(Protocol):
    """A parameter of an agent's function; `rest` marks `**kwargs`."""

    @property
    def name(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def rest(self) -> bool: ...


class Builder(Protocol):
    """Takes the calls of agents and makes nodes of them."""

    def call(
        self,
        agent: str,
        parameters: Sequence[Parameter],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        options: NodeOptions | None = None,
    ) -> "Handle":
        """A new node of type `agent`. `parameters` are the function's, in order, without one for a `TaskContext`."""
        ...


active: ContextVar[Builder | None] = ContextVar("concertato_active_builder", default=None)
