"""Every step of a decision path in words, once for all forms. Whoever shows them makes them safe.

`STEPS` in `concertato.run.chronicle` says what each step's detail holds.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from concertato.cli.text import counted, spent
from concertato.engine.contract import DecisionStep
from concertato.run.status import NodeStatus, RunStatus

Detail = Mapping[str, Any]

_N, _R = NodeStatus, RunStatus


class Told(NamedTuple):
    """`look` is the status whose mark and colour the step has; `more` what stands below it: name → value."""

    look: str
    sentence: str
    more: tuple[tuple[str, Any], ...] = ()


def told(step: DecisionStep, at: Callable[[float], str]) -> Told:
    """The step in words; `at` writes a moment."""
    detail = plain(step)
    if detail.get("due") is not None:
        detail["due"] = at(detail["due"])
    return WORDS[step.step](detail)


def plain(step: DecisionStep) -> dict[str, Any]:
    """The step's detail as JSON has it, whatever it was made of."""
    detail: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(step.detail))
    return detail


def who(by: Any) -> str:
    """`ann`, or `somebody` where that is not known."""
    if isinstance(by, Mapping):
        return str(by.get("user", "somebody"))
    return str(by) if by else "somebody"


def identity(by: Any) -> str:
    """`ann (risk_officer), operating-system account`: who it was, as what, and how that is known."""
    if not isinstance(by, Mapping):
        return who(by)
    roles = f" ({', '.join(by['roles'])})" if by.get("roles") else ""
    # What is left out is the default: see `Identity`.
    return f"{who(by)}{roles}, {by.get('established', 'asserted by the caller')}"


def names(of: Any) -> str:
    """`role:a, user:b`, of a list or of one."""
    return ", ".join(map(str, of)) if isinstance(of, Sequence) and not isinstance(of, str) else str(of)


def _because(detail: Detail) -> str:
    return f": {detail['reason']}" if detail.get("reason") else ""


def _failure(detail: Detail) -> str:
    kind, message = detail.get("kind"), detail.get("message")
    return f" ({kind}): {message}" if kind else f": {message}" if message else ""


def _next(detail: Detail) -> str:
    delay = detail.get("delay")
    return "" if delay is None else f"; the next one comes {spent(delay)} later"


def _more(detail: Detail, **labels: str) -> tuple[tuple[str, Any], ...]:
    """What of the detail is there, under its label."""
    return tuple((label, detail[name]) for name, label in labels.items() if detail.get(name) not in (None, "", [], {}))


def _attempt_failed(detail: Detail) -> Told:
    look = _N.FAILED if detail.get("delay") is None else _N.RETRYING
    agent = f"agent '{detail['agent']}'"
    # Most messages name the agent themselves.
    whose = "" if str(detail.get("message")).startswith(agent) else f" of {agent}"
    return Told(look, f"attempt {detail['attempt']}{whose} failed{_failure(detail)}{_next(detail)}")


def _failed(detail: Detail) -> Told:
    return Told(_N.FAILED, f"failed for good after {counted(detail['attempts'], 'attempt')}{_failure(detail)}")


def _rung(detail: Detail) -> Told:
    whose = "its own ladder" if detail.get("ladder") == "node" else "the workflow's ladder"
    return Told(_N.RECOVERING, f"rung {detail['rung']} of {detail['of']} of {whose}: {detail['what']}")


def _passed_over(detail: Detail) -> Told:
    return Told(_N.SKIPPED, f"passed over, {detail['what']}: {detail['why']}")


def _fallback_succeeded(detail: Detail) -> Told:
    return Told(_N.SUCCEEDED, f"agent '{detail['agent']}' gave a result in its place")


def _recovery_asked(detail: Detail) -> Told:
    said = f"agent '{detail['agent']}' is asked what is to become of it"
    return Told(_N.RECOVERING, said, _more(detail, problem="what it sees"))


def _recovery_decided(detail: Detail) -> Told:
    agent = detail["agent"]
    if detail.get("accepted"):
        return Told(_N.SUCCEEDED, f"agent '{agent}' chose {detail.get('action')}{_because(detail)}")
    return Told(_N.FAILED, f"the answer of agent '{agent}' does not count: {detail.get('why')}")


def _task_opened(detail: Detail) -> Told:
    due = f", by {detail['due']}" if detail.get("due") else ""
    said = f"{names(detail['to'])} asked to decide task '{detail['task']}'{due}: {detail['title']}"
    return Told(_N.WAITING, said, _more(detail, shown="digest of what is shown"))


def _task_reminded(detail: Detail) -> Told:
    return Told(_N.WAITING, f"reminded of task '{detail['task']}'")


def _task_delegated(detail: Detail) -> Told:
    said = f"{who(detail.get('by'))} handed task '{detail['task']}' on to {names(detail['to'])}{_because(detail)}"
    by = identity(detail.get("by"))
    return Told(_N.WAITING, said, (("who", by),))


def _task_handed_over(detail: Detail) -> Told:
    due = f", by {detail['due']}" if detail.get("due") else ""
    said = f"nobody decided task '{detail['task']}' in time: it passed on to {names(detail['to'])}{due}"
    return Told(_N.WAITING, said)


def _task_timed_out(detail: Detail) -> Told:
    default = detail.get("default")
    chosen = f": {default} by default" if default else ""
    return Told(_N.SUCCEEDED if default else _N.FAILED, f"nobody decided task '{detail['task']}' in time{chosen}")


def _task_cancelled(detail: Detail) -> Told:
    return Told(_N.CANCELLED, f"task '{detail['task']}' is not to be decided any more")


