"""What could happen to a run, at random and in any order: answers, time, people, and much that fits nothing.

`live` makes a history go on until it ends, and a little longer. What people do and recovery agents answer is in
`support.choosing`.
"""

from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

from concertato.errors import FailureKind
from concertato.plan.model import ScopePlan
from concertato.run.commands import CallAgent
from concertato.run.events import (
    AnyEvent,
    AttemptFailed,
    CancelRequested,
    CompensationFailed,
    CompensationSucceeded,
    Failure,
    NodeSucceeded,
    PlanEdited,
    Raw,
    RecoveryDecided,
    RunPaused,
    RunResumed,
    SignalReceived,
    TimerFired,
)
from concertato.run.resumption import waits_for
from concertato.run.state import Run
from concertato.run.status import NodeStatus
from support import workflows
from support.choosing import advice, choose, delegate, planned, settle
from support.histories import OUTPUTS, History


def live(history: History, random: Random, *, events: int = 150) -> History:
    """Let things happen until the run ends: at first anything, after `events` only what helps it to its end."""
    history.failing = random.choice([0.0, 0.05, 0.3])
    strangeness = random.choice([0.0, 0.2, 0.5])
    edits = random.choice([0.0, 0.0, 0.0, 0.3])
    crashes = random.choice([0.0, 0.0, 0.0, 0.1, 0.2])
    for _ in range(events):
        if history.run.finished is not None:
            break
        if random.random() < edits:
            history.send(_edit(history, random))
        else:
            happen(history, random, strangeness=strangeness)
        if random.random() < crashes:
            history.crash()
    help_on(history, random)
    for _ in range(3):
        happen(history, random, strangeness=0.7)
    return history


def help_on(history: History, random: Random) -> None:
    """Let only happen what helps the run to its end."""
    for _ in range(3000):
        if history.run.finished is not None:
            return
        history.send(_helping(history, random))
    raise AssertionError(f"a run ends when everybody answers and time passes; it waits for {waits_for(history.run)}")


def happen(history: History, random: Random, *, strangeness: float) -> None:
    """One thing that happens; `strangeness` is the share of what is not usual."""
    history.now += random.choice([0.0, 0.1, 2.0])
    strange = random.random() < strangeness
    history.send(random.choice(_STRANGE if strange else _USUAL)(history, random))


def _answer(history: History, random: Random) -> AnyEvent:
    """An answer to a call that is under way."""
    if not history.world.calls:
        return _time(history, random)
    call = random.choice(list(history.world.calls.values()))
    return _answered(history, call, random, fails=random.random() < history.failing)


def _answered(history: History, call: CallAgent, random: Random, *, fails: bool) -> AnyEvent:
    failure = Failure(random.choice(list(FailureKind)), "random", retry_after=random.choice([None, None, 3.0]))
    at, path, attempt = history.now, call.path, call.attempt
    if call.purpose == "compensation" and fails:
        return CompensationFailed(at=at, path=path, attempt=attempt, failure=failure)
    if call.purpose == "compensation":
        return CompensationSucceeded(at=at, path=path, attempt=attempt)
    if fails:
        return AttemptFailed(at=at, path=path, attempt=attempt, failure=failure)
    if call.purpose == "recovery":
        answer, misfit = advice(call, random)
        return RecoveryDecided(at=at, path=path, attempt=attempt, answer=answer, misfit=misfit)
    output = planned(history, call, random) if call.agent == "planner" else random.choice(OUTPUTS)
    return NodeSucceeded(at=at, path=path, attempt=attempt, output=Raw(output))


def _time(history: History, random: Random) -> AnyEvent:
    """A timer fires, usually the next."""
    timers = sorted(history.world.timers.items(), key=lambda timer: timer[1])
    if not timers:
        return _signal(history, random)
    name, at = timers[0] if random.random() < 0.7 else random.choice(timers)
    history.now = max(history.now, at)
    return TimerFired(at=history.now, timer=name)


def _signal(history: History, random: Random) -> AnyEvent:
    return SignalReceived(at=history.now, name=random.choice(workflows.SIGNALS), payload=Raw(random.choice(OUTPUTS)))


def _again(history: History, random: Random) -> AnyEvent:
    """Anything that has happened before happens once more."""
    event = random.choice(history.turns).event
    return msgspec.structs.replace(event, at=history.now)


def _twice(history: History, random: Random) -> AnyEvent:
    """Two agents were asked for the same, as after a crash, and both answer: alike, or not."""
    history.send(first := _answer(history, random))
    if isinstance(first, NodeSucceeded) and random.random() < 0.5:
        return msgspec.structs.replace(first, output=Raw(random.choice(OUTPUTS)))
    return first


def _late(history: History, random: Random) -> AnyEvent:
    """An answer to any call that there ever was: most were answered, given up or told to stop long since."""
    calls = [each for turn in history.turns for each in turn.commands if isinstance(each, CallAgent)]
    if not calls:
        return _signal(history, random)
    return _answered(history, random.choice(calls), random, fails=random.random() < 0.3)


