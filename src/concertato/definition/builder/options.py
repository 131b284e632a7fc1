"""What is said of a node beside what it is given, as its document writes it."""

from typing import Any, NamedTuple

from concertato.definition.builder.active import NodeOptions
from concertato.definition.builder.agents import plain
from concertato.definition.builder.expr import Expr
from concertato.definition.builder.ladder import written
from concertato.definition.builder.place import mistake
from concertato.definition.builder.undo import Compensation
from concertato.definition.codes import Code
from concertato.definition.model_parts import Retry
from concertato.definition.spelling import did_you_mean, nearest


class Said(NamedTuple):
    """`reads` are the expressions that make the node come after what they name, `sees` those that do not."""

    document: dict[str, Any]
    reads: tuple[Expr, ...] = ()
    sees: tuple[Expr, ...] = ()


def said(options: NodeOptions) -> Said:
    """The options of a node, its id left out."""
    unknown = next((option for option in options if option not in NodeOptions.__annotations__), None)
    if unknown is not None:
        hint = did_you_mean(nearest(unknown, NodeOptions.__annotations__))
        mistake(Code.UNKNOWN_FIELD, f"a node has no option {unknown!r}{hint}")
    document: dict[str, Any] = {option: value for option, value in options.items() if option != "id"}
    reads: tuple[Expr, ...] = ()
    sees: tuple[Expr, ...] = ()
    if isinstance(compensation := document.get("compensate"), Compensation):
        document["compensate"] = compensation.document
        reads = compensation.values
    if isinstance(retry := document.get("retry"), Retry):
        document["retry"] = plain(retry)
    if (ladder := document.get("on_failure")) is not None:
        steps = written(ladder)
        document |= steps.document
        sees = steps.values
    return Said(document, reads, sees)
