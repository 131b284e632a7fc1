"""The live state of one run: what the events so far have led to, and nothing else.

A scope (the root, a map's item, a loop's iteration, a sub-workflow) is a small run of its own; all of them have this
one shape and are handled by the same code. The classes only hold; the modules beside this one change them.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Literal, Protocol

import msgspec

from concertato.errors import FailureKind
from concertato.plan.model import FallbackPlan, NodePlan, Plan, RecoverPlan, RetryPolicy, RungPlan, ScopePlan
from concertato.run.chronicle import Chronicler
from concertato.run.commands import Command, FinishRun
from concertato.run.events import Failure, RunStarted
from concertato.run.status import NODE_CHANGES, RESOLVED, RUN_CHANGES, NodeStatus, RunStatus

UNDO = "~undo"
"""What tells the path of a compensation, and its task id, from its node's."""

FALLBACK = "~fallback"
RECOVER = "~recover"
"""The same for the agents of a ladder; the number of the rung follows, and of a `recover` how often it has been asked."""

VERSION = 2
"""Of the machine's behaviour, for new runs: see `RunStarted`."""

Observer = Callable[[str, NodePlan, NodeStatus, float, int, Failure | None], None]
"""Told of every change of a node's status: path, node, new status, time, attempt, and the failure if there is one."""


class IllegalChange(Exception):  # a bug in the machine, not an error that anybody handles
    """A status change that the tables in `status.py` do not have. Only a fault in this room can raise it."""


class MapState:
    """A map node that is running. `items` and `results` are JSON texts; a result is None until its item is done."""

    __slots__ = ("items", "left", "next", "results", "running")

    def __init__(self, items: list[bytes]) -> None:
        self.items = items
        self.results: list[bytes | None] = [None] * len(items)
        self.next = 0
        self.running = 0
        self.left = len(items)


class Walk:
    """A ladder that a failed node is on. `failure` is the latest and `path` where it was met (further in, for a node that
    holds scopes); `rung` is where it stands; `own`: it is the node's own ladder, and not its definition's.

    `times` counts how often the agent of a `recover` rung was asked; `shown` is what the present one was asked with,
    `given` what a fallback is. `idle`: the node itself is being tried again, by somebody's decision.
    """

    __slots__ = ("failure", "given", "idle", "own", "path", "rung", "shown", "times")

    def __init__(self, failure: Failure, path: str, *, own: bool) -> None:
        self.failure = failure
        self.path = path
        self.own = own
        self.rung = -1
        self.idle = False
        self.times: dict[int, int] = {}
        self.shown: bytes | None = None
        self.given: dict[str, bytes] | None = None


class Trouble:
    """What few scopes have: nodes that failed or that people were asked about. By node number throughout.

    `walks` are the ladders under way; `since` the attempt after which a node's retries count anew; `inputs` what a
    decision changed of a node's inputs, and `changes` how often; `rounds` how often a node that holds scopes has begun
    anew; `mistakes` what was wrong with a plan node's proposal; `regions` the nodes whose inside is being stopped;
    `replaced` those whose result is another's than their own; `undos` the present attempt to undo a node, where it is
    not the first, and `undone_before` the one after which those count anew. `tasks` alone is by name: how many tasks
    bear it.
    """

    __slots__ = (
        "changes", "inputs", "mistakes", "regions", "replaced", "rounds", "since", "tasks", "undone_before", "undos",
        "walks",
    )  # fmt: skip

    def __init__(self) -> None:
        self.walks: dict[int, Walk] = {}
        self.since: dict[int, int] = {}
        self.inputs: dict[int, dict[str, bytes]] = {}
        self.changes: dict[int, int] = {}
        self.tasks: dict[str, int] = {}
        self.replaced: dict[int, bool] = {}
        self.undos: dict[int, int] = {}
        self.undone_before: dict[int, int] = {}
        self.rounds: dict[int, int] = {}
        self.mistakes: dict[int, list[str]] = {}
        self.regions: dict[int, Region] = {}


