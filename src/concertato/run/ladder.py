"""What becomes of a node that has failed for good: its ladder is walked, rung by rung, until somebody has an answer.

A ladder is looked for from the inside outwards: the node's own; that of a node around it, in whose inside everything is
stopped and undone first; that of the definition, for the node itself. Where nothing holds the failure, the run is
stopped. A map that collects failures holds them as well: its item is stopped, and the map goes on.
"""

from collections import deque

from concertato.plan.model import EscalatePlan, FallbackPlan, NodePlan, RecoverPlan, RungPlan
from concertato.run.attempts import ask, clear_timer
from concertato.run.call import Call, ladder_of
from concertato.run.events import Failure
from concertato.run.flow import resolve, succeed
from concertato.run.holding import Holder, holder_around, is_the_definitions
from concertato.run.people import open_task
from concertato.run.question import Tried
from concertato.run.recovery import problem_of, read_answer
from concertato.run.scope import Region, Scope
from concertato.run.state import Run
from concertato.run.status import RESOLVED, NodeStatus
from concertato.run.stopping import stop
from concertato.run.tried import attempts_of, note, note_failure
from concertato.run.trouble import Walk
from concertato.run.values import Subject, encode

_HOLDERS = {"map", "loop", "workflow", "plan"}
_AT_WORK = {NodeStatus.RUNNING, NodeStatus.QUEUED, NodeStatus.RETRYING}


def fail(run: Run, scope: Scope, number: int, failure: Failure) -> None:
    """A node has failed for good."""
    if scope.stopped():
        if scope.status[number] not in RESOLVED:
            run.mark(scope, number, NodeStatus.CANCELLED, failure)
        return
    if scope.trouble is not None and number in scope.trouble.regions:
        return  # its inside is being stopped already
    node = scope.plan.nodes[number]
    path = scope.path(node)
    clear_timer(run, f"timeout:{path}#1")
    if run.teller is not None:
        attempts = attempts_of(scope, number)
        run.tell("failed", path, kind=failure.kind.value, message=failure.message, attempts=attempts)
    if node.ladder:
        _begin(run, Holder(scope, number, own=True), failure, path)
    elif scope.walk(number) is not None or is_the_definitions(scope):
        _begin(run, Holder(scope, number), failure, path)
    else:
        _fail_outwards(run, scope, number, failure, path, rollback=True)


def fail_scope(run: Run, scope: Scope, failure: Failure, path: str | None, *, rollback: bool = True) -> None:
    """A scope has failed: so have the nodes that hold it, up to whoever holds the failure."""
    found = holder_around(scope)
    inner = scope
    while inner.parent is not None and (found is None or inner is not found.scope):
        outer, holder = inner.parent, inner.parent.plan.nodes[inner.node]
        if found is not None and outer is found.scope and holder.number == found.number:
            _begin(run, found, failure, path or "")
            return
        run.mark(outer, holder.number, NodeStatus.FAILED, failure)
        if outer.trouble is not None:
            outer.trouble.walks.pop(holder.number, None)
        clear_timer(run, f"timeout:{outer.path(holder)}#1")
        inner = outer
    stop(run, Region(inner, "failure", rollback, failure, path))


def _fail_outwards(run: Run, scope: Scope, number: int, failure: Failure, path: str, *, rollback: bool) -> None:
    """The node is lost, and its scope with it."""
    if scope.status[number] is NodeStatus.QUEUED:  # a plan node that ran out of time before its planner was asked
        run.queue = deque(entry for entry in run.queue if entry[0] is not scope or entry[1].number != number)
    run.mark(scope, number, NodeStatus.FAILED, failure)
    fail_scope(run, scope, failure, path, rollback=rollback)


def _begin(run: Run, holder: Holder, failure: Failure, path: str) -> None:
    """Set a node on its ladder, or on from where it was tried again. What stands inside it is undone before."""
    scope, number, own = holder
    node, walk = scope.plan.nodes[number], scope.walk(number)
    if walk is None:
        scope.troubled().walks[number] = walk = Walk(failure, path, own=own)
    else:
        walk.failure, walk.path = failure, path
    note_failure(scope, node, walk)
    _walk_on(run, scope, node, walk)


def _walk_on(run: Run, scope: Scope, node: NodePlan, walk: Walk) -> None:
    # Whatever the word was that ended a ladder further in: nobody may meet the half of what stood inside.
    if node.kind in _HOLDERS and scope.status[node.number] in _AT_WORK:
        clear_timer(run, f"timeout:{scope.path(node)}#1")
        stop(run, Region(scope, "failure", True, walk.failure, walk.path, number=node.number))
        return
    _next(run, scope, node, walk)


