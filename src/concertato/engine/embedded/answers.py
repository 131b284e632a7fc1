"""From the answer of an agent to the event that it is."""

from collections.abc import Mapping
from typing import Any

import msgspec

from concertato.agents.contract import Answer, ChecksInput, Resolver, Succeeded
from concertato.engine.embedded.hot import Underway
from concertato.plan.model import NodePlan
from concertato.run.events import (
    AnyEvent,
    AttemptFailed,
    CompensationFailed,
    CompensationSucceeded,
    NodeSucceeded,
    Raw,
    RecoveryDecided,
)
from concertato.run.scope import Scope
from concertato.run.state import Run
from concertato.run.values import EvaluationError, decode, encode, given


def answer_event(run: Run, path: str, underway: Underway, answer: Answer, agents: Resolver, at: float) -> AnyEvent:
    attempt, undo = underway.attempt, underway.role == "compensation"
    if not isinstance(answer, Succeeded):
        kind = CompensationFailed if undo else AttemptFailed
        return kind(at=at, path=path, attempt=attempt, failure=answer.failure)
    output = Raw(answer.output)
    if undo:
        return CompensationSucceeded(at=at, path=path, attempt=attempt, output=output)
    if underway.role == "recovery":
        misfit = _misfit_of_changed(run, path, answer.output, agents)
        return RecoveryDecided(at=at, path=path, attempt=attempt, answer=output, misfit=misfit)
    return NodeSucceeded(at=at, path=path, output=output, attempt=attempt)


def _misfit_of_changed(run: Run, path: str, answer: bytes, agents: Resolver) -> str | None:
    """What the node's own agent has against the inputs that a recovery agent wants it tried again with."""
    call = run.calls.get(path)
    try:
        decided = decode(answer)
    except (msgspec.MsgspecError, RecursionError):
        return None  # the machine says what is wrong with it
    changed = decided.get("inputs") if isinstance(decided, dict) else None
    if call is None or not isinstance(changed, dict):
        return None
    return misfit_of(run, call.scope, call.node, changed, agents)


def misfit_of(run: Run, scope: Scope, node: NodePlan, changed: Mapping[str, Any], agents: Resolver) -> str | None:
    """What the agent of a node has against being given these values in place of its own, where it can tell."""
    agent = agents(node.agent)
    if not isinstance(agent, ChecksInput):
        return None
    try:
        fields = given(run, scope, node)
    except EvaluationError:
        return None
    return agent.misfit({**fields, **{name: encode(value) for name, value in changed.items()}})