def _stray(history: History, random: Random) -> AnyEvent:
    """An answer that fits nothing: another attempt, another purpose, a path that there never was."""
    paths = [*history.world.calls, "n0", "n0~undo", "n0~fallback1", "n0~recover2.2", "nowhere[3]/n1", ""]
    purpose = random.choice(["node", "compensation", "fallback", "recovery"])
    fields = {"problem": b'{"may":["retry"]}'}
    call = CallAgent(random.choice(paths), "nobody", "none", fields, random.choice([0, 1, 2, 9]), purpose=purpose)  # type: ignore[arg-type]
    return _answered(history, call, random, fails=random.random() < 0.5)


def _stray_timer(history: History, random: Random) -> AnyEvent:
    return TimerFired(
        at=history.now,
        timer=random.choice(["run:", "retry:n0#2", "timeout:n0#1", "wait:n1", "due:n0", "remind:n1~failed#0", ""]),
    )


def _pause(history: History, random: Random) -> AnyEvent:
    return RunPaused(at=history.now)


def _resume(history: History, random: Random) -> AnyEvent:
    return RunResumed(at=history.now)


def _cancel(history: History, random: Random) -> AnyEvent:
    if random.random() < 0.6:
        return _answer(history, random)  # an end is what a history has only one of
    return CancelRequested(at=history.now, rollback=random.random() < 0.7)


def _edit(history: History, random: Random) -> AnyEvent:
    return PlanEdited(at=history.now, patch=Raw(msgspec.json.encode(edit(history, random))), plan="")


def edit(history: History, random: Random) -> dict[str, Any]:
    """An edit, often of what has not started, so that it is not always refused."""
    way, plan, pending = _place_to_edit(history.run, random)
    ids = [node.id for node in plan.nodes]
    likely = pending or ids
    fresh = f"e{len(history.turns)}"
    if random.random() < 0.5:
        fresh = random.choice([fresh, *_names_no_more(history)])
    readable = ["given", *(f"{node_id}.output" for node_id in ids)]
    added = {"nodes": [workflows.node(random, fresh, readable, [random.choice(likely)])]}
    patch: dict[str, Any] = {"in": way} if way else {}
    match random.choice(["remove", "replace", "add", "add", "insert", "link", "several"]):
        case "remove":
            patch |= {"remove": {"nodes": [random.choice(likely)]}}
        case "replace":
            patch |= {"replace": {"nodes": [workflows.node(random, random.choice(likely), ["given"])]}}
        case "add":
            patch |= {"add": added}
        case "insert":
            ends = [{"from": random.choice(ids), "to": fresh}, {"from": fresh, "to": random.choice(likely)}]
            patch |= {"add": {**added, "edges": ends[random.randint(0, 1) :]}}
        case "link":
            patch |= {"add": {"edges": [{"from": random.choice(ids), "to": random.choice(likely)}]}}
        case _:
            shuffled = random.sample(ids, len(ids))
            patch |= {"remove": {"nodes": [shuffled[0]]}, "add": added, "order": {"nodes": [fresh, *shuffled[1:]]}}
    return patch


def _names_no_more(history: History) -> list[str]:
    """Of nodes in what has ended: an edit may use them again."""
    open_now = {node.id for scope in history.run.scopes() for node in scope.plan.nodes}
    return [node.id for plan in history.turns[-1].plans.values() for node in plan.nodes if node.id not in open_now]


def _place_to_edit(run: Run, random: Random) -> tuple[str, ScopePlan, list[str]]:
    """The workflow itself, one scope that is open, or a body for all that are still to open; what is pending there."""
    inner = [scope for scope in run.scopes() if scope.parent is not None and scope.left]
    own = [scope for scope in inner if scope.body is not None]
    scope = random.choice([run.root, *inner, *own, *own]) if random.random() < 0.5 else run.root
    bodies = [(node.id, node.body) for node in scope.plan.nodes if node.kind in ("map", "loop")]
    if bodies and random.random() < 0.4:
        name, body = random.choice(bodies)
        assert body is not None
        return scope.prefix + name, body, []
    pending = [node.id for node in scope.plan.nodes if scope.status[node.number] is NodeStatus.PENDING]
    return scope.prefix[:-1], scope.plan, pending


_Happening = Callable[[History, Random], AnyEvent]


def _person(history: History, random: Random) -> AnyEvent:
    """Somebody decides, or hands it on; where nobody is asked, an agent answers."""
    if not history.world.tasks and random.random() < 0.9:
        return _answer(history, random)
    return (delegate if random.random() < 0.1 else choose)(history, random)


_USUAL: list[_Happening] = [_answer, _answer, _answer, _answer, _answer, _person, _person, _time, _signal]
_STRANGE: list[_Happening] = [
    *(_again, _twice, _late, _stray, _stray_timer, _pause, _resume, _resume, _cancel, _edit, _edit),
    *(choose, choose, delegate),
]


def _helping(history: History, random: Random) -> AnyEvent:
    """What an undisturbed world would do next."""
    if history.run.paused:
        return RunResumed(at=history.now)
    if history.world.calls:
        return _answered(history, random.choice(list(history.world.calls.values())), random, fails=False)
    if history.world.tasks:
        return settle(history, random)
    for name in history.run.waits:
        return SignalReceived(at=history.now, name=name, payload=Raw(b"1"))
    return _time(history, random)