def _decided(detail: Detail) -> Told:
    final = detail.get("final", True)
    so_far = "" if final else f" (so far {names(detail['approvals'])}: more people are needed)"
    said = f"{who(detail.get('by'))} decided task '{detail['task']}': {detail['choice']}{so_far}{_because(detail)}"
    more = _more(detail, values="values", rule="allowed by", shown="digest of what was shown")
    return Told(_N.SUCCEEDED if final else _N.WAITING, said, (("who", identity(detail.get("by"))), *more))


_ACTIONS = {
    "retry": (_N.RETRYING, "it is tried again"),
    "skip": (_N.SKIPPED, "it is skipped"),
    "use_output": (_N.SUCCEEDED, "the output that was given takes the place of its own"),
    "escalate": (_N.RECOVERING, "a person is to decide"),
    "rollback": (_N.COMPENSATING, "what was done is undone"),
    "abort": (_N.FAILED, "it is given up, and nothing is undone"),
    "continue": (_N.SKIPPED, "the run goes on without it"),
    "fail": (_N.FAILED, "it has failed, and nothing is undone"),
}


def _action(detail: Detail) -> Told:
    action = detail["action"]
    look, words = _ACTIONS[action]
    changed = f", with other {names(detail['inputs'])}" if detail.get("inputs") else ""
    return Told(look, f"{action}: {words}{changed}")


def _stopping(detail: Detail) -> Told:
    cause = "because of a failure" if detail.get("cause") == "failure" else "because somebody asked for it"
    undone = "what was done and can be undone is undone next" if detail.get("rollback") else "nothing is undone"
    return Told(_R.STOPPING, f"stopped {cause}; {undone}{_failure(detail)}")


def _compensating(detail: Detail) -> Told:
    return Told(_N.COMPENSATING, f"being undone by agent '{detail['agent']}', attempt {detail['attempt']}")


def _compensated(detail: Detail) -> Told:
    return Told(_N.COMPENSATED, "undone by hand, as a person said" if detail.get("by_hand") else "undone")


def _compensation_failed(detail: Detail) -> Told:
    said = f"attempt {detail['attempt']} to undo it failed{_failure(detail)}{_next(detail)}"
    return Told(_N.FAILED if detail.get("delay") is None else _N.RETRYING, said)


def _compensation_left(detail: Detail) -> Told:
    return Told(_N.COMPENSATION_FAILED, f"could not be undone, and is left as it is{_failure(detail)}")


def _edited(detail: Detail) -> Told:
    where = f" in {detail['in']}" if detail.get("in") else ""
    did = f" {changed(detail)}"
    undoes = f", taking back the edit of event {detail['undoes']}" if detail.get("undoes") is not None else ""
    said = f"{who(detail.get('by'))} edited the plan{where}:{did}{undoes}{_because(detail)}"
    return Told(_R.RUNNING, said, _more(detail, patch="the edit"))


def changed(detail: Detail) -> str:
    """What an edit did to which nodes: `added audit, removed mail`."""
    changes = [f"{what} {names(detail[what])}" for what in ("added", "removed", "replaced") if detail.get(what)]
    return ", ".join(changes) or "changed edges or the order of nodes"


def _proposed(detail: Detail) -> Told:
    said = f"agent '{detail['agent']}' proposed what is done here: {names(detail['added'])}"
    return Told(_N.SUCCEEDED, said, _more(detail, body="what it proposed"))


def _proposal_refused(detail: Detail) -> Told:
    said = f"what agent '{detail['agent']}' proposed was refused"
    return Told(_N.FAILED, said, tuple(("mistake", mistake) for mistake in detail["mistakes"]))


def _cancel_requested(detail: Detail) -> Told:
    undone = ", with what was done undone" if detail.get("rollback") else ""
    return Told(_N.CANCELLED, f"{who(detail.get('by'))} asked for the end of the run{undone}{_because(detail)}")


def _paused(detail: Detail) -> Told:
    return Told(_R.PAUSED, f"{who(detail.get('by'))} paused the run{_because(detail)}")


def _resumed(detail: Detail) -> Told:
    return Told(_R.RUNNING, f"{who(detail.get('by'))} resumed the run{_because(detail)}")


def _ended(detail: Detail) -> Told:
    at = f" at {detail['path']}" if detail.get("path") else ""
    said = f"the run ended: {str(detail['status']).replace('_', ' ')}{at}{_failure(detail)}"
    return Told(detail["status"], said, _more(detail, undone_left="left undone"))


WORDS: dict[str, Callable[[Detail], Told]] = {
    "attempt_failed": _attempt_failed,
    "failed": _failed,
    "rung": _rung,
    "passed_over": _passed_over,
    "fallback_succeeded": _fallback_succeeded,
    "recovery_asked": _recovery_asked,
    "recovery_decided": _recovery_decided,
    "task_opened": _task_opened,
    "task_reminded": _task_reminded,
    "task_delegated": _task_delegated,
    "task_handed_over": _task_handed_over,
    "task_timed_out": _task_timed_out,
    "task_cancelled": _task_cancelled,
    "decided": _decided,
    "action": _action,
    "stopping": _stopping,
    "compensating": _compensating,
    "compensated": _compensated,
    "compensation_failed": _compensation_failed,
    "compensation_left": _compensation_left,
    "edited": _edited,
    "proposed": _proposed,
    "proposal_refused": _proposal_refused,
    "cancel_requested": _cancel_requested,
    "paused": _paused,
    "resumed": _resumed,
    "ended": _ended,
}
"""Step → its words."""
