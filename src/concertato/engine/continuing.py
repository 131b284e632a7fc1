"""What a new run takes over from the one that it forks or retries: results, leaf by leaf, under their paths.

Only the results of agents and waits are taken; everything that is computed from them is computed again, so that scopes
open as they did and what is inside them can still be undone. A node that began anew does not in the new run: what
stands of it is taken under the paths of its first round.
"""

import re
from collections.abc import Iterator

from concertato.errors import Refused, RequestError
from concertato.plan.model import Plan, ScopePlan
from concertato.run.events import Raw
from concertato.run.scope import Scope
from concertato.run.state import Run
from concertato.run.status import NodeStatus

_LEAVES = {"task", "wait", "human"}
_STANDS = {NodeStatus.SUCCEEDED, NodeStatus.COMPENSATION_FAILED}
"""What a node did is done and not undone: also where undoing it was tried and failed."""


def taken_by_retry(run: Run) -> dict[str, Raw]:
    """Everything that succeeded and still stands. Raises `Refused` when there is nothing to retry."""
    if run.finished is None:
        raise Refused(f"run {run.started.run_id} has not ended ({run.status}): only a run that has can be retried")
    if run.finished.status == "succeeded":
        raise Refused(f"run {run.started.run_id} succeeded: there is nothing to retry; `fork` starts it again")
    return dict(_succeeded(run))


def was_undone(run: Run) -> bool:
    """Whether anything of the run was undone: then its agents must not take new calls for repeats of the old ones.

    Of a node that began anew the rounds before are not kept: they may have been.
    """
    scopes = list(run.tree())
    if any(scope.trouble is not None and scope.trouble.rounds for scope in scopes):
        return True
    return any(status is NodeStatus.COMPENSATED for scope in scopes for status in scope.status)


def taken_by_fork(run: Run, at: str | None, plan: Plan) -> dict[str, Raw]:
    """Every result that does not come from node `at` or from anything after it; none without `at`.

    What comes after it is asked of the scopes that it stands in, and of `plan`, which the fork will have.

    Raises `RequestError` when the run has no such node, or the fork could not have it.
    """
    if at is None:
        return {}
    steps = _in_first_round(at).split("/")
    again = _after_in_run(run, at, steps) | _after(plan.root, steps)
    return {path: value for path, value in _succeeded(run) if not _inside(path, again)}


def _after_in_run(run: Run, at: str, steps: list[str]) -> set[str]:
    """The paths of a node (as steps from the root) and of what comes after it, in the run as it was."""
    unknown = RequestError(f"run {run.started.run_id} has no node '{at}'; see `show` for its nodes' paths")
    scope, prefix = run.root, ""
    again: set[str] = set()
    for depth, step in enumerate(steps):
        number = scope.plan.by_id.get(step.partition("[")[0])
        if number is None:
            raise unknown
        last = depth == len(steps) - 1
        again |= _downstream_in(scope.plan, number, prefix, itself=last)
        if last:
            break
        prefix = f"{prefix}{step}/"
        inside = run.inside(scope, number).values()
        inner = next((child for child in inside if _first(child) == prefix), None)
        if inner is None:
            raise unknown
        kind = scope.plan.nodes[number].kind
        if inner.body is not None and kind != "plan":  # what was planned is taken over, what was edited is not
            raise RequestError(
                f"'{inner.prefix[:-1]}' of run {run.started.run_id} has a body for itself alone, since an edit, and a "
                f"fork would not have it: fork at '{scope.path(scope.plan.nodes[number])}', which holds it"
            )
        if kind == "loop":
            # Later iterations come from this one.
            again |= {_first(child).removesuffix("/") for child in inside if child.index > inner.index}
        scope = inner
    return again


def _after(plan: ScopePlan, steps: list[str]) -> set[str]:
    """The paths of a node (as steps from the root) and of what comes after it, in a plan that may lack it."""
    again: set[str] = set()
    body: ScopePlan | None = plan
    prefix = ""
    for depth, step in enumerate(steps):
        number = None if body is None else body.by_id.get(step.partition("[")[0])
        if body is None or number is None:
            break
        again |= _downstream_in(body, number, prefix, itself=depth == len(steps) - 1)
        prefix = f"{prefix}{step}/"
        body = body.nodes[number].body
    return again


def _downstream_in(plan: ScopePlan, number: int, prefix: str, *, itself: bool) -> set[str]:
    return {prefix + plan.nodes[each].id for each in _downstream(plan, number) if itself or each != number}


def _inside(path: str, again: set[str]) -> bool:
    """Whether `path` is one of `again` or within one."""
    if path in again:
        return True
    return any(path[:end] in again for end, mark in enumerate(path) if mark in "/[")


def _downstream(plan: ScopePlan, number: int) -> set[int]:
    found = {number}
    pending = [number]
    while pending:
        for edge in plan.needed_by[pending.pop()]:
            target = plan.edges[edge].target
            if target not in found:
                found.add(target)
                pending.append(target)
    return found


def _in_first_round(path: str) -> str:
    return re.sub(r"~\d+(?=[\[/])", "", path)


def _first(scope: Scope) -> str:
    """Its prefix, had no node around it begun anew."""
    return _in_first_round(scope.prefix)


def _succeeded(run: Run) -> Iterator[tuple[str, Raw]]:
    for scope in run.tree():
        first = _first(scope)
        replaced = scope.trouble.replaced if scope.trouble is not None else {}
        for node in scope.plan.nodes:
            stands = scope.status[node.number] in _STANDS
            if stands and (node.kind in _LEAVES or node.number in replaced):
                yield first + node.id, Raw(scope.outputs[node.number] or b"null")
            elif node.kind == "plan" and (proposed := run.inside(scope, node.number)):
                yield first + node.id, Raw(proposed[-1].body or b"null")
