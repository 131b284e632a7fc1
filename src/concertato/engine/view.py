"""A run as people look at it: the tree of its nodes with times, attempts, outputs and errors."""

from concertato.engine.contract import NodeView, RunView
from concertato.engine.replay import replay
from concertato.journal.contract import JournalReader, RunRow
from concertato.plan.model import NodePlan
from concertato.run.events import Failure, Raw
from concertato.run.resumption import waits_for
from concertato.run.scope import Scope
from concertato.run.state import Run
from concertato.run.status import RESOLVED, NodeStatus


class _Times:
    """Remembers when each node first began and when it ended."""

    def __init__(self) -> None:
        self.started: dict[str, float] = {}
        self.ended: dict[str, float] = {}

    def __call__(
        self, path: str, node: NodePlan, status: NodeStatus, at: float, attempt: int, failure: Failure | None
    ) -> None:
        if status in {NodeStatus.RUNNING, NodeStatus.WAITING, NodeStatus.RECOVERING}:
            self.started.setdefault(path, at)
        elif status in RESOLVED:
            self.ended[path] = at


def view(journal: JournalReader, row: RunRow) -> RunView:
    """The run as its journal leaves it. Raises `JournalCorrupt`."""
    times = _Times()
    run, seq = replay(journal, row, observer=times, keep=True)
    end = run.finished
    region = run.root.region
    return RunView(
        run=row,
        inputs={name: Raw(value) for name, value in run.inputs.items()},
        nodes=_nodes(run, run.root, times),
        outputs=Raw(end.outputs) if end is not None and end.outputs is not None else None,
        failure=region.failure if region is not None else None,
        failed_path=region.path if region is not None else None,
        undone_left=tuple(run.undone_left),
        waits=() if end is not None else tuple(waits_for(run)),
        seq=seq,
    )


def _nodes(run: Run, scope: Scope, times: _Times) -> tuple[NodeView, ...]:
    return tuple(_node(run, scope, node, times) for node in scope.plan.nodes)


def _node(run: Run, scope: Scope, node: NodePlan, times: _Times) -> NodeView:
    path = scope.path(node)
    status = scope.status[node.number]
    output = scope.outputs[node.number]
    children = list(run.inside(scope, node.number).values())
    return NodeView(
        path=path,
        type=node.agent or node.kind,
        status=status.value,
        attempts=scope.attempts.get(node.number, 1) if path in times.started else 0,
        started_at=times.started.get(path),
        ended_at=times.ended.get(path),
        output=None if output is None else Raw(output),
        failure=None if status is NodeStatus.SUCCEEDED else scope.failures.get(node.number),
        children=_inner(run, node, children, times),
    )


def _inner(run: Run, node: NodePlan, children: list[Scope], times: _Times) -> tuple[NodeView, ...]:
    """What stands inside a node: the body of a sub-workflow or of a proposal as it is, others round by round."""
    if node.kind in ("workflow", "plan"):
        return tuple(each for child in children for each in _nodes(run, child, times))
    return _rounds(run, node, children, times)


def _rounds(run: Run, node: NodePlan, children: list[Scope], times: _Times) -> tuple[NodeView, ...]:
    """A map's items, or a loop's iterations, as nodes of their own that hold the body's."""
    kind = "item" if node.kind == "map" else "iteration"
    return tuple(
        NodeView(
            path=child.prefix.removesuffix("/"), type=kind, status=_status(child), children=_nodes(run, child, times)
        )
        for child in sorted(children, key=lambda child: child.index)
    )


def _status(scope: Scope) -> str:
    """What a map's item or a loop's iteration comes to, seen from its nodes."""
    if scope.left:
        return NodeStatus.RUNNING.value
    found = set(scope.status)
    # A failure counts before what was cancelled because of it.
    return next((each.value for each in (NodeStatus.FAILED, NodeStatus.CANCELLED) if each in found), "succeeded")
