"""What the names in expressions stand for in a scope. Values stay JSON text until an expression really reads them."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from concertato.definition.expression import ExpressionError
from concertato.errors import FailureKind
from concertato.plan.model import Binding, FallbackPlan, Name, NodePlan, Program, RecoverPlan, Template
from concertato.run.call import Call
from concertato.run.events import Failure
from concertato.run.scope import Scope, definition_scope
from concertato.run.state import Run
from concertato.run.status import NodeStatus

encode = msgspec.json.Encoder(order="deterministic").encode
"""Sorted by key: the library that evaluates expressions gives objects in an order that differs from time to time."""
decode = msgspec.json.decode


class EvaluationError(ExpressionError):
    """An expression could not be evaluated on the values of this run. `where` names the field or condition it is in."""

    def __init__(self, message: str, where: str) -> None:
        super().__init__(message)
        self.where = where


class Subject(NamedTuple):
    """The node that expressions speak of as `output`, `input` and `failure`: one that is undone, or has failed."""

    scope: Scope
    node: NodePlan
    failure: Failure | None = None


def given(run: Run, scope: Scope, node: NodePlan) -> dict[str, bytes]:
    """What the node's agent is given: the same at every attempt, and when told to its compensation.

    A node that joins by `first` may read what is not there yet, and would be given something else the next time; so
    that is kept. What a decision has changed of the inputs stands in their place, also of those that could not be
    computed. Raises `EvaluationError`.
    """
    if scope.trouble is None and node.join != "first" and not scope.early:
        return fields(run, scope, node.binding)  # the usual case, kept short
    changed = scope.trouble.inputs.get(node.number, {}) if scope.trouble is not None else {}
    if node.join != "first" and not scope.early:
        values = fields(run, scope, node.binding, but=changed)
    else:
        if node.number not in scope.given:
            scope.given[node.number] = fields(run, scope, node.binding, but=changed)
        values = scope.given[node.number]
    return {**values, **changed} if changed else values


def given_to(run: Run, call: Call) -> dict[str, bytes]:
    """What the agent of a call is given, at every attempt. Raises `EvaluationError`."""
    scope, node = call.scope, call.node
    match call.role:
        case "compensation":
            return _given_to_undo(run, scope, node)
        case "fallback":
            return _given_to_fallback(run, scope, node, call)
        case "recovery":
            rung, walk = call.asked, scope.walk(node.number)
            assert isinstance(rung, RecoverPlan)
            assert walk is not None
            return {**rung.constants, "problem": walk.shown or b"null"}
        case "node":
            return _given_to_node(run, scope, node)


def _given_to_node(run: Run, scope: Scope, node: NodePlan) -> dict[str, bytes]:
    """A planner whose proposal came back is given what was wrong with it."""
    values = given(run, scope, node)
    if scope.trouble is not None and node.number in scope.trouble.mistakes:
        return {**values, "mistakes": encode(scope.trouble.mistakes[node.number])}
    return values


def _given_to_undo(run: Run, scope: Scope, node: NodePlan) -> dict[str, bytes]:
    """Around an item that is being undone the run goes on, and what a compensation reads out there may still change."""
    assert node.compensate is not None
    if node.number not in scope.undoing:
        scope.undoing[node.number] = fields(run, scope, node.compensate.binding, Subject(scope, node))
    return scope.undoing[node.number]


def _given_to_fallback(run: Run, scope: Scope, node: NodePlan, call: Call) -> dict[str, bytes]:
    """Kept as well: what a ladder reads may still change. That of a whole definition sees no node."""
    rung, walk = call.asked, scope.walk(node.number)
    assert isinstance(rung, FallbackPlan)
    assert walk is not None
    if walk.given is None:
        if rung.binding is None:
            values = given(run, scope, node)
        else:
            place = scope if walk.own else definition_scope(scope)
            values = fields(run, place, rung.binding, Subject(scope, node, walk.failure))
        walk.given = {**values, **rung.constants}
    return walk.given


def fields(
    run: Run, scope: Scope, binding: Binding, subject: Subject | None = None, *, but: Collection[str] = ()
) -> dict[str, bytes]:
    """The input of an agent, without the fields `but`: field → JSON text. Raises `EvaluationError`."""
    values = dict(binding.constants)
    for name, program in binding.programs:
        if name not in but:
            here = program.here
            whole = scope.outputs[here] or b"null" if here >= 0 else None
            values[name] = text(run, scope, program, name, subject) if whole is None else whole
    return values


def field_names(node: NodePlan) -> set[str]:
    """The fields that the node's agent is given."""
    return {*node.binding.constants, *(name for name, _ in node.binding.programs)}


