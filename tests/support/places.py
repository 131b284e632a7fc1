"""Where a node is: that what is under way for it (calls, timers, tasks, scopes inside) is what its status says."""

from collections import Counter
from collections.abc import Sequence

from concertato.plan.model import NodePlan
from concertato.run.call import Call
from concertato.run.scope import Scope
from concertato.run.state import Run, Timer
from concertato.run.status import OPEN, NodeStatus
from concertato.run.task import Task
from concertato.run.trouble import Walk
from concertato.simulation.world import World
from support.histories import Turn

_N = NodeStatus

_IDLE = frozenset(NodeStatus) - {
    _N.QUEUED,
    _N.RUNNING,
    _N.WAITING,
    _N.RETRYING,
    _N.RECOVERING,
    _N.COMPENSATING,
}
"""The statuses in which nothing is under way for a node."""

_TIMED = {
    "attempt": {_N.RUNNING, _N.COMPENSATING, _N.RECOVERING},
    "node": {_N.RUNNING, _N.WAITING, _N.RETRYING, _N.QUEUED},
    "wait": {_N.WAITING},
    "retry": {_N.RETRYING},
    "undo": {_N.COMPENSATING},
    "due": {_N.WAITING, _N.COMPENSATING},
    "remind": {_N.WAITING, _N.COMPENSATING},
}
"""The statuses in which a node has a timer of each purpose."""


def every_node_is_where_its_status_says(run: Run, world: World, turn: Turn) -> None:
    under_way = _UnderWay(run)
    for scope in run.scopes():
        assert scope.left == sum(status in OPEN for status in scope.status)
        for node in scope.plan.nodes:
            if not under_way.is_idle(scope, node.number):
                _Node(scope, node, under_way).check()
    assert all(timer.purpose == "run" for timer in under_way.unexplained.values()), under_way.unexplained
    for timer in run.timers.values():
        if timer.task:
            assert timer.purpose != "due" or timer.due == run.tasks[timer.task].due


def is_open(scope: Scope) -> bool:
    """Whether a scope is in the run's tree still, and not only known because something in it may have to be undone."""
    while scope.parent is not None:
        if scope.parent.children.get(scope.node, {}).get(scope.index) is not scope:
            return False
        scope = scope.parent
    return True


class _UnderWay:
    """What a run has under way, by the place that it is for. `unexplained` are timers that no node has claimed."""

    def __init__(self, run: Run) -> None:
        self.calls: dict[tuple[int, int], list[Call]] = {}
        self.tasks: dict[tuple[int, int], list[Task]] = {}
        self.timers: dict[tuple[int, int], list[Timer]] = {}
        for call in run.calls.values():
            self.calls.setdefault((id(call.scope), call.node.number), []).append(call)
        for task in run.tasks.values():
            self.tasks.setdefault((id(task.scope), task.node), []).append(task)
        for timer in run.timers.values():
            self.timers.setdefault((id(timer.scope), timer.node), []).append(timer)
        self.queue = Counter((id(scope), node.number) for scope, node, _ in run.queue)
        self.to_undo = {(id(scope), node) for scope, node in run.undo}
        waits = [(id(scope), node) for waiting in run.waits.values() for scope, node in waiting]
        self.waits = set(waits)
        assert len(waits) == len(self.waits)
        self.unexplained = dict(run.timers)
        self._places = {*self.calls, *self.tasks, *self.timers, *self.queue, *self.to_undo, *self.waits}

    def is_idle(self, scope: Scope, number: int) -> bool:
        """Whether nothing is under way for a node, nor is to be as its status says: most are such most of the time."""
        trouble = scope.trouble
        return (
            scope.status[number] in _IDLE
            and (id(scope), number) not in self._places
            and not scope.children.get(number)
            and (trouble is None or (number not in trouble.walks and number not in trouble.regions))
        )


