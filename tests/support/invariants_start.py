"""What holds in every history of how nodes begin: after what they wait for, and skipped for a reason."""

from collections.abc import Callable

from concertato.plan.model import EdgePlan
from concertato.run.status import RESOLVED, NodeStatus
from support.histories import History, Turn, holder_in, place, scope_at

_N = NodeStatus


def nothing_runs_before_what_it_waits_for(history: History) -> None:
    statuses: dict[str, NodeStatus] = {}
    for turn in history.turns:
        for path, status in turn.changes:
            before = statuses.get(path, _N.PENDING)
            if (
                before is _N.PENDING
                and status not in {_N.SKIPPED, _N.CANCELLED, _N.FAILED}
                and path not in _failed(turn)
            ):
                _may_run(turn, path, statuses)
            statuses[path] = status


def _failed(turn: Turn) -> set[str]:
    """What has failed in a turn: a node does so before it is looked at where an edge's condition has no value."""
    return {told.path for told in turn.told if told.step == "failed"}


def _may_run(turn: Turn, path: str, statuses: dict[str, NodeStatus]) -> None:
    prefix, node = place(turn, path)
    plan = scope_at(turn, prefix)

    def status(number: int) -> NodeStatus:
        return statuses.get(prefix + plan.nodes[number].id, _N.PENDING)

    def resolved(edge: EdgePlan) -> bool:
        return all(status(need) in RESOLVED for need in edge.needs)

    if prefix:
        outer, slash, last = prefix[:-1].rpartition("/")
        holder = outer + slash + holder_in(last)
        assert statuses[holder] is _N.RUNNING, f"{path} runs, and {holder} does not"
    edges = [plan.edges[number] for number in node.incoming]
    deciding = [plan.edges[number] for number in node.decides]
    may_be_taken = [edge for edge in deciding if resolved(edge) and status(edge.source) is _N.SUCCEEDED]
    data = [edge for edge in edges if edge not in deciding]
    assert all(map(resolved, data if node.join == "first" else edges)), f"{path} runs before what it waits for"
    if node.incoming:
        assert len(may_be_taken) >= (len(deciding) if node.join == "all" else 1), f"no way led to {path}"


def a_skip_has_its_reason(history: History) -> None:
    """What is skipped had every edge resolved, or somebody decided so."""
    statuses: dict[str, NodeStatus] = {}
    for turn in history.turns:
        decided = {told.path for told in turn.told if told.step == "action" and told.detail["action"] == "skip"}
        for path, status in turn.changes:
            if status is _N.SKIPPED and path not in decided:
                prefix, node = place(turn, path)
                plan = scope_at(turn, prefix)
                needs = [need for number in node.incoming for need in plan.edges[number].needs]
                assert all(statuses[prefix + plan.nodes[need].id] in RESOLVED for need in needs), path
                assert node.incoming, f"{path} waits for nothing and was skipped"
            statuses[path] = status


ALL: list[Callable[[History], None]] = [nothing_runs_before_what_it_waits_for, a_skip_has_its_reason]
