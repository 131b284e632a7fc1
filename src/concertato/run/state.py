"""The live state of one run: what the events so far have led to, and nothing else.

The classes only hold, here and in `scope`, `trouble`, `call` and `task`; the modules beside them change them.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Literal

from concertato.errors import FailureKind
from concertato.plan.model import NodePlan, Plan
from concertato.run.call import Call
from concertato.run.chronicle import Chronicler
from concertato.run.commands import Command, FinishRun
from concertato.run.events import Failure, RunStarted
from concertato.run.scope import Region, Scope
from concertato.run.status import NODE_CHANGES, RESOLVED, RUN_CHANGES, NodeStatus, RunStatus
from concertato.run.task import Task

VERSION = 3
"""Of the machine's behaviour, for new runs: see `RunStarted`."""

Observer = Callable[[str, NodePlan, NodeStatus, float, int, Failure | None], None]
"""Told of every change of a node's status: path, node, new status, time, attempt, and the failure if there is one."""


Kept = dict[tuple[Scope, int], dict[int, Scope]]
"""Scopes that stand or stood inside nodes, by their index."""


class IllegalChange(Exception):  # a bug in the machine, not an error that anybody handles
    """A status change that the tables in `status.py` do not have. Only a fault in this room can raise it."""


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
    """One run. `ready`, `closed`, `broken`, `again` and `settled` are the work that a step has still to do, and are
    empty between steps.
    """

    __slots__ = (
        "again", "broken", "calls", "closed", "commands", "ended", "finished", "inputs", "keep", "mailbox", "now",
        "observer", "opening", "past", "paused", "plan", "queue", "ready", "recoveries", "root", "settled", "started",
        "status", "taken", "tasks", "teller", "timers", "undo", "undone_left", "waits",
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
        self.broken: list[tuple[Scope, int, Failure]] = []
        self.again: list[tuple[Scope, int]] = []
        """Nodes that begin anew, by somebody's decision."""
        self.settled: list[Region] = []
        """Nodes whose inside has been stopped and undone: their ladder goes on."""
        self.finished: FinishRun | None = None
        """How the run ended, once it has."""
        self.observer: Observer | None = None
        self.teller: Chronicler | None = None
        self.keep = False
        """Whether finished scopes are kept, for someone who wants to see the whole tree."""
        self.ended: Kept = {}
        """Then those that stood inside a node. The run itself has nothing to do with them any more: an edit leaves them
        as they were, so that it means the same whether somebody looks on or not.
        """
        self.past: Kept = {}
        """Then also what stood inside nodes that failed, while their ladders are walked and where those ended."""

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

    def inside(self, scope: Scope, number: int) -> dict[int, Scope]:
        """The scopes that a node holds. With `keep` also those that have ended; and where it holds none any more,
        because it failed, those that it held until what was in them was stopped.
        """
        found = {**self.ended.get((scope, number), {}), **scope.children.get(number, {})}
        return found or self.past.get((scope, number), {})

    def tree(self) -> Iterator[Scope]:
        """Every scope that stands in the run, each after the one around it; of what began anew the last round."""
        pending = [self.root]
        for scope in pending:
            pending += [child for node in scope.plan.nodes for child in self.inside(scope, node.number).values()]
            yield scope

    def note_undo(self, scope: Scope, number: int) -> None:
        """A node has done what can be undone."""
        self.undo.append((scope, number))
        _count_undoable(scope, 1)

    def take_undo(self, position: int) -> tuple[Scope, int]:
        """It is to be undone now: nobody else is to."""
        scope, number = self.undo.pop(position)
        _count_undoable(scope, -1)
        return scope, number

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


def _count_undoable(scope: Scope, more: int) -> None:
    inner: Scope | None = scope
    while inner is not None:
        inner.undoable += more
        inner = inner.parent
