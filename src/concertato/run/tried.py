"""What was tried about a node that failed, kept for whoever decides later on: an agent, or a person."""

from concertato.plan.model import FallbackPlan, NodePlan, RecoverPlan
from concertato.run.call import ladder_of
from concertato.run.question import Tried
from concertato.run.scope import Scope
from concertato.run.task import Task
from concertato.run.trouble import Walk


def attempts_of(scope: Scope, number: int) -> int:
    """How many attempts whoever has just failed has had: the node's own agent, or the one in its place."""
    walk = scope.walk(number)
    if walk is not None and not walk.idle and walk.attempts:
        return walk.attempts
    return scope.attempts.get(number, 1)


def note_failure(scope: Scope, node: NodePlan, walk: Walk) -> None:
    """For whoever decides later on: what was tried, and how it ended."""
    where = "" if walk.path == scope.path(node) else f" at {walk.path}"
    said = f"{walk.failure.kind}{where}: {walk.failure.message}"
    rungs = ladder_of(scope, node)
    rung = rungs[walk.rung] if 0 <= walk.rung < len(rungs) and not walk.idle else None
    attempts = attempts_of(scope, node.number)
    if isinstance(rung, FallbackPlan):
        walk.tried.append(Tried("fallback", rung.agent, said, attempts))
    elif not isinstance(rung, RecoverPlan):
        walk.tried.append(Tried("node", node.agent or node.kind, said, attempts))
    else:
        walk.tried.append(Tried("recovery", rung.agent, "it failed itself", attempts))


def note(scope: Scope, number: int, tried: Tried) -> None:
    walk = scope.walk(number)
    assert walk is not None
    walk.tried.append(tried)


def chosen(task: Task, choice: str, voters: list[str], reason: str | None) -> None:
    """People have chosen, or their silence has: for whoever decides after them."""
    said = f"chose {choice}" + (f": {reason}" if reason else "")
    note(task.scope, task.node, Tried("person", ", ".join(voters) or "nobody", said))