class Scope:
    """One scope. Lists are indexed by the node numbers of `plan`.

    `waiting` counts incoming edges that are not resolved, `taken` the deciding ones that were taken, `left` the nodes
    that are not resolved. `needs` holds, for edges that need more than their source, how many needs are still open.
    `children` are the open scopes of each node that holds any, by their index, in the order they were opened in.
    `item` is a map item's JSON text, `last` the outputs of a loop's previous iteration, `inputs` what an isolated
    scope was given, `round` how often its node had begun anew before it, `chosen` which case each switch took (-1: the default, None: no way at all), `decoded` outputs
    that an expression has already read. `early` says that a node around this scope joined by `first`, so that values
    further out may still be to come; `given` is what agents got that were asked so early, `undoing` what those got
    that are undoing a node now. `region` is set while the scope is being stopped, `outcome` once a stopped scope has a
    result all the same (what its map collects). `trouble` is there once something in the scope went wrong. `body` is
    the JSON text of a body of its own, where the scope has another than the definition says: one that an edit changed
    for it alone or left it with, or that a plan node's agent proposed.
    """

    __slots__ = (
        "attempts", "body", "children", "chosen", "decoded", "early", "failures", "given", "index", "inputs", "item", "last",
        "left", "maps", "needs", "node", "outcome", "outputs", "parent", "plan", "prefix", "region", "round", "status",
        "taken", "trouble", "undoing", "waiting",
    )  # fmt: skip

    def __init__(self, plan: ScopePlan, prefix: str = "", parent: "Scope | None" = None, node: int = -1) -> None:
        count = len(plan.nodes)
        self.plan = plan
        self.prefix = prefix
        self.parent = parent
        self.node = node
        self.index = -1
        self.round = 0
        self.item = b"null"
        self.last = b"null"
        self.inputs: dict[str, bytes] | None = None
        self.status: list[NodeStatus] = [NodeStatus.PENDING] * count
        self.outputs: list[bytes | None] = [None] * count
        self.waiting = [len(node.incoming) for node in plan.nodes]
        self.taken = [0] * count
        self.needs: dict[int, int] = {}
        self.left = count
        self.attempts: dict[int, int] = {}
        self.failures: dict[int, Failure] = {}
        self.children: dict[int, dict[int, Scope]] = {}
        self.maps: dict[int, MapState] = {}
        self.chosen: dict[int, int | None] = {}
        self.decoded: dict[int, Any] = {}
        self.early = False
        self.given: dict[int, dict[str, bytes]] = {}
        self.undoing: dict[int, dict[str, bytes]] = {}
        self.region: Region | None = None
        self.outcome: bytes | None = None
        self.trouble: Trouble | None = None
        self.body: bytes | None = None

    @classmethod
    def inside(
        cls, outer: "Scope", node: NodePlan, index: int, plan: ScopePlan | None = None, *, again: int | None = None
    ) -> "Scope":
        """A scope of `node`'s body: the map item or loop iteration `index`, or the only one that it has (-1).

        `plan` is given where it is not the body that the definition has for it, `again` where it is of an earlier round.
        The paths of a node that began anew say so (`checks~2[3]/score`): what is asked of agents then is asked under
        other task ids.
        """
        plan = plan or node.body
        assert plan is not None
        if again is None:
            again = outer.trouble.rounds.get(node.number, 0) if outer.trouble is not None else 0
        place = (f"~{again + 1}" if again else "") + (f"[{index}]/" if index >= 0 else "/")
        inner = cls(plan, outer.path(node) + place, outer, node.number)
        inner.index, inner.round = index, again
        inner.early = not plan.isolated and (outer.early or node.join == "first")
        return inner

    def walk(self, number: int) -> Walk | None:
        """The ladder that a node is on, if it is on one."""
        return None if self.trouble is None else self.trouble.walks.get(number)

    def troubled(self) -> Trouble:
        """Its trouble, made where there was none."""
        if self.trouble is None:
            self.trouble = Trouble()
        return self.trouble

    def path(self, node: NodePlan) -> str:
        return self.prefix + node.id

    def within(self, outer: "Scope") -> bool:
        """Whether this scope is `outer` or somewhere inside it."""
        scope: Scope | None = self
        while scope is not None:
            if scope is outer:
                return True
            scope = scope.parent
        return False

    def under(self, outer: "Scope", number: int) -> bool:
        """Whether this scope stands inside node `number` of `outer`."""
        scope = self
        while scope.parent is not None:
            if scope.parent is outer:
                return scope.node == number
            scope = scope.parent
        return False

    def regions(self) -> "Iterator[Region]":
        """What is being stopped around here, from the inside outwards: this scope, the node that holds it, and so on."""
        scope: Scope | None = self
        while scope is not None:
            if scope.region is not None:
                yield scope.region
            outer = scope.parent
            if outer is not None and outer.trouble is not None and scope.node in outer.trouble.regions:
                yield outer.trouble.regions[scope.node]
            scope = outer

    def stopped(self) -> bool:
        """Whether this scope, or one around it, is being stopped."""
        return next(self.regions(), None) is not None


