"""What holds of a run at every moment of every history: plain functions, each of which fails by an assert."""

from collections.abc import Callable

from concertato.plan.model import EdgePlan, MapPlan
from concertato.run import scopes
from concertato.run.commands import CallAgent
from concertato.run.resumption import waits_for
from concertato.run.scope import Scope
from concertato.run.state import Run
from concertato.run.status import NodeStatus
from concertato.run.stopping import regions_around
from concertato.run.values import holds
from concertato.simulation.world import World
from support.histories import Turn
from support.places import every_node_is_where_its_status_says, is_open

_N = NodeStatus


def the_run_is_what_its_engine_thinks(run: Run, world: World, turn: Turn) -> None:
    under_way = {path: (call.attempt, call.role) for path, call in run.calls.items()}
    assert under_way == {path: (call.attempt, call.purpose) for path, call in world.calls.items()}
    assert {path for path, call in run.calls.items() if call.dropped} == world.told
    assert {name: timer.due for name, timer in run.timers.items()} == world.timers
    open_now = {name: (task.about, task.to, task.due, task.question) for name, task in run.tasks.items()}
    assert open_now == {name: (task.about, task.to, task.due, task.question) for name, task in world.tasks.items()}


def the_windows_are_kept_and_used(run: Run, world: World, turn: Turn) -> None:
    """`max_parallel` and a map's `concurrency`: never more, and never less while somebody queues."""
    window = run.plan.max_parallel
    assert sum(not call.undo for call in run.calls.values()) <= window
    assert run.paused or not run.queue or len(run.calls) >= window
    for scope in filter(is_open, run.scopes()):
        for number, state in scope.maps.items():
            detail = scope.plan.nodes[number].detail
            assert isinstance(detail, MapPlan)
            assert state.running == len(scope.children.get(number, {}))
            stops = scope.stopped() or (scope.trouble is not None and number in scope.trouble.regions)
            all_open = stops or state.next == len(state.items)
            if detail.concurrency is not None:
                assert state.running <= detail.concurrency
                assert all_open or state.running == detail.concurrency
            else:
                full = len(run.calls) + len(run.queue) >= window
                assert all_open or (full and state.running >= scopes.OPEN_AT_ONCE)
                assert ((scope, number) in run.opening) == (state.next < len(state.items) and not stops)


def an_unfinished_run_waits_for_something_nameable(run: Run, world: World, turn: Turn) -> None:
    assert run.finished is not None or waits_for(run)
    assert all(any(name in words for words in waits_for(run)) for name in run.tasks)
    queued = [entry for entry in run.queue if not entry[0].stopped()]
    assert run.finished is not None or run.calls or run.paused or not queued


def one_thing_is_undone_at_a_time(run: Run, world: World, turn: Turn) -> None:
    """In each part of the run that was stopped for itself."""
    undoing: dict[int, str] = {}
    for path, call in run.calls.items():
        if call.undo and (region := next(regions_around(call.scope, call.node.number), None)) is not None:
            assert id(region) not in undoing, f"{path} is undone beside {undoing[id(region)]}"
            undoing[id(region)] = path


def nobody_is_asked_while_the_run_is_paused(run: Run, world: World, turn: Turn) -> None:
    """But for what is undone: an item that failed is not left half undone."""
    asked = [each for each in turn.commands if isinstance(each, CallAgent) and each.purpose != "compensation"]
    assert not run.paused or not asked, f"{asked} is asked, and the run is paused"


def a_condition_that_does_not_hold_leads_nowhere(run: Run, world: World, turn: Turn) -> None:
    """Whatever has begun has as many ways to it as it needs whose conditions hold."""
    scopes_now = {scope.prefix: scope for scope in run.scopes()}
    for path, status in turn.changes:
        scope = scopes_now.get(path[: path.rfind("/") + 1])
        if scope is None or status not in (_N.RUNNING, _N.WAITING, _N.QUEUED, _N.SUCCEEDED):
            continue
        node = scope.plan.nodes[scope.plan.by_id[path.rpartition("/")[2]]]
        if node.number in scope.failures:
            continue  # it began before it failed, and an edit may have given it another join since
        leading = [edge for edge in node.decides if _leads(run, scope, scope.plan.edges[edge])]
        needed = len(node.decides) if node.join == "all" else 1
        assert not node.incoming or len(leading) >= needed, f"{path} is {status}, and nothing leads to it"


def _leads(run: Run, scope: Scope, edge: EdgePlan) -> bool:
    if edge.cases is not None and scope.chosen.get(edge.source) not in edge.cases:
        return False
    if edge.when is None:
        return True
    if scope.early and any(name.up for name in edge.when.names.values()):
        return True  # what it has read further out may have become another since
    return holds(run, scope, edge.when, "when")


ALL: list[Callable[[Run, World, Turn], None]] = [
    the_run_is_what_its_engine_thinks,
    every_node_is_where_its_status_says,
    the_windows_are_kept_and_used,
    an_unfinished_run_waits_for_something_nameable,
    one_thing_is_undone_at_a_time,
    nobody_is_asked_while_the_run_is_paused,
    a_condition_that_does_not_hold_leads_nowhere,
]
