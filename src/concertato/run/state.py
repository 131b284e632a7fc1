"""The live state of one run: what the events so far have led to, and nothing else.

A scope (the root, a map's item, a loop's iteration, a sub-workflow) is a small run of its own; all of them have this
one shape and are handled by the same code. The classes only hold; the modules beside this one change them.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from concertato.errors import FailureKind
from concertato.plan.model import CompensatePlan, NodePlan, Plan, ScopePlan
from concertato.run.commands import Command, FinishRun
from concertato.run.events import Failure, RunStarted
from concertato.run.status import NODE_CHANGES, RESOLVED, RUN_CHANGES, NodeStatus, RunStatus

UNDO = "~undo"
"""What tells the path of a compensation, and its task id, from its node's."""

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


class Scope:
    """One scope. Lists are indexed by the node numbers of `plan`.

    `waiting` counts incoming edges that are not resolved, `taken` the deciding ones that were taken, `left` the nodes
    that are not resolved. `needs` holds, for edges that need more than their source, how many needs are still open.
    `children` are the open scopes of each node that holds any, by their index, in the order they were opened in.
    `item` is a map item's JSON text, `last` the outputs of a loop's previous iteration, `inputs` what an isolated
    scope was given, `chosen` which case each switch took (-1: the default, None: no way at all), `decoded` outputs
    that an expression has already read. `early` says that a node around this scope joined by `first`, so that values
    further out may still be to come; `given` is what agents got that were asked so early, `undoing` what those got
    that are undoing a node now. `region` is set while the scope is being stopped, `outcome` once a stopped scope has a
    result all the same (what its map collects).
    """

    __slots__ = (
        "attempts", "children", "chosen", "decoded", "early", "failures", "given", "index", "inputs", "item", "last",
        "left", "maps", "needs", "node", "outcome", "outputs", "parent", "plan", "prefix", "region", "status", "taken",
        "undoing", "waiting",
    )  # fmt: skip

    def __init__(self, plan: ScopePlan, prefix: str = "", parent: "Scope | None" = None, node: int = -1) -> None:
        count = len(plan.nodes)
        self.plan = plan
        self.prefix = prefix
        self.parent = parent
        self.node = node
        self.index = -1
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

    @classmethod
    def inside(cls, outer: "Scope", node: NodePlan, index: int) -> "Scope":
        """A scope of `node`'s body: the map item or loop iteration `index`, or the one that a sub-workflow has (-1)."""
        assert node.body is not None
        place = f"[{index}]/" if index >= 0 else "/"
        inner = cls(node.body, outer.path(node) + place, outer, node.number)
        inner.index = index
        inner.early = not node.body.isolated and (outer.early or node.join == "first")
        return inner

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

    def stopped(self) -> bool:
        """Whether this scope, or one around it, is being stopped."""
        scope: Scope | None = self
        while scope is not None:
            if scope.region is not None:
                return True
            scope = scope.parent
        return False


class Region:
    """A scope that is being stopped, and why: what is in flight is answered first, then what succeeded is undone."""

    __slots__ = ("cause", "failure", "path", "rollback", "undone")

    def __init__(
        self,
        cause: Literal["failure", "cancel"],
        rollback: bool,
        failure: Failure | None = None,
        path: str | None = None,
    ) -> None:
        self.cause = cause
        self.rollback = rollback
        self.failure = failure
        self.path = path
        self.undone = 0


class Call:
    """An attempt that is with an agent. `undo`: it compensates the node. `dropped`: told to stop, and yet to answer."""

    __slots__ = ("attempt", "dropped", "node", "scope", "undo")

    def __init__(self, scope: Scope, node: NodePlan, attempt: int, undo: CompensatePlan | None = None) -> None:
        self.scope = scope
        self.node = node
        self.attempt = attempt
        self.undo = undo
        self.dropped = False

    @property
    def path(self) -> str:
        return self.scope.path(self.node) + (UNDO if self.undo is not None else "")

    @property
    def agent(self) -> str:
        return self.node.agent if self.undo is None else self.undo.agent

    @property
    def timeout(self) -> float | None:
        return self.node.timeout if self.undo is None else self.undo.timeout

    @property
    def purpose(self) -> Literal["node", "compensation"]:
        return "node" if self.undo is None else "compensation"


class Timer:
    """A timer that is set. `due` is in seconds since the epoch, `attempt` the one that it starts or ends.

    `attempt` bounds a call, `node` a node that is no call (a wait, a scope); `retry` and `undo` start the next attempt
    of a node or of its compensation; `wait` ends a wait node; `run` bounds the run.
    """

    __slots__ = ("attempt", "due", "node", "purpose", "scope")

    def __init__(
        self,
        purpose: Literal["retry", "undo", "attempt", "node", "wait", "run"],
        scope: Scope,
        node: int,
        due: float,
        attempt: int = 1,
    ) -> None:
        self.purpose = purpose
        self.scope = scope
        self.node = node
        self.due = due
        self.attempt = attempt


class Run:
    """One run. `ready`, `closed` and `broken` are the work that a step has still to do and are empty between steps."""

    __slots__ = (
        "broken", "calls", "closed", "commands", "finished", "inputs", "keep", "mailbox", "now", "observer", "opening",
        "paused", "plan", "queue", "ready", "root", "started", "status", "taken", "timers", "undo", "undone_left",
        "waits",
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
        self.commands: list[Command] = []
        self.ready: deque[tuple[Scope, int]] = deque()
        self.closed: deque[Scope] = deque()
        self.broken: deque[tuple[Scope, int, Failure]] = deque()
        self.finished: FinishRun | None = None
        """How the run ended, once it has."""
        self.observer: Observer | None = None
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

    def fail(self, scope: Scope, number: int, kind: FailureKind, message: str, where: str | None = None) -> None:
        """Note that a node has failed for good; the step that is under way deals with it before anything else."""
        self.broken.append((scope, number, Failure(kind, message, where)))
