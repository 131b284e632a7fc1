"""What is tried once a node has failed for good, and what people are asked: compiled."""

from collections.abc import Mapping, Sequence

import msgspec

from concertato.definition.check_ladder import UNDO_CHOICES
from concertato.definition.model import HumanNode
from concertato.definition.model_failure import Assignee, Compensate, Escalate, Fallback, OnFailure, Recover
from concertato.definition.model_parts import Inputs, Retry
from concertato.definition.reading import Json
from concertato.definition.template import Slot, TemplateError, parts
from concertato.errors import TRANSIENT
from concertato.plan.model import (
    AskPlan,
    ChoicePlan,
    CompensatePlan,
    EscalatePlan,
    FallbackPlan,
    HumanPlan,
    RecoverPlan,
    RetryPolicy,
    RungPlan,
    Template,
)
from concertato.plan.programs import Frame, binding, program

OPERATORS = "role:operator"
"""Who is asked about what cannot be undone, where nobody is named."""


def policy(retry: Retry) -> RetryPolicy:
    on = TRANSIENT if retry.on is None else frozenset(retry.on)
    return RetryPolicy(retry.max_attempts, retry.initial, retry.factor, retry.max, retry.jitter, on)


def ladder(rungs: OnFailure | None, frame: Frame) -> tuple[RungPlan, ...]:
    """The ladder whose expressions see what `frame` does."""
    compiled: list[RungPlan] = []
    for rung in rungs or ():
        if isinstance(rung, str):
            compiled.append(rung)
        elif rung.fallback is not None:
            compiled.append(_fallback(rung.fallback, frame))
        elif rung.recover is not None:
            compiled.append(_recover(rung.recover))
        elif rung.escalate is not None:
            compiled.append(EscalatePlan(_escalate(rung.escalate, tuple(rung.escalate.may), frame)))
    return tuple(compiled)


def compensation(undo: Compensate, frame: Frame) -> CompensatePlan:
    """`frame` sees the node that is undone."""
    # Without `inputs` it gets all there is to know: what the node got, and what it gave.
    inputs: Inputs = {"input": "input", "output": "output"} if undo.inputs is None else undo.inputs
    asked: Escalate | None = Escalate(to=OPERATORS)
    if undo.on_failure is not None:
        asked = next((rung.escalate for rung in undo.on_failure if not isinstance(rung, str)), None)
    ask = None if asked is None else _escalate(asked, UNDO_CHOICES, frame.failing())
    return CompensatePlan(undo.type, binding(inputs, undo.with_, frame), policy(undo.retry), undo.timeout, ask)


def human(node: HumanNode, frame: Frame) -> HumanPlan:
    choices = tuple(
        ChoicePlan(choice, None, node.approvals)
        if isinstance(choice, str)
        else ChoicePlan(choice.name, choice.title, choice.approvals or node.approvals)
        for choice in node.choices
    )
    handover = None if node.escalate is None else (_assignees(node.escalate.to), node.escalate.timeout)
    ask = AskPlan(
        to=_assignees(node.to),
        title=_template(node.title, frame),
        instructions=_template(node.instructions, frame),
        choices=choices,
        form=None if node.form is None else msgspec.json.encode(node.form),
        timeout=node.timeout,
        remind=tuple(node.remind),
        default=node.default,
        handover=handover,
        barred=tuple(map(_who, node.not_)),
    )
    for text in (ask.title, ask.instructions):
        for part in text:
            if not isinstance(part, str):
                frame.note(part)
    return HumanPlan(ask)


def _fallback(fallback: Fallback, frame: Frame) -> FallbackPlan:
    bound = None if fallback.inputs is None else binding(fallback.inputs, {}, frame)
    return FallbackPlan(fallback.type, bound, _constants(fallback.with_), policy(fallback.retry), fallback.timeout)


def _recover(recover: Recover) -> RecoverPlan:
    return RecoverPlan(
        recover.type,
        tuple(recover.may),
        recover.max_times,
        _constants(recover.with_),
        policy(recover.retry),
        recover.timeout,
    )


def _escalate(escalate: Escalate, choices: Sequence[str], frame: Frame) -> AskPlan:
    return AskPlan(
        to=_assignees(escalate.to),
        title=_template(escalate.title, frame),
        instructions=_template(escalate.instructions, frame),
        choices=tuple(ChoicePlan(choice, None, escalate.approvals) for choice in choices),
        timeout=escalate.timeout,
        remind=tuple(escalate.remind),
        default=escalate.default,
        barred=tuple(map(_who, escalate.not_)),
    )


def _constants(constants: Mapping[str, Json]) -> dict[str, bytes]:
    return {name: msgspec.json.encode(value) for name, value in constants.items()}


def _assignees(to: Assignee) -> tuple[str, ...]:
    return tuple(map(_who, [to] if isinstance(to, str) else to))


def _who(name: str) -> str:
    """`user:alice` for a bare `alice`; who started the run is called `initiator`."""
    return name if ":" in name or name == "initiator" else f"user:{name}"


def _template(text: str | None, frame: Frame) -> Template:
    try:
        found = parts(text or "")
    except TemplateError:  # told by the check
        return ()
    return tuple(program(part.text, frame) if isinstance(part, Slot) else part for part in found)
