"""What the fields of a node must be to each other: exactly one of several, no two for the same thing."""

from collections.abc import Mapping
from typing import Any

from concertato.definition.binding import entries, field_of
from concertato.definition.codes import Code
from concertato.definition.expression import ExpressionError, parse
from concertato.definition.finding import Findings
from concertato.definition.model import LoopNode, Node, PlanNode, SetNode, TaskNode, WaitNode, WorkflowNode
from concertato.definition.model_parts import Inputs
from concertato.definition.moment import is_moment, parse_moment
from concertato.definition.problem import Path
from concertato.definition.walk import Place, ladders, undo_of


def check_fields(place: Place, findings: Findings) -> None:
    """Every mistake of this sort in one body."""
    for index, node in enumerate(place.body.nodes):
        path, who = place.of_node(index), place.who(node)
        match node:
            case TaskNode():
                _check_binding(node.inputs, node.with_, path, who, findings)
                if node.compensate is not None:
                    inner, whose = (*path, "compensate"), undo_of(who)
                    _check_binding(node.compensate.inputs or [], node.compensate.with_, inner, whose, findings)
            case SetNode() | WorkflowNode():
                _check_binding(node.inputs, node.with_, path, who, findings)
            case PlanNode():
                _check_binding(node.inputs, node.with_, path, who, findings, taken="mistakes")
            case WaitNode():
                _check_wait(node, path, who, findings)
            case LoopNode():
                _exactly_one(node, {"while": node.while_, "until": node.until}, path, who, findings)
            case _:
                pass
    for ladder in ladders(place):
        for path, rung in ladder.steps():
            if rung.fallback is not None:
                whose, inputs = f"'fallback' in {ladder.who}", rung.fallback.inputs or []
                _check_binding(inputs, rung.fallback.with_, (*path, "fallback"), whose, findings)
            if rung.recover is not None:
                whose = f"'recover' in {ladder.who}"
                _check_binding([], rung.recover.with_, (*path, "recover"), whose, findings, taken="problem")


def _check_wait(node: WaitNode, path: Path, who: str, findings: Findings) -> None:
    choices = {"for": node.for_, "until": node.until, "signal": node.signal}
    _exactly_one(node, choices, path, who, findings)
    if node.signal is not None and not node.signal.strip():
        findings.add(Code.WRONG_VALUE, f"{who}: its 'signal' is empty; write the signal's name", (*path, "signal"))
    if node.until is not None and is_moment(node.until):
        try:
            parse_moment(node.until)
        except ValueError as error:
            findings.add(Code.WRONG_VALUE, f"{who}: 'until': {error}", (*path, "until"))


def _exactly_one(node: Node, choices: Mapping[str, object], path: Path, who: str, findings: Findings) -> None:
    given = [name for name, value in choices.items() if value is not None]
    if len(given) != 1:
        names = ", ".join(f"'{name}'" for name in choices)
        got = " and ".join(f"'{name}'" for name in given) or "none of them"
        message = f"{who}: expected a {node.type} to have exactly one of {names}, got: {got}"
        findings.add(Code.EXACTLY_ONE, message, (*path, given[1]) if given else path, key=True)


def _check_binding(
    inputs: Inputs, constants: Mapping[str, Any], path: Path, who: str, findings: Findings, *, taken: str = ""
) -> None:
    """`taken` is a field that is filled anyway."""
    fields: set[str] = set()
    for entry in entries(inputs):
        field = entry.field if entry.field is not None else _listed_field(str(entry.value))
        if field is None:
            continue
        if field in fields:
            message = (
                f"{who}: two of its inputs fill the field '{field}'; write inputs as a mapping, with a name for each"
            )
            findings.add(Code.FIELD_CLASH, message, (*path, "inputs", entry.key))
        elif field == taken:
            findings.add(Code.FIELD_CLASH, _already_filled(who, field), (*path, "inputs", entry.key))
        fields.add(field)
    for field in constants:
        if field == taken:
            findings.add(Code.FIELD_CLASH, _already_filled(who, field), (*path, "with", field), key=True)
        elif field in fields:
            message = f"{who}: an input and a constant both fill the field '{field}'; remove one, or call it otherwise"
            findings.add(Code.FIELD_CLASH, message, (*path, "with", field), key=True)


def _already_filled(who: str, field: str) -> str:
    return f"{who}: its agent is told of what happened in the field '{field}'; call this one otherwise"


def _listed_field(text: str) -> str | None:
    try:
        reference = parse(text).reference
    except ExpressionError:
        return None
    return field_of(reference) if reference else None
