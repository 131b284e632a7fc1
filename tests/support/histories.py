"""Histories of a run, without an engine: the machine is sent what happens and is recorded.

`History` is what an engine would know from the commands alone: who is called, which timers are set, which tasks are
open. `support.happening` makes one go on at random; the seed of its `Random` is the case.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Literal, NamedTuple

import msgspec

from concertato.engine.continuing import taken_by_retry
from concertato.plan.compile import compile_plan
from concertato.plan.model import NodePlan, Plan, ScopePlan
from concertato.run.codec import encode_state
from concertato.run.commands import CancelCall, Command, StartTimer
from concertato.run.events import AnyEvent, Failure, Identity, Raw, RunStarted
from concertato.run.machine import begin, step
from concertato.run.refusal import Refusal
from concertato.run.resumption import take_up
from concertato.run.scope import Region
from concertato.run.state import VERSION, Run
from concertato.run.status import NodeStatus
from concertato.simulation.world import World
from support import workflows

START = 1_700_000_000.0

OUTPUTS = [b"null", b"1", b'"text"', b"[1,2]", b'{"key":[true]}', b'"' + b"big" * 4000 + b'"']


class Told(NamedTuple):
    """A step of the decision path; see `concertato.run.chronicle`."""

    step: str
    path: str
    detail: dict[str, Any]


class Crash(msgspec.Struct, frozen=True, tag_field="event", tag="Crash"):
    """No event: the process is gone, and another one goes on from the journal at `at`."""

    at: float


@dataclass(frozen=True)
class Turn:
    """An event that was accepted, what came of it, and the run after it.

    `changes` are the nodes' changes of status in their order, `told` the steps of the decision path; `undoing` the
    paths of what is undone whole: of the run (empty), of an item, or of a node that holds scopes; `plans` those of
    scopes that there are or were, by their prefixes.
    """

    event: AnyEvent
    commands: list[Command]
    changes: list[tuple[str, NodeStatus]]
    told: list[Told]
    plan: Plan
    state: bytes
    undoing: list[str]
    plans: dict[str, ScopePlan]


class History:
    """One run and everything that has happened to it. `refused`: each event, and the state before it and after it.

    `sent` is all that was sent, in its order, the refused and the crashes too: the same again gives the same history.
    The run itself is one that somebody looks on at, and keeps what has ended; the invariants replay it as one that
    nobody does. `thorough`: they look at every turn then, else at some.
    """

    def __init__(self, plan: Plan, started: RunStarted, *, thorough: bool = True) -> None:
        self.thorough = thorough
        self.document = plan.document
        self.sent: list[AnyEvent | Crash] = []
        self.turns: list[Turn] = []
        self.refused: list[tuple[AnyEvent, Refusal, bytes, bytes]] = []
        self.world = World()
        self.now = started.at
        self.failing = 0.2
        """The share of calls that fail."""
        self._changes: list[tuple[str, NodeStatus]] = []
        self._told: list[Told] = []
        self._plans: dict[str, ScopePlan] = {}
        self.run, commands = begin(plan, started, observer=self._observe, teller=self._hear, keep=True)
        self._record(started, commands)

    @property
    def started(self) -> RunStarted:
        return self.run.started

    def send(self, event: AnyEvent) -> Refusal | None:
        self.sent.append(event)
        before = self.turns[-1].state
        outcome = step(self.run, event)
        if isinstance(outcome, Refusal):
            self.refused.append((event, outcome, before, encode_state(self.run)))
            return outcome
        self.world.take(event)
        self._record(event, outcome)
        return None

    def crash(self) -> None:
        """The process is gone. Another one replays the journal, and puts what was under way under way again.

        Whoever was asked before is asked once more, for the very same: from then on two may answer. The state is what
        it was, but for the time of calls, which begins anew; so the moments of their timers are put back here.
        """
        self.sent.append(Crash(self.now))
        run, _ = replayed(self, keep=True)
        assert encode_state(run) == self.turns[-1].state, "the journal does not lead to where the run was"
        times = {name: timer.due for name, timer in run.timers.items()}
        repeated, expected = take_up(run, self.now), under_way_again(self.world, self.now)
        assert repeated == expected, f"expected {expected}, got: {repeated}"
        for name, timer in run.timers.items():
            timer.due = times[name]
        assert encode_state(run) == self.turns[-1].state, "taking the run up has changed it"
        run.observer, run.teller = self._observe, self._hear
        self.run = run

    def _record(self, event: AnyEvent, commands: list[Command]) -> None:
        self.world.perform(commands)
        undoing = [path_of(region) for region in _regions(self.run) if region.rollback]
        state = encode_state(self.run)
        changes, told, plan = self._changes, self._told, self.run.plan
        now = self._plans_now()
        if any(self._plans.get(prefix) is not scope_plan for prefix, scope_plan in now.items()):
            self._plans = {**self._plans, **now}
        self.turns.append(Turn(event, commands, changes, told, plan, state, undoing, self._plans))
        self._changes, self._told = [], []

    def _plans_now(self) -> dict[str, ScopePlan]:
        """Those of the scopes that there are, and where a turn has begun and ended any, of those as well."""
        plans = {scope.prefix: scope.plan for scope in self.run.scopes()}
        prefixes = {path[: path.rfind("/") + 1] for path, _ in self._changes}
        if prefixes <= {*plans}:
            return plans
        kept = [
            scope for each in (self.run.ended, self.run.past) for inside in each.values() for scope in inside.values()
        ]
        for scope in kept:  # an item that failed still has in it what failed there
            kept += [child for children in scope.children.values() for child in children.values()]
        return {scope.prefix: scope.plan for scope in kept} | plans

    def _observe(
        self, path: str, node: NodePlan, status: NodeStatus, at: float, attempt: int, failure: Failure | None
    ) -> None:
        self._changes.append((path, status))

    def _hear(self, step: str, path: str, detail: dict[str, Any]) -> None:
        self._told.append(Told(step, path, detail))


def replayed(history: History, upto: int | None = None, *, keep: bool = False) -> tuple[Run, list[Command]]:
    """The run that the first `upto` events lead to (all, if it is not said), and the commands of the last of them."""
    first, *rest = history.turns[:upto]
    assert isinstance(first.event, RunStarted)
    run, commands = begin(first.plan, first.event, keep=keep)
    for turn in rest:
        outcome = step(run, turn.event)
        assert not isinstance(outcome, Refusal), f"{turn.event} was accepted once: {outcome}"
        commands = outcome
    return run, commands


def under_way_again(world: World, now: float) -> list[Command]:
    """What an engine has to perform once more that finds a run with this under way."""
    expected: list[Command] = []
    for path, call in world.calls.items():
        expected.append(CancelCall(path, call.attempt) if path in world.told else call)
    for name, at in world.timers.items():
        bounds = [call.timeout for path, call in world.calls.items() if name == f"timeout:{path}#{call.attempt}"]
        # The time of a call begins anew; every other moment stands.
        expected.append(StartTimer(name, now + bounds[0] if bounds and bounds[0] is not None else at))
    return expected


def _regions(run: Run) -> Iterator[Region]:
    for scope in run.scopes():
        if scope.region is not None:
            yield scope.region
        if scope.trouble is not None:
            yield from scope.trouble.regions.values()


def path_of(region: Region) -> str:
    """The path of a region: a node's, or that of a scope without the slash that its nodes' paths go on with."""
    if region.number >= 0:
        return region.scope.path(region.scope.plan.nodes[region.number])
    return region.scope.prefix.removesuffix("/")


def inside(path: str, region: str) -> bool:
    """Whether a node stands in what is stopped at `region`."""
    return not region or (path.startswith(region) and path[len(region) :].startswith(("/", "[", "~")))


def start(random: Random, *, thorough: bool = True) -> History:
    """A new run of a random workflow."""
    plan = compile_plan(workflows.workflow(random))
    given = Raw(random.choice(OUTPUTS))
    known = plan.names_initiator or random.random() < 0.3
    started = _started(plan, given, by=Identity("ann", ["boss"]) if known else None)
    return History(plan, started, thorough=thorough)


def go_on(origin: History, relation: Literal["fork", "retry"]) -> History:
    """A new run of the same plan that takes over what succeeded in one that has ended otherwise."""
    run, _ = replayed(origin, keep=True)
    given, by = origin.started.inputs["given"], origin.started.by
    started = _started(run.plan, given, relation=relation, taken=taken_by_retry(run), by=by)
    return History(run.plan, started, thorough=origin.thorough)


def _started(plan: Plan, given: Raw, **more: Any) -> RunStarted:
    return RunStarted(
        at=START,
        run_id="run",
        workflow=plan.name,
        plan=plan.fingerprint,
        inputs={"given": given},
        task_root="run",
        machine=VERSION,
        **more,
    )


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
        body = turn.plans.get(around) or scope.nodes[scope.by_id[holder_in(part)]].body
        assert body is not None
        scope = body
    return scope


def holder_in(part: str) -> str:
    """The id of the node that a step of a path (`checks~2[3]`) leads through."""
    return part.partition("[")[0].partition("~")[0]
