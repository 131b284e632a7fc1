"""How to undo a node that succeeded: `compensate=undo(refund, {"transfer": undo.output.transfer_id})`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from concertato.definition.builder.expr import Expr
from concertato.definition.builder.inputs import given
from concertato.definition.model import Model, Retry


class Named(Protocol):
    """A decorated agent, of which only the name matters here."""

    name: str


@dataclass(frozen=True, slots=True)
class Compensation:
    """What a node's `compensate` says. `values` are the expressions in it."""

    document: dict[str, Any]
    values: tuple[Expr, ...]


class Undo:
    """Makes compensations. Their inputs may also read what the node gave (`undo.output`) and got (`undo.input`)."""

    output: Any = Expr("output")
    input: Any = Expr("input")

    def __call__(
        self,
        agent: str | Named,
        inputs: Mapping[str, object] | None = None,
        *,
        retry: Retry | Mapping[str, Any] | None = None,
        timeout: str | float | None = None,
    ) -> Compensation:
        """Ask `agent`. Python values among `inputs` are constants; without `inputs` the grammar's default holds."""
        what = given(inputs or {}, list_form=False)
        document = {"type": agent_name(agent), **what.document}
        if retry is not None:
            document["retry"] = plain(retry)
        if timeout is not None:
            document["timeout"] = timeout
        return Compensation(document, what.values)


def agent_name(agent: str | Named) -> str:
    return agent if isinstance(agent, str) else agent.name


def plain(part: Model | Mapping[str, Any]) -> dict[str, Any]:
    """A part of the grammar as the document writes it."""
    return part.model_dump(mode="json", by_alias=True, exclude_unset=True) if isinstance(part, Model) else dict(part)


undo = Undo()