def fail_on_input(run: Run, scope: Scope, node: NodePlan, problem: EvaluationError) -> None:
    """What the node is to be given cannot be computed: that is its failure."""
    message = f"the input `{problem.where}` of node '{node.id}': {problem}"
    run.fail(scope, node.number, FailureKind.INVALID_INPUT, message, problem.where)


def text(run: Run, scope: Scope, program: Program, where: str, subject: Subject | None = None) -> bytes:
    """The value of `program` as JSON text, passed on unread where it is one whole value. Raises `EvaluationError`."""
    whole = program.whole
    if whole is None:
        return encode(value(run, scope, program, where, subject))
    while_up = whole.up
    while while_up:
        scope = scope.parent  # type: ignore[assignment]  # the compiler counted the scopes
        while_up -= 1
    if whole.what == "node":
        return scope.outputs[whole.node] or b"null"
    return _text(run, scope, whole, subject)


def value(run: Run, scope: Scope, program: Program, where: str, subject: Subject | None = None) -> Any:
    """The value of `program`. Raises `EvaluationError`; `where` goes into it."""
    context = {name: _named(run, scope, ref, subject) for name, ref in program.names.items()}
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


def filled(run: Run, scope: Scope, template: Template, where: str, subject: Subject | None = None) -> str:
    """A text with its values in it: texts as they are, anything else as JSON. Raises `EvaluationError`."""
    told = []
    for part in template:
        found = part if isinstance(part, str) else value(run, scope, part, where, subject)
        told.append(found if isinstance(found, str) else encode(found).decode())
    return "".join(told)


def outputs(run: Run, scope: Scope) -> bytes:
    """The outputs of a finished scope as JSON text. Raises `EvaluationError`."""
    pairs = [encode(name) + b":" + text(run, scope, program, f"outputs.{name}") for name, program in scope.plan.outputs]
    return b"{" + b",".join(pairs) + b"}"


def object_text(values: dict[str, bytes]) -> bytes:
    """Fields joined into one JSON object."""
    return b"{" + b",".join(encode(name) + b":" + raw for name, raw in values.items()) + b"}"


def _named(run: Run, scope: Scope, name: Name, subject: Subject | None) -> Any:
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
    return decode(_text(run, scope, name, subject))


def _text(run: Run, scope: Scope, name: Name, subject: Subject | None) -> bytes:
    match name.what:
        case "input":
            assert scope.inputs is not None
            return scope.inputs.get(name.name, b"null")
        case "item":
            return scope.item
        case "last":
            return scope.last
        case "output":
            assert subject is not None
            return subject.scope.outputs[subject.node.number] or b"null"
        case "input_of":
            assert subject is not None
            return object_text(given(run, subject.scope, subject.node))
        case "failure":
            assert subject is not None
            failure = subject.failure
            return encode(None if failure is None else {"kind": failure.kind, "message": failure.message})
        case "index" | "iteration":
            return encode(scope.index)
        case "run" | "node":
            return encode(_named(run, scope, name, subject))


def _output(scope: Scope, number: int) -> Any:
    if scope.status[number] is NodeStatus.SKIPPED or scope.outputs[number] is None:
        return None
    if number not in scope.decoded:
        scope.decoded[number] = decode(scope.outputs[number] or b"null")
    return scope.decoded[number]