def go_on(run: Run, region: Region) -> None:
    """What stood inside a node is stopped and undone: it is as if it had never been, and the ladder goes on.

    Another run may take over what stands of it all the same, until the node begins anew.
    """
    scope, number = region.scope, region.number
    trouble = scope.troubled()
    if trouble.regions.pop(number, None) is None or scope.stopped():
        return
    inside = scope.children.pop(number, {})
    if run.keep:
        run.past[scope, number] = {**run.ended.pop((scope, number), {}), **inside}
    scope.maps.pop(number, None)
    trouble.rounds[number] = trouble.rounds.get(number, 0) + 1
    _next(run, scope, scope.plan.nodes[number], trouble.walks[number])


def _next(run: Run, scope: Scope, node: NodePlan, walk: Walk) -> None:
    """Walk to the next rung that can be walked. Whoever had the node tried again is asked again."""
    rungs = ladder_of(scope, node)
    asks_again = walk.idle and walk.rung < len(rungs) and isinstance(rungs[walk.rung], RecoverPlan | EscalatePlan)
    if not asks_again:
        walk.rung += 1
    walk.idle = False
    walk.given = walk.shown = None
    walk.attempts = 0
    while walk.rung < len(rungs):
        if _try(run, scope, node, walk, rungs[walk.rung]):
            return
        walk.rung += 1
    _settle(run, scope, node, walk, "rollback")


def _try(run: Run, scope: Scope, node: NodePlan, walk: Walk, rung: RungPlan) -> bool:
    """Walk one rung; False when it cannot be walked."""
    path = scope.path(node)
    if run.teller is not None:
        whose = "node" if walk.own else "workflow"
        run.tell("rung", path, rung=walk.rung + 1, of=len(ladder_of(scope, node)), what=name_of(rung), ladder=whose)
    why = _unwalkable(run, node, walk, rung)
    if why is not None:
        run.tell("passed_over", path, what=name_of(rung), why=why)
        return False
    match rung:
        case FallbackPlan():
            _to_agent(run, scope, node)
        case RecoverPlan():
            times = walk.times.get(walk.rung, 0)
            walk.times[walk.rung] = times + 1
            run.recoveries += 1
            problem = problem_of(run, scope, node, walk, rung, times)
            walk.shown = encode(problem)
            run.tell("recovery_asked", path, agent=rung.agent, problem=problem)
            _to_agent(run, scope, node)
        case EscalatePlan(ask=asked):
            if scope.status[node.number] is not NodeStatus.WAITING:
                run.mark(scope, node.number, NodeStatus.WAITING, walk.failure)
            open_task(run, "failure", asked, Subject(scope, node, walk.failure))
        case "rollback" | "fail" | "continue":
            _settle(run, scope, node, walk, rung)
    return True


def name_of(rung: RungPlan) -> str:
    match rung:
        case FallbackPlan():
            return "fallback"
        case RecoverPlan():
            return "recover"
        case EscalatePlan():
            return "escalate"
        case _:
            return rung


def _unwalkable(run: Run, node: NodePlan, walk: Walk, rung: RungPlan) -> str | None:
    """Why a rung is passed over, if it is. That of a whole definition may mean nothing for a node."""
    match rung:
        case FallbackPlan() if not node.replaceable:
            return "no agent can stand in for a switch, whose output is one of its ways"
        case RecoverPlan(may=may) if not node.replaceable and set(may) == {"use_output"}:
            return "nobody can give the output of a switch, which is one of its ways"
        case EscalatePlan(ask=asked) if not node.replaceable and {each.name for each in asked.choices} == {
            "use_output"
        }:
            return "nobody can give the output of a switch, which is one of its ways"
        case RecoverPlan():
            return _spent(run, rung, walk.times.get(walk.rung, 0))
        case _:
            return None


def _spent(run: Run, rung: RecoverPlan, times: int) -> str | None:
    if times >= rung.max_times:
        return f"its agent has acted {times} times for this node, as often as max_times allows"
    if run.recoveries >= run.plan.max_recoveries:
        return f"recovery agents have acted {run.recoveries} times in this run, as often as max_recoveries allows"
    return None


