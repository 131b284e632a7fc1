"""Random histories of a run, without an engine: the machine is sent what could happen, in any order, and is recorded.

`History` is what an engine would know from the commands alone: who is called, which timers are set. `live` makes one
go on at random until it ends; the seed of its `Random` is the case.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

import msgspec

from concertato.engine.continuing import taken_by_retry
from concertato.errors import FailureKind
from concertato.plan.compile import compile_plan
from concertato.plan.model import NodePlan, Plan, ScopePlan
from concertato.run.codec import encode_state
from concertato.run.commands import Command
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
    RunPaused,
    RunResumed,
    RunStarted,
    SignalReceived,
    TimerFired,
)
from concertato.run.machine import Refusal, begin, step
from concertato.run.state import Run
from concertato.run.status import NodeStatus
from support import workflows
from support.world import World

START = 1_700_000_000.0

_OUTPUTS = [b"null", b"1", b'"text"', b"[1,2]", b'{"key":[true]}', b'"' + b"big" * 4000 + b'"']


@dataclass(frozen=True)
class Turn:
    """An event that was accepted, what came of it, and the run after it.

    `changes` are the nodes' changes of status in their order; `undoing` the prefixes of scopes that are undone whole;
    `plans` are those of scopes that there are or were, by their prefixes.
    """

    event: AnyEvent
    commands: list[Command]
    changes: list[tuple[str, NodeStatus]]
    plan: Plan
    state: bytes
    undoing: list[str]
    plans: dict[str, ScopePlan]


class History:
    """One run and everything that has happened to it. `refused`: each event, and the state before it and after it."""

    def __init__(self, plan: Plan, started: RunStarted) -> None:
        self.turns: list[Turn] = []
        self.refused: list[tuple[AnyEvent, Refusal, bytes, bytes]] = []
        self.world = World()
        self.now = started.at
        self.failing = 0.2
        """The share of calls that fail."""
        self._changes: list[tuple[str, NodeStatus]] = []
        self._plans: dict[str, ScopePlan] = {}
        self.run, commands = begin(plan, started, observer=self._observe)
        self._record(started, commands)

    @property
    def started(self) -> RunStarted:
        return self.run.started

    def send(self, event: AnyEvent) -> Refusal | None:
        before = self.turns[-1].state
        outcome = step(self.run, event)
        if isinstance(outcome, Refusal):
            self.refused.append((event, outcome, before, encode_state(self.run)))
            return outcome
        self.world.take(event)
        self._record(event, outcome)
        return None

    def _record(self, event: AnyEvent, commands: list[Command]) -> None:
        self.world.perform(commands)
        undoing = [scope.prefix for scope in self.run.scopes() if scope.region and scope.region.rollback]
        state = encode_state(self.run)
        self._plans = {**self._plans, **{scope.prefix: scope.plan for scope in self.run.scopes()}}
        self.turns.append(Turn(event, commands, self._changes, self.run.plan, state, undoing, self._plans))
        self._changes = []

    def _observe(
        self, path: str, node: NodePlan, status: NodeStatus, at: float, attempt: int, failure: Failure | None
    ) -> None:
        self._changes.append((path, status))


def start(random: Random) -> History:
    """A new run of a random workflow."""
    plan = compile_plan(workflows.workflow(random))
    given = Raw(random.choice(_OUTPUTS))
    return History(plan, _started(plan, given))


def go_on(origin: History, relation: Literal["fork", "retry"]) -> History:
    """A new run of the same plan that takes over what succeeded in one that has ended otherwise."""
    first, *rest = origin.turns
    assert isinstance(first.event, RunStarted)
    run, _ = begin(first.plan, first.event, keep=True)
    for turn in rest:
        step(run, turn.event)
    started = _started(run.plan, origin.started.inputs["given"], relation=relation, taken=taken_by_retry(run))
    return History(run.plan, started)


def _started(plan: Plan, given: Raw, **more: Any) -> RunStarted:
    return RunStarted(
        at=START,
        run_id="run",
        workflow=plan.name,
        plan=plan.fingerprint,
        inputs={"given": given},
        task_root="run",
        **more,
    )


def live(history: History, random: Random, *, events: int = 150) -> History:
    """Let things happen until the run ends: at first anything, after `events` only what helps it to its end."""
    history.failing = random.choice([0.0, 0.05, 0.3])
    strangeness = random.choice([0.0, 0.2, 0.5])
    for _ in range(events):
        if history.run.finished is not None:
            break
        happen(history, random, strangeness=strangeness)
    for _ in range(3000):
        if history.run.finished is not None:
            break
        history.send(_helping(history, random))
    return history


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
    fails = random.random() < history.failing
    return _answered(history, call.path, call.attempt, call.purpose == "compensation", random, fails)


def _answered(history: History, path: str, attempt: int, undo: bool, random: Random, fails: bool) -> AnyEvent:
    failure = Failure(random.choice(list(FailureKind)), "random", retry_after=random.choice([None, None, 3.0]))
    at = history.now
    if undo and fails:
        return CompensationFailed(at=at, path=path, attempt=attempt, failure=failure)
    if undo:
        return CompensationSucceeded(at=at, path=path, attempt=attempt)
    if fails:
        return AttemptFailed(at=at, path=path, attempt=attempt, failure=failure)
    return NodeSucceeded(at=at, path=path, attempt=attempt, output=Raw(random.choice(_OUTPUTS)))


def _time(history: History, random: Random) -> AnyEvent:
    """A timer fires, usually the next."""
    timers = sorted(history.world.timers.items(), key=lambda timer: timer[1])
    if not timers:
        return _signal(history, random)
    name, at = timers[0] if random.random() < 0.7 else random.choice(timers)
    history.now = max(history.now, at)
    return TimerFired(at=history.now, timer=name)


def _signal(history: History, random: Random) -> AnyEvent:
    return SignalReceived(at=history.now, name=random.choice(workflows.SIGNALS), payload=Raw(random.choice(_OUTPUTS)))


def _again(history: History, random: Random) -> AnyEvent:
    """Anything that has happened before happens once more."""
    event = random.choice(history.turns).event
    return msgspec.structs.replace(event, at=history.now)


def _stray(history: History, random: Random) -> AnyEvent:
    """An answer that fits nothing: another attempt, another purpose, a path that there never was."""
    paths = [*history.world.calls, "n0", "n0~undo", "nowhere[3]/n1", ""]
    undo, fails = random.random() < 0.3, random.random() < 0.5
    return _answered(history, random.choice(paths), random.choice([0, 1, 2, 9]), undo, random, fails)


def _stray_timer(history: History, random: Random) -> AnyEvent:
    return TimerFired(at=history.now, timer=random.choice(["run:", "retry:n0#2", "timeout:n0#1", "wait:n1", ""]))


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


def _place_to_edit(run: Run, random: Random) -> tuple[str, ScopePlan, list[str]]:
    """The workflow itself, one scope that is open, or a body for all that are still to open; what is pending there."""
    inner = [scope for scope in run.scopes() if scope.parent is not None and scope.left]
    scope = random.choice([run.root, *inner]) if random.random() < 0.5 else run.root
    bodies = [(node.id, node.body) for node in scope.plan.nodes if node.kind in ("map", "loop")]
    if bodies and random.random() < 0.4:
        name, body = random.choice(bodies)
        assert body is not None
        return scope.prefix + name, body, []
    pending = [node.id for node in scope.plan.nodes if scope.status[node.number] is NodeStatus.PENDING]
    return scope.prefix[:-1], scope.plan, pending


_Happening = Callable[[History, Random], AnyEvent]
_USUAL: list[_Happening] = [_answer, _answer, _answer, _answer, _answer, _time, _signal]
_STRANGE: list[_Happening] = [_again, _stray, _stray_timer, _pause, _resume, _resume, _cancel, _edit, _edit, _edit]


def _helping(history: History, random: Random) -> AnyEvent:
    """What an undisturbed world would do next."""
    if history.run.paused:
        return RunResumed(at=history.now)
    if history.world.calls:
        call = random.choice(list(history.world.calls.values()))
        return _answered(history, call.path, call.attempt, call.purpose == "compensation", random, fails=False)
    for name in history.run.waits:
        return SignalReceived(at=history.now, name=name, payload=Raw(b"1"))
    return _time(history, random)


def worlds(history: History) -> Iterator[tuple[Turn, World]]:
    """Each turn, and what an engine has under way after it."""
    world = World()
    for turn in history.turns:
        world.take(turn.event)
        world.perform(turn.commands)
        yield turn, world


def place(turn: Turn, path: str) -> tuple[str, NodePlan]:
    """The prefix of the scope in which the node at `path` stands, and the node."""
    outer, slash, last = path.rpartition("/")
    scope = scope_at(turn, outer + slash)
    return outer + slash, scope.nodes[scope.by_id[last]]


def scope_at(turn: Turn, prefix: str) -> ScopePlan:
    """The plan of the scope whose paths begin with `prefix`."""
    scope, around = turn.plan.root, ""
    for part in prefix.split("/")[:-1]:
        around += f"{part}/"
        body = turn.plans.get(around) or scope.nodes[scope.by_id[part.partition("[")[0].partition("~")[0]]].body
        assert body is not None
        scope = body
    return scope
