"""What a recovery agent is shown of a failure, and whether its answer is one that it may give."""

from typing import Any, NamedTuple

import msgspec

from concertato.definition.spelling import did_you_mean, nearest
from concertato.plan.model import NodePlan, RecoverPlan
from concertato.run.permission import misfits_of_fields
from concertato.run.scope import Scope
from concertato.run.state import Run
from concertato.run.trouble import Walk
from concertato.run.values import EvaluationError, decode, encode, field_names, given

_FIELDS = {"action", "reason", "output", "inputs"}


class Answer(NamedTuple):
    action: str
    reason: str
    output: bytes | None = None
    inputs: dict[str, bytes] | None = None


def problem_of(run: Run, scope: Scope, node: NodePlan, walk: Walk, rung: RecoverPlan, times: int) -> dict[str, Any]:
    """The field `problem` of its input: what failed, how, what the node was for, and what may be chosen."""
    try:
        inputs: dict[str, Any] | None = {name: decode(text) for name, text in given(run, scope, node).items()}
    except (EvaluationError, msgspec.MsgspecError, RecursionError):
        inputs = None
    failure: dict[str, Any] = {"kind": walk.failure.kind.value, "message": walk.failure.message, "path": walk.path}
    about = {"id": node.id, "path": scope.path(node), "type": node.agent or node.kind, "description": node.description}
    return {
        "failure": failure,
        "attempts": scope.attempts.get(node.number, 1),
        "inputs": inputs,
        "node": about,
        "tried": msgspec.to_builtins(walk.tried),
        "may": may_choose(node, rung),
        "times_left": rung.max_times - times - 1,
    }


def may_choose(node: NodePlan, rung: RecoverPlan) -> list[str]:
    """What can be chosen of what the rung allows."""
    return [each for each in rung.may if each != "use_output" or node.replaceable]


def read_answer(node: NodePlan, rung: RecoverPlan, text: bytes) -> Answer | str:
    """The action that was chosen, or what is wrong with the answer."""
    try:
        answer = decode(text)
    # A number beyond what can be held, lists in lists in lists.
    except (msgspec.MsgspecError, RecursionError) as problem:
        return f"expected an answer that can be read, got one that cannot: {problem}"
    if not isinstance(answer, dict):
        return 'expected an answer such as {"action": "retry", "reason": "…"}'
    if unknown := sorted(set(answer) - _FIELDS):
        return f"expected 'action' and 'reason', and 'output' or 'inputs', got also: {', '.join(unknown)}"
    action, reason = answer.get("action"), answer.get("reason")
    may = may_choose(node, rung)
    if not isinstance(action, str) or action not in may:
        hint = did_you_mean(nearest(str(action), may)) if isinstance(action, str) else ""
        return f"expected 'action' to be one of {', '.join(may)}, got: {action!r:.60}{hint}"
    if not isinstance(reason, str) or not reason.strip():
        return f"expected a 'reason' for '{action}', got: {reason!r:.60}"
    return _with_values(node, action, reason, answer)


def _with_values(node: NodePlan, action: str, reason: str, answer: dict[str, Any]) -> Answer | str:
    if ("output" in answer) != (action == "use_output"):
        return "expected an 'output' with 'use_output', and with nothing else"
    if "inputs" not in answer or answer["inputs"] is None:
        return Answer(action, reason, encode(answer["output"]) if action == "use_output" else None)
    if action != "retry":
        return f"expected 'inputs' with 'retry' alone, got them with '{action}'"
    faults = list(misfits_of_fields(field_names(node), answer["inputs"]))
    if faults:
        return "; ".join(faults)
    return Answer(action, reason, None, {name: encode(value) for name, value in answer["inputs"].items()})
