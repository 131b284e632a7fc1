"""Whether a decision may be made: by this person, with this choice, in this form. Every refusal says what would do."""

from collections.abc import Iterator
from typing import Any

import msgspec

from concertato.definition.declared import misfits
from concertato.definition.spelling import did_you_mean, nearest
from concertato.run.events import Decided, Identity, Raw, TaskDelegated
from concertato.run.people import question_of
from concertato.run.state import Run
from concertato.run.task import Task
from concertato.run.values import decode, field_names

_NOTHING = (b"null", b"{}")

_SAYS_MORE = {"additionalProperties", "patternProperties", "unevaluatedProperties", "$ref", "allOf", "anyOf", "oneOf"}
"""Where a form says one of these, fields that its `properties` lack may be meant."""


def rule_for(run: Run, task: Task, by: Identity) -> tuple[str, bool]:
    """The rule that lets somebody decide a task, and True; or why they may not, and False."""
    who = {f"user:{by.user}", *(f"role:{role}" for role in by.roles)}
    for barred in task.barred:
        if barred in who:
            return f"{by.user} may not decide it: it is not for {barred}", False
        if barred == "initiator" and run.started.by is not None and run.started.by.user == by.user:
            return f"{by.user} may not decide it: it is not for whoever started the run", False
    rule = next((f"it is for {assignee}" for assignee in task.to if assignee in who), None)
    if rule is None:
        roles = f" with the roles {', '.join(by.roles)}" if by.roles else " without any role"
        return f"{by.user}{roles} may not decide it: it is for {' or '.join(task.to)}", False
    if task.barred:
        rule += f", and not for {' or '.join(task.barred)}"
    return rule, True


def refused_decision(run: Run, event: Decided) -> str | None:
    """Why a decision is not accepted, or None."""
    task = run.tasks.get(event.task)
    if task is None:
        return not_open(run, event.task)
    told = f"task '{event.task}': "
    rule, may = rule_for(run, task, event.by)
    if not may:
        return told + rule
    if any(vote.user == event.by.user and vote.choice == event.choice for vote in task.votes):
        return f"{told}{event.by.user} has decided it already; somebody else's word is missing"
    choices = [choice.name for choice in question_of(task).choices]
    if event.choice not in choices:
        hint = did_you_mean(nearest(event.choice, choices)) or f"; it can be {', '.join(choices)}"
        return f"{told}'{event.choice}' is not among its choices{hint}"
    faults = list(_misfits(task, event.choice, event.values))
    return told + "; ".join(faults) if faults else None


def refused_delegation(run: Run, event: TaskDelegated) -> str | None:
    """Why a task is not handed to somebody else, or None."""
    task = run.tasks.get(event.task)
    if task is None:
        return not_open(run, event.task)
    rule, may = rule_for(run, task, event.by)
    if not may:
        return f"task '{event.task}': {rule}"
    if any(vote.user == event.by.user for vote in task.votes) and not _nobody_is_left(run, task):
        return f"task '{event.task}': {event.by.user} has decided it already, and has nothing left to hand on"
    kind, colon, name = event.to.partition(":")
    if kind not in ("user", "role") or not colon or not name.strip():
        return f"task '{event.task}': expected somebody to hand it to, as user:NAME or role:NAME, got: {event.to!r}"
    initiator = run.started.by.user if run.started.by is not None else None
    if event.to in task.barred or ("initiator" in task.barred and event.to == f"user:{initiator}"):
        return f"task '{event.task}': it may not be handed to {event.to}, who may not decide it"
    if any(f"user:{vote.user}" == event.to for vote in task.votes):
        return f"task '{event.task}': it may not be handed to {event.to}, who has decided it already"
    if event.to in task.to:
        return f"task '{event.task}': it is for {event.to} already"
    return None


def _nobody_is_left(run: Run, task: Task) -> bool:
    """Whether all who are named have decided, and differently: then one of them has to name somebody else."""
    decided = {f"user:{vote.user}" for vote in task.votes}
    barred = set(task.barred)
    if "initiator" in barred and run.started.by is not None:
        barred.add(f"user:{run.started.by.user}")
    return all(each in decided or each in barred for each in task.to)


def not_open(run: Run, name: str) -> str:
    """Why nothing can be done about a task of this name."""
    hint = did_you_mean(nearest(name, list(run.tasks)))
    if not hint:
        hint = f"; open are {', '.join(run.tasks)}" if run.tasks else "; no task of this run is open"
    return f"task '{name}' is not open: it was decided, its time ran out, or there never was one{hint}"


def _misfits(task: Task, choice: str, values: Raw) -> Iterator[str]:
    """What is wrong with what was filled in: against the form, or against what an action takes."""
    given = bytes(values)
    try:
        value = decode(given)
    # A number beyond what can be held, lists in lists in lists.
    except (msgspec.MsgspecError, RecursionError) as problem:
        yield f"expected values that can be read, got some that cannot: {problem}"
        return
    question = question_of(task)
    if task.about == "human" and bytes(question.form) != b"null":
        form = decode(question.form)
        yield from _unknown(form, value)
        for where, fault in misfits({"type": "object", **form}, {} if value is None else value):
            yield f"values{where}: {fault}"
    elif task.about == "failure" and choice in ("use_output", "retry"):
        yield from _misfits_of_action(task, choice, value)
    elif given not in _NOTHING:
        yield f"the choice '{choice}' takes no values"


def _unknown(form: dict[str, Any], value: Any) -> Iterator[str]:
    """Fields that the form does not speak of: a decision cannot be taken back, and a slip of the pen is none."""
    known = form.get("properties")
    if not isinstance(known, dict) or not isinstance(value, dict) or _SAYS_MORE & form.keys():
        return
    for name in sorted(value.keys() - known.keys()):
        hint = did_you_mean(nearest(name, list(known))) or f"; its fields are {', '.join(known)}"
        yield f"values.{name}: the form has no field '{name}'{hint}"


def _misfits_of_action(task: Task, choice: str, value: Any) -> Iterator[str]:
    field = {"use_output": "output", "retry": "inputs"}[choice]
    if value is None and choice == "retry":
        return
    if not isinstance(value, dict) or (choice == "use_output" and "output" not in value):
        yield f"the choice '{choice}' takes values such as {{\"{field}\": …}}"
        return
    if unknown := sorted(set(value) - {field}):
        yield f"the choice '{choice}' takes '{field}', and no {', '.join(unknown)}"
    if choice == "retry" and "inputs" in value:
        yield from misfits_of_inputs(task, value["inputs"])


def misfits_of_inputs(task: Task, inputs: Any) -> Iterator[str]:
    """What is wrong with changed inputs: only what the node gives its agent can be changed."""
    yield from misfits_of_fields(field_names(task.scope.plan.nodes[task.node]), inputs)


def misfits_of_fields(fields: set[str], inputs: Any) -> Iterator[str]:
    if not isinstance(inputs, dict):
        yield "expected the changed inputs to be a mapping of fields"
        return
    for name in sorted(set(inputs) - fields):
        hint = did_you_mean(nearest(name, sorted(fields))) or f"; it has {', '.join(sorted(fields)) or 'none'}"
        yield f"the node has no input '{name}'{hint}"