class Region:
    """A part of the run that is being stopped, and why: what is in flight is answered first, then what succeeded is
    undone. It is a scope, or with `number` what stands inside that node of it.
    """

    __slots__ = ("cause", "failure", "number", "path", "rollback", "scope", "undone")

    def __init__(
        self,
        scope: Scope,
        cause: Literal["failure", "cancel"],
        rollback: bool,
        failure: Failure | None = None,
        path: str | None = None,
        *,
        number: int = -1,
    ) -> None:
        self.scope = scope
        self.number = number
        self.cause = cause
        self.rollback = rollback
        self.failure = failure
        self.path = path
        self.undone = 0

    def holds(self, scope: Scope, number: int) -> bool:
        """Whether a node belongs to what is being stopped; a planner is asked in the name of the node that it plans."""
        if self.number < 0:
            return scope.within(self.scope)
        return scope.under(self.scope, self.number) or (scope is self.scope and number == self.number)


Role = Literal["node", "compensation", "fallback", "recovery"]
"""What an agent is asked for: the node's own work, undoing it, doing it in its place, or what is to become of it."""


class Call:
    """An attempt that is with an agent. `dropped`: told to stop, and yet to answer. `rung` is that of a ladder's agent."""

    __slots__ = ("attempt", "dropped", "node", "role", "rung", "scope", "time")

    def __init__(
        self, scope: Scope, node: NodePlan, attempt: int, role: Role = "node", *, rung: int = -1, time: int = 0
    ) -> None:
        self.scope = scope
        self.node = node
        self.attempt = attempt
        self.role: Role = role
        self.rung = rung
        self.time = time
        """How often the agent of this `recover` rung had been asked before."""
        self.dropped = False

    @property
    def undo(self) -> bool:
        return self.role == "compensation"

    @property
    def path(self) -> str:
        path = self.scope.path(self.node)
        match self.role:
            case "node":
                return path
            case "compensation":
                return path + UNDO
            case "fallback":
                return f"{path}{FALLBACK}{self.rung + 1}"
            case "recovery":
                return f"{path}{RECOVER}{self.rung + 1}" + (f".{self.time + 1}" if self.time else "")

    @property
    def asked(self) -> "AgentPlan":
        """Whom, how often and for how long. A plan that was edited may have another rung there: then nobody."""
        match self.role:
            case "node":
                return self.node
            case "compensation":
                assert self.node.compensate is not None
                return self.node.compensate
            case "fallback" | "recovery":
                rung = ladder_of(self.scope, self.node)[self.rung]
                assert isinstance(rung, FallbackPlan | RecoverPlan)
                return rung

    @property
    def agent(self) -> str:
        return self.node.agent if self.role == "node" else self.asked.agent

    @property
    def timeout(self) -> float | None:
        # The time of a node that holds scopes is that of all that it does, the planning included.
        if self.role == "node":
            return None if self.node.kind == "plan" else self.node.timeout
        return self.asked.timeout


