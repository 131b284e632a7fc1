"""The way of a run that fares well, in one stride: from an agent's answer to the calls that follow from it.

Nearly every event is one of these, so what `answering`, `flow` and `attempts` do for it stands here once more, in one
function and with nothing looked up that cannot be there. Whatever is not plain is left to them, in their order;
`tests/property/test_stride.py` sends random histories both ways and finds no difference.
"""

from concertato.ids import task_id
from concertato.run.call import Call
from concertato.run.commands import CallAgent
from concertato.run.events import NodeSucceeded
from concertato.run.scope import Scope
from concertato.run.state import Run
from concertato.run.status import NodeStatus

_PENDING, _RUNNING, _SUCCEEDED = NodeStatus.PENDING, NodeStatus.RUNNING, NodeStatus.SUCCEEDED


def strides(run: Run, event: NodeSucceeded) -> bool:
    """Take the event, if it is the answer to a plain node of a plain run; False: nothing was done."""
    call = run.calls.get(event.path)
    if call is None or call.attempt != event.attempt or call.role != "node" or call.timeout is not None:
        return False
    scope, node = call.scope, call.node
    if scope.parent is not None or scope.trouble is not None or scope.region is not None or not scope.plan.simple:
        return False
    if node.kind != "task" or run.observer is not None or run.taken or scope.status[node.number] is not _RUNNING:
        return False
    del run.calls[event.path]
    scope.status[node.number] = _SUCCEEDED
    scope.outputs[node.number] = bytes(event.output)
    scope.left -= 1
    if node.compensate is not None:
        run.note_undo(scope, node.number)
    for edge in node.outgoing:
        number = scope.plan.edges[edge].target
        scope.taken[number] += 1
        scope.waiting[number] -= 1
        if not scope.waiting[number]:
            _next(run, scope, number)
    if not scope.left:
        run.closed.append(scope)
    return True


def _next(run: Run, scope: Scope, number: int) -> None:
    """Call the node's agent, or leave the node to whoever looks at what is ready, and all that come after it too."""
    node = scope.plan.nodes[number]
    is_busy = run.ready or run.queue or run.paused or len(run.calls) >= run.plan.max_parallel
    if not node.plain or is_busy or scope.status[number] is not _PENDING:
        run.ready.append((scope, number))
        return
    values = dict(node.binding.constants)
    for name, program in node.binding.programs:
        values[name] = scope.outputs[program.here] or b"null"
    call = Call(scope, node, 1)
    scope.status[number] = _RUNNING
    run.calls[call.path] = call
    key = task_id(run.started.task_root, call.path)
    run.commands.append(CallAgent(call.path, node.agent, key, values))