def _to_agent(run: Run, scope: Scope, node: NodePlan) -> None:
    if scope.status[node.number] is not NodeStatus.RECOVERING:
        run.mark(scope, node.number, NodeStatus.RECOVERING, scope.troubled().walks[node.number].failure)
    ask(run, scope, node)


def give_up_rung(run: Run, scope: Scope, number: int) -> None:
    """Nobody has answered on this rung, or not as they may: the next one's turn."""
    walk = scope.walk(number)
    assert walk is not None
    _next(run, scope, scope.plan.nodes[number], walk)


def act(
    run: Run,
    scope: Scope,
    number: int,
    action: str,
    *,
    output: bytes | None = None,
    inputs: dict[str, bytes] | None = None,
) -> None:
    """Do what somebody has decided about a node that failed: a person, an agent, or the ladder's last word."""
    node, walk = scope.plan.nodes[number], scope.walk(number)
    assert walk is not None
    if scope.status[number] is not NodeStatus.RECOVERING:
        run.mark(scope, number, NodeStatus.RECOVERING)
    match action:
        case "retry":
            _again(run, scope, node, walk, inputs)
        case "escalate":
            _escalate(run, scope, node, walk)
        case "use_output":
            run.tell("action", scope.path(node), action=action)
            stand_in(run, scope, node, output or b"null", undoable=False)
        case _:
            _settle(run, scope, node, walk, action)


def _again(run: Run, scope: Scope, node: NodePlan, walk: Walk, inputs: dict[str, bytes] | None) -> None:
    number, trouble = node.number, scope.troubled()
    if inputs:
        trouble.inputs[number] = {**trouble.inputs.get(number, {}), **inputs}
        trouble.changes[number] = trouble.changes.get(number, 0) + 1
    walk.idle = True
    trouble.mistakes.pop(number, None)
    run.past.pop((scope, number), None)
    run.tell("action", scope.path(node), action="retry", **({"inputs": sorted(inputs)} if inputs else {}))
    trouble.since[number] = attempt = scope.attempts.get(number, 1)
    if node.kind == "task":
        ask(run, scope, node, attempt + 1)
    else:
        run.again.append((scope, number))


def _escalate(run: Run, scope: Scope, node: NodePlan, walk: Walk) -> None:
    """Pass over what stands between here and the next rung that asks a person."""
    run.tell("action", scope.path(node), action="escalate")
    rungs = ladder_of(scope, node)
    while walk.rung + 1 < len(rungs) and not isinstance(rungs[walk.rung + 1], EscalatePlan):
        walk.rung += 1
    _next(run, scope, node, walk)


def _settle(run: Run, scope: Scope, node: NodePlan, walk: Walk, action: str) -> None:
    """The node is given up, in one way or another."""
    number = node.number
    run.tell("action", scope.path(node), action=action)
    del scope.troubled().walks[number]
    match action:
        case "skip":
            run.mark(scope, number, NodeStatus.SKIPPED)
            resolve(run, scope, number)
        case "continue":
            run.mark(scope, number, NodeStatus.FAILED, walk.failure)
            resolve(run, scope, number)
        case _:
            _fail_outwards(run, scope, number, walk.failure, walk.path, rollback=action == "rollback")


def recovered(run: Run, call: Call, text: bytes, misfit: str | None) -> None:
    """A recovery agent has answered: what it decided is done if it may decide that, else it is the next rung's turn."""
    scope, node = call.scope, call.node
    rung = call.asked
    assert isinstance(rung, RecoverPlan)
    answer = misfit or read_answer(node, rung, text)
    path = scope.path(node)
    if isinstance(answer, str):
        run.tell("recovery_decided", path, agent=rung.agent, accepted=False, why=answer)
        note(scope, node.number, Tried("recovery", rung.agent, f"its answer did not count: {answer}"))
        give_up_rung(run, scope, node.number)
        return
    told = {"action": answer.action, "reason": answer.reason}
    run.tell("recovery_decided", path, agent=rung.agent, accepted=True, **told)
    note(scope, node.number, Tried("recovery", rung.agent, f"chose {answer.action}: {answer.reason}"))
    act(run, scope, node.number, answer.action, output=answer.output, inputs=answer.inputs)


def stand_in(run: Run, scope: Scope, node: NodePlan, output: bytes, *, undoable: bool) -> None:
    """A node has a result that is not its own: of the agent in its place, or as somebody decided."""
    scope.troubled().replaced[node.number] = True
    succeed(run, scope, node.number, output, undoable=undoable)
