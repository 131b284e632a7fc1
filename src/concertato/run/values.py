"""What the names in expressions stand for in a scope. Values stay JSON text until an expression really reads them."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from concertato.definition.expression import ExpressionError
from concertato.errors import FailureKind
from concertato.plan.model import Binding, Name, NodePlan, Program
from concertato.run.state import Run, Scope
from concertato.run.status import NodeStatus

encode = msgspec.json.Encoder(order="deterministic").encode
"""Sorted by key: the library that evaluates expressions gives objects in an order that differs from time to time."""
decode = msgspec.json.decode


class EvaluationError(ExpressionError):
    """An expression could not be evaluated on the values of this run. `where` names the field or condition it is in."""

    def __init__(self, message: str, where: str) -> None:
        super().__init__(message)
        self.where = where


def given(run: Run, scope: Scope, node: NodePlan) -> dict[str, bytes]:
    """What the node's agent is given: the same at every attempt, and when told to its compensation.

    A node that joins by `first` may read what is not there yet, and would be given something else the next time; so
    that is kept. Raises `EvaluationError`.
    """
    if node.join != "first" and not scope.early:
        return fields(run, scope, node.binding)
    if node.number not in scope.given:
        scope.given[node.number] = fields(run, scope, node.binding)
    return scope.given[node.number]


def given_to_undo(run: Run, scope: Scope, node: NodePlan) -> dict[str, bytes]:
    """What the agent that undoes the node is given, at every attempt. Raises `EvaluationError`.

    Around an item that is being undone the run goes on, and what a compensation reads out there may still change.
    """
    assert node.compensate is not None
    if node.number not in scope.undoing:
        scope.undoing[node.number] = fields(run, scope, node.compensate.binding, undoing=node.number)
    return scope.undoing[node.number]


def fields(run: Run, scope: Scope, binding: Binding, undoing: int = -1) -> dict[str, bytes]:
    """The input of an agent: field → JSON text. Raises `EvaluationError`."""
    values = dict(binding.constants)
    for name, program in binding.programs:
        values[name] = text(run, scope, program, name, undoing)
    return values


def fail_on_input(run: Run, scope: Scope, node: NodePlan, problem: EvaluationError) -> None:
    """What the node is to be given cannot be computed: that is its failure."""
    message = f"the input `{problem.where}` of node '{node.id}': {problem}"
    run.fail(scope, node.number, FailureKind.INVALID_INPUT, message, problem.where)


def text(run: Run, scope: Scope, program: Program, where: str, undoing: int = -1) -> bytes:
    """The value of `program` as JSON text, passed on unread where it is one whole value. Raises `EvaluationError`."""
    whole = program.whole
    if whole is None:
        return encode(value(run, scope, program, where, undoing))
    while_up = whole.up
    while while_up:
        scope = scope.parent  # type: ignore[assignment]  # the compiler counted the scopes
        while_up -= 1
    if whole.what == "node":
        return scope.outputs[whole.node] or b"null"
    return _text(run, scope, whole, undoing)


def value(run: Run, scope: Scope, program: Program, where: str, undoing: int = -1) -> Any:
    """The value of `program`. Raises `EvaluationError`; `where` goes into it."""
    context = {name: _named(run, scope, ref, undoing) for name, ref in program.names.items()}
    try:
        return program.expression.evaluate(context)
    except ExpressionError as problem:
        raise EvaluationError(f"`{program.expression.source}`: {problem}", where) from None


def holds(run: Run, scope: Scope, program: Program, where: str) -> bool:
    """The value of a condition. Raises `EvaluationError` when it is neither true nor false."""
    result = value(run, scope, program, where)
    if isinstance(result, bool):
        return result
    raise EvaluationError(
        f"`{program.expression.source}`: expected a condition to be true or false, got: {encode(result).decode()[:80]}",
        where,
    )


def outputs(run: Run, scope: Scope) -> bytes:
    """The outputs of a finished scope as JSON text. Raises `EvaluationError`."""
    pairs = [encode(name) + b":" + text(run, scope, program, f"outputs.{name}") for name, program in scope.plan.outputs]
    return b"{" + b",".join(pairs) + b"}"


def object_text(values: dict[str, bytes]) -> bytes:
    """Fields joined into one JSON object."""
    return b"{" + b",".join(encode(name) + b":" + raw for name, raw in values.items()) + b"}"


def _named(run: Run, scope: Scope, name: Name, undoing: int) -> Any:
    up = name.up
    while up:
        scope = scope.parent  # type: ignore[assignment]  # the compiler counted the scopes
        up -= 1
    if name.what == "node":
        return {"output": _output(scope, name.node), "status": scope.status[name.node].value}
    if name.what == "run":
        started = datetime.fromtimestamp(run.started.at, UTC).isoformat()
        return {"id": run.started.run_id, "workflow": run.started.workflow, "started_at": started}
    if name.what in {"index", "iteration"}:
        return scope.index
    return decode(_text(run, scope, name, undoing))


def _text(run: Run, scope: Scope, name: Name, undoing: int) -> bytes:
    match name.what:
        case "input":
            assert scope.inputs is not None
            return scope.inputs.get(name.name, b"null")
        case "item":
            return scope.item
        case "last":
            return scope.last
        case "output":
            return scope.outputs[undoing] or b"null"
        case "input_of":
            return object_text(given(run, scope, scope.plan.nodes[undoing]))
        case "index" | "iteration":
            return encode(scope.index)
        case "run" | "node":
            return encode(_named(run, scope, name, undoing))


def _output(scope: Scope, number: int) -> Any:
    if scope.status[number] is NodeStatus.SKIPPED or scope.outputs[number] is None:
        return None
    if number not in scope.decoded:
        scope.decoded[number] = decode(scope.outputs[number] or b"null")
    return scope.decoded[number]
