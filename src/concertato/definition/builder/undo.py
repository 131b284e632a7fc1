"""How to undo a node that succeeded: `compensate=undo(refund, {"transfer": undo.output.transfer_id})`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from concertato.definition.builder.agents import Named, agent_name, plain
from concertato.definition.builder.expr import Expr
from concertato.definition.builder.inputs import given
from concertato.definition.builder.ladder import Ladder, written
from concertato.definition.model_parts import Retry


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
        on_failure: Ladder | None = None,
    ) -> Compensation:
        """Ask `agent`. Python values among `inputs` are constants; without `inputs` the grammar's default holds.

        `on_failure` says which people decide when it cannot be done: `[escalate("role:finance")]`, or `["fail"]`.
        """
        what = given(inputs or {}, list_form=False)
        document = {"type": agent_name(agent), **what.document}
        if retry is not None:
            document["retry"] = plain(retry)
        if timeout is not None:
            document["timeout"] = timeout
        if on_failure is None:
            return Compensation(document, what.values)
        asked = written(on_failure)
        return Compensation(document | asked.document, what.values + asked.values)


undo = Undo()
