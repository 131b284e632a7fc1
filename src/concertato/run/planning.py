"""Plan nodes: an agent is asked for a body, which is checked, and opened as any other.

A proposal that is refused goes back once, with every mistake in it; the second time it is a failure like any other.
"""

from concertato.errors import FailureKind
from concertato.plan.model import NodePlan
from concertato.run import attempts
from concertato.run.call import Call
from concertato.run.events import Failure
from concertato.run.proposal import read_proposal
from concertato.run.scope import Scope
from concertato.run.scopes import bound, hold, open_proposed
from concertato.run.state import Run


def begin_plan(run: Run, scope: Scope, node: NodePlan) -> None:
    bound(run, scope, node)
    before = scope.trouble.since.get(node.number, 0) if scope.trouble is not None else 0
    attempts.ask(run, scope, node, before + 1)


def begin_taken(run: Run, scope: Scope, node: NodePlan, body: bytes) -> None:
    """The run continues another one, whose planner has proposed this."""
    proposal = read_proposal(run, scope, node, body)
    if isinstance(proposal, list):  # what was edited since does not allow it any more: it is planned anew
        begin_plan(run, scope, node)
        return
    hold(run, scope, node)
    open_proposed(run, scope, node, proposal.body, proposal.plan)


def proposed(run: Run, call: Call, output: bytes) -> None:
    """The planner has answered."""
    scope, node = call.scope, call.node
    trouble = scope.trouble
    if _was_stopped(call):
        attempts.failed(run, call, Failure(FailureKind.CANCELLED, "its proposal came after it was told to stop"))
        return
    proposal = read_proposal(run, scope, node, output)
    if not isinstance(proposal, list):
        if trouble is not None:
            trouble.mistakes.pop(node.number, None)
        run.tell("proposed", scope.path(node), agent=node.agent, added=[each.id for each in proposal.plan.nodes])
        open_proposed(run, scope, node, proposal.body, proposal.plan)
        return
    run.tell("proposal_refused", scope.path(node), agent=node.agent, mistakes=proposal)
    if trouble is None or node.number not in trouble.mistakes:
        _send_back(run, call, proposal)
        return
    del trouble.mistakes[node.number]
    _give_up(run, call, "its proposal was refused twice: " + "; ".join(proposal))


def failed(run: Run, call: Call, failure: Failure) -> None:
    """The planner's attempt has failed. One that will not take what was wrong with its proposal has proposed nothing
    better: were that all that is told, nobody would hear of the mistakes.
    """
    trouble, number = call.scope.trouble, call.node.number
    is_sent_back = trouble is not None and number in trouble.mistakes
    if failure.kind is not FailureKind.INVALID_INPUT or not is_sent_back or _was_stopped(call):
        attempts.failed(run, call, failure)
        return
    mistakes = "; ".join(call.scope.troubled().mistakes.pop(number))
    _give_up(
        run,
        call,
        f"its proposal was refused: {mistakes}; and it would not take that back: {failure.message}; an agent that "
        "plans is given the field `mistakes` then: let it take that, and do without it at first",
    )


def _was_stopped(call: Call) -> bool:
    """Whether the planner was told to stop, with the node that it plans or with all around that."""
    trouble = call.scope.trouble
    return call.scope.stopped() or (trouble is not None and call.node.number in trouble.regions)


def _give_up(run: Run, call: Call, message: str) -> None:
    """It has had its second try."""
    failure = Failure(FailureKind.INVALID_OUTPUT, message)
    if run.teller is not None:
        attempts.tell_failed(run, "attempt_failed", call, failure, None)
    run.broken.append((call.scope, call.node.number, failure))


def _send_back(run: Run, call: Call, mistakes: list[str]) -> None:
    """Another attempt, which its retries do not count."""
    trouble = call.scope.troubled()
    trouble.mistakes[call.node.number] = mistakes
    trouble.since[call.node.number] = trouble.since.get(call.node.number, 0) + 1
    attempts.ask(run, call.scope, call.node, call.attempt + 1)
