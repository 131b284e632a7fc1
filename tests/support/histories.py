"""Histories of a run, without an engine: the machine is sent what happens and is recorded.

`History` is what an engine would know from the commands alone: who is called, which timers are set, which tasks are
open. `support.happening` makes one go on at random; the seed of its `Random` is the case.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Literal, NamedTuple

from concertato.engine.continuing import taken_by_retry
from concertato.plan.compile import compile_plan
from concertato.plan.model import NodePlan, Plan, ScopePlan
from concertato.run.codec import encode_state
from concertato.run.commands import Command
from concertato.run.events import AnyEvent, Failure, Identity, Raw, RunStarted
from concertato.run.machine import begin, step
from concertato.run.refusal import Refusal
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
    """One run and everything that has happened to it. `refused`: each event, and the state before it and after it."""

    def __init__(self, plan: Plan, started: RunStarted) -> None:
        self.turns: list[Turn] = []
        self.refused: list[tuple[AnyEvent, Refusal, bytes, bytes]] = []
        self.world = World()
        self.now = started.at
        self.failing = 0.2
        """The share of calls that fail."""
        self._changes: list[tuple[str, NodeStatus]] = []
        self._told: list[Told] = []
        self._plans: dict[str, ScopePlan] = {}
        self.run, commands = begin(plan, started, observer=self._observe, teller=self._hear)
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
        undoing = [path_of(region) for region in _regions(self.run) if region.rollback]
        state = encode_state(self.run)
        changes, told, plan = self._changes, self._told, self.run.plan
        self._plans = {**self._plans, **self._plans_now(event)}
        self.turns.append(Turn(event, commands, changes, told, plan, state, undoing, self._plans))
        self._changes, self._told = [], []

    def _plans_now(self, event: AnyEvent) -> dict[str, ScopePlan]:
        """Those of the scopes that there are, and where a turn has begun and ended any, of those as well."""
        plans = {scope.prefix: scope.plan for scope in self.run.scopes()}
        prefixes = {path[: path.rfind("/") + 1] for path, _ in self._changes}
        if prefixes <= {*plans, *self._plans}:
            return plans
        first, *rest = [*(turn.event for turn in self.turns), event]
        assert isinstance(first, RunStarted)
        run, _ = begin(self.turns[0].plan if self.turns else self.run.plan, first, keep=True)
        for each in rest:
            step(run, each)
        kept = [*run.ended.values(), *run.past.values()]
        return plans | {scope.prefix: scope.plan for inside in kept for scope in inside.values()}

    def _observe(
        self, path: str, node: NodePlan, status: NodeStatus, at: float, attempt: int, failure: Failure | None
    ) -> None:
        self._changes.append((path, status))

    def _hear(self, step: str, path: str, detail: dict[str, Any]) -> None:
        self._told.append(Told(step, path, detail))


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


def start(random: Random) -> History:
    """A new run of a random workflow."""
    plan = compile_plan(workflows.workflow(random))
    given = Raw(random.choice(OUTPUTS))
    known = plan.names_initiator or random.random() < 0.3
    return History(plan, _started(plan, given, by=Identity("ann", ["boss"]) if known else None))


def go_on(origin: History, relation: Literal["fork", "retry"]) -> History:
    """A new run of the same plan that takes over what succeeded in one that has ended otherwise."""
    first, *rest = origin.turns
    assert isinstance(first.event, RunStarted)
    run, _ = begin(first.plan, first.event, keep=True)
    for turn in rest:
        step(run, turn.event)
    given, by = origin.started.inputs["given"], origin.started.by
    started = _started(run.plan, given, relation=relation, taken=taken_by_retry(run), by=by)
    return History(run.plan, started)


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