class AgentPlan(Protocol):
    """What every plan of somebody who can be asked has."""

    @property
    def agent(self) -> str: ...

    @property
    def retry(self) -> RetryPolicy: ...

    @property
    def timeout(self) -> float | None: ...


def ladder_of(scope: Scope, node: NodePlan) -> tuple[RungPlan, ...]:
    """The ladder that a node is on: its own, or that of the definition it stands in."""
    walk = scope.walk(node.number)
    if walk is None or walk.own:
        return node.ladder
    return definition_scope(scope).plan.ladder


def definition_scope(scope: Scope) -> Scope:
    """The scope of the definition that `scope` stands in: the root, or a sub-workflow's."""
    while not scope.plan.isolated and scope.parent is not None:
        scope = scope.parent
    return scope


class Vote(msgspec.Struct, frozen=True):
    """One person's choice, where several have to make it."""

    user: str
    choice: str


class Task:
    """A task that people have yet to decide. `question` is what is shown, as JSON text.

    `to` is who may decide it now, `due` when its time is over, `default` what is chosen then, `handover` whom it passes
    to before that, and for how long; `barred` may not decide it whoever they are besides.
    """

    __slots__ = ("about", "barred", "default", "due", "handover", "node", "question", "scope", "to", "votes")

    def __init__(
        self, about: Literal["human", "failure", "undo"], scope: Scope, node: int, question: bytes, to: tuple[str, ...]
    ) -> None:
        self.about: Literal["human", "failure", "undo"] = about
        self.scope = scope
        self.node = node
        self.question = question
        self.to = to
        self.due: float | None = None
        self.default: str | None = None
        self.handover: tuple[tuple[str, ...], float | None] | None = None
        self.barred: tuple[str, ...] = ()
        self.votes: list[Vote] = []


class Timer:
    """A timer that is set. `due` is in seconds since the epoch, `attempt` the one that it starts or ends.

    `attempt` bounds a call, `node` a node that is no call (a wait, a scope); `retry` and `undo` start the next attempt
    of a node or of its compensation; `wait` ends a wait node; `run` bounds the run; `due` and `remind` belong to the
    task for people that `task` names.
    """

    __slots__ = ("attempt", "due", "node", "purpose", "scope", "task")

    def __init__(
        self,
        purpose: Literal["retry", "undo", "attempt", "node", "wait", "run", "due", "remind"],
        scope: Scope,
        node: int,
        due: float,
        attempt: int = 1,
        *,
        task: str = "",
    ) -> None:
        self.purpose = purpose
        self.scope = scope
        self.node = node
        self.due = due
        self.attempt = attempt
        self.task = task