class _Node:
    def __init__(self, scope: Scope, node: NodePlan, under_way: _UnderWay) -> None:
        self.scope, self.node, self.all = scope, node, under_way
        self.status = scope.status[node.number]
        place = (id(scope), node.number)
        self.place = place
        self.calls = under_way.calls.get(place, [])
        self.tasks = [task.about for task in under_way.tasks.get(place, [])]
        self.timers = under_way.timers.get(place, [])
        self.purposes = {timer.purpose for timer in self.timers}
        self.is_stopped_inside = scope.trouble is not None and node.number in scope.trouble.regions
        self.told = f"{scope.path(node)} is {self.status}"

    def check(self) -> None:
        roles = [call.role for call in self.calls]
        assert len(roles) <= 1, f"{self.told}, and {roles} are asked about it at once"
        assert len(self.tasks) <= 1, f"{self.told}, and {self.tasks} are open about it at once"
        status, told = self.status, self.told
        assert self.all.queue[self.place] == (status is _N.QUEUED), told
        assert ("retry" in self.purposes) == (status is _N.RETRYING), told
        undone = [*(role for role in roles if role == "compensation"), *(task for task in self.tasks if task == "undo")]
        # A person may have it tried again while something else is being undone: then it has its turn to come.
        has_its_turn_to_come = status is _N.COMPENSATING and self.place in self.all.to_undo
        undoing = [*undone, *(timer for timer in self.timers if timer.purpose == "undo")]
        assert len(undoing) + has_its_turn_to_come == (status is _N.COMPENSATING), told
        self._check_waiting()
        self._check_recovering(roles)
        if is_open(self.scope):
            self._check_holding(roles)
        for call in self.calls:
            assert not call.dropped or self.scope.stopped() or self.is_stopped_inside, told
        self._check_timers()

    def _check_waiting(self) -> None:
        """A wait, or an open task."""
        for_itself = self.node.kind == "wait" and ("wait" in self.purposes or self.place in self.all.waits)
        asked = [task for task in self.tasks if task != "undo"]
        assert for_itself + len(asked) == (self.status is _N.WAITING), self.told

    def _check_recovering(self, roles: Sequence[str]) -> None:
        """With an agent of its ladder, or its inside is being stopped; else its ladder waits for something.

        Where all around it is stopped as well, only its planner is still waited for.
        """
        of_ladder = bool({"fallback", "recovery"}.intersection(roles))
        stops = self.is_stopped_inside and (not self.scope.stopped() or "node" in roles)
        assert (of_ladder or stops) == (self.status is _N.RECOVERING), self.told
        walk = self.scope.walk(self.node.number)
        if self.status is _N.RECOVERING or "failure" in self.tasks:
            assert walk is not None, self.told
        if walk is not None and not self.scope.stopped():
            assert self.status in OPEN - {_N.PENDING}, self.told
            self._check_walk(walk, roles)

    def _check_walk(self, walk: Walk, roles: Sequence[str]) -> None:
        if walk.idle:
            assert "failure" not in self.tasks, self.told
            assert not roles or roles == ["node"], self.told
        else:
            assert "node" not in roles or self.is_stopped_inside, self.told
            assert "human" not in self.tasks, self.told

    def _check_holding(self, roles: Sequence[str]) -> None:
        held = self.scope.children.get(self.node.number, {})
        stopped = self.scope.stopped()
        match self.node.kind:
            case "task":
                assert ("node" in roles) == (self.status is _N.RUNNING), self.told
            case "plan":
                assert ("node" in roles or bool(held)) == (self.status is _N.RUNNING) or self._may_hold(), self.told
            case "map" | "loop" | "workflow":
                assert bool(held) == (self.status is _N.RUNNING) or self._may_hold(), self.told
            case _:
                assert self.status is not _N.RUNNING, self.told
        if self.node.timeout is not None and self.node.kind in ("map", "loop", "workflow", "plan") and not stopped:
            assert "node" in self.purposes or self.status is not _N.RUNNING, self.told

    def _may_hold(self) -> bool:
        """What is being stopped keeps what is in it until all of that is."""
        return self.scope.stopped() or self.is_stopped_inside

    def _check_timers(self) -> None:
        for name, timer in list(self.all.unexplained.items()):
            if timer in self.timers and timer.purpose != "run" and self.status in _TIMED[timer.purpose]:
                del self.all.unexplained[name]