class Run:
    """One run. `ready`, `closed`, `broken`, `again` and `settled` are the work that a step has still to do, and are empty
    between steps.
    """

    __slots__ = (
        "again", "broken", "calls", "closed", "commands", "finished", "inputs", "keep", "mailbox", "now", "observer", "opening",
        "paused", "plan", "queue", "ready", "recoveries", "root", "settled", "started", "status", "taken", "tasks", "teller",
        "timers", "undo", "undone_left", "waits",
    )  # fmt: skip

    def __init__(self, plan: Plan, started: RunStarted) -> None:
        self.plan = plan
        self.started = started
        self.now = started.at
        self.status = RunStatus.RUNNING
        self.paused = False
        self.inputs = {name: bytes(value) for name, value in started.inputs.items()}
        self.taken = {path: bytes(value) for path, value in started.taken.items()}
        self.root = Scope(plan.root)
        self.root.inputs = self.inputs
        self.calls: dict[str, Call] = {}
        self.queue: deque[tuple[Scope, NodePlan, int]] = deque()
        self.opening: dict[tuple[Scope, int], None] = {}
        """Maps with more items than are opened at once, and some still to open, in the order they began in."""
        self.timers: dict[str, Timer] = {}
        self.mailbox: dict[str, deque[bytes]] = {}
        self.waits: dict[str, deque[tuple[Scope, int]]] = {}
        self.undo: list[tuple[Scope, int]] = []
        """What succeeded and can be undone, in the order in which it finished."""
        self.undone_left: list[str] = []
        """Paths of what should have been undone and could not be."""
        self.tasks: dict[str, Task] = {}
        """What people have yet to decide, by name, in the order in which they were asked."""
        self.recoveries = 0
        """How often recovery agents have acted."""
        self.commands: list[Command] = []
        self.ready: deque[tuple[Scope, int]] = deque()
        self.closed: deque[Scope] = deque()
        self.broken: deque[tuple[Scope, int, Failure]] = deque()
        self.again: deque[tuple[Scope, int]] = deque()
        """Nodes that begin anew, by somebody's decision."""
        self.settled: deque[Region] = deque()
        """Nodes whose inside has been stopped and undone: their ladder goes on."""
        self.finished: FinishRun | None = None
        """How the run ended, once it has."""
        self.observer: Observer | None = None
        self.teller: Chronicler | None = None
        self.keep = False
        """Whether finished scopes stay, for someone who wants to see the whole tree."""

    def scopes(self) -> list[Scope]:
        """Every scope that anything refers to, each after the one around it.

        Besides the live ones these are finished ones that may have to be undone, or are just being undone.
        """
        found = [self.root]
        for scope in found:
            for _, children in sorted(scope.children.items()):
                found += children.values()
        known = {id(scope) for scope in found}
        ends = [scope for scope, _ in self.undo]
        ends += [call.scope for call in self.calls.values()]
        ends += [timer.scope for timer in self.timers.values()]
        ends += [task.scope for task in self.tasks.values()]
        for end in ends:
            chain: list[Scope] = []
            outer: Scope | None = end
            while outer is not None and id(outer) not in known:
                known.add(id(outer))
                chain.append(outer)
                outer = outer.parent
            found += reversed(chain)
        return found

    def forget_waits(self, ended: Callable[[Scope, int], bool]) -> None:
        """Take the nodes for which `ended` says so from those that wait for signals."""
        left = {name: deque(each for each in waiting if not ended(*each)) for name, waiting in self.waits.items()}
        self.waits = {name: waiting for name, waiting in left.items() if waiting}

    def change(self, status: RunStatus) -> None:
        """Every change of the run's status is here."""
        if status is not self.status:
            if status not in RUN_CHANGES[self.status]:
                raise IllegalChange(f"run {self.started.run_id}: {self.status} -> {status}")
            self.status = status

    def mark(self, scope: Scope, number: int, status: NodeStatus, failure: Failure | None = None) -> None:
        """Every change of a node's status is here."""
        old = scope.status[number]
        if status not in NODE_CHANGES[old]:
            raise IllegalChange(f"{scope.path(scope.plan.nodes[number])}: {old} -> {status}")
        scope.status[number] = status
        if status in RESOLVED:
            scope.left -= 1
        if failure is not None:
            scope.failures[number] = failure
        if self.observer is not None:
            node = scope.plan.nodes[number]
            self.observer(scope.path(node), node, status, self.now, scope.attempts.get(number, 1), failure)

    def tell(self, step: str, path: str, /, **detail: Any) -> None:
        """For whoever follows the decision path; see `concertato.run.chronicle`."""
        if self.teller is not None:
            self.teller(step, path, detail)

    def fail(self, scope: Scope, number: int, kind: FailureKind, message: str, where: str | None = None) -> None:
        """Note that a node has failed for good; the step that is under way deals with it before anything else."""
        self.broken.append((scope, number, Failure(kind, message, where)))
