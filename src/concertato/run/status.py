"""Every status of a run and of a node, and every legal change of one: the tables that the docs' diagrams show."""

from enum import StrEnum


class RunStatus(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    ROLLING_BACK = "rolling_back"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return not RUN_CHANGES[self]


class NodeStatus(StrEnum):
    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    WAITING = "waiting"
    RECOVERING = "recovering"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    COMPENSATING = "compensating"
    COMPENSATED = "compensated"
    COMPENSATION_FAILED = "compensation_failed"


_R, _N = RunStatus, NodeStatus

RUN_CHANGES: dict[RunStatus, frozenset[RunStatus]] = {
    _R.RUNNING: frozenset({_R.PAUSED, _R.STOPPING, _R.SUCCEEDED}),
    # Paused to succeeded: pausing starts nothing new, and the last answer may come all the same.
    _R.PAUSED: frozenset({_R.RUNNING, _R.STOPPING, _R.SUCCEEDED}),
    # Stopping: something failed or was cancelled, and what is in flight has not yet answered.
    # To rolled back at once: what was undone is an item's that was being stopped already.
    _R.STOPPING: frozenset({_R.ROLLING_BACK, _R.FAILED, _R.ROLLED_BACK, _R.CANCELLED}),
    _R.ROLLING_BACK: frozenset({_R.ROLLED_BACK, _R.FAILED}),
    _R.SUCCEEDED: frozenset(),
    _R.FAILED: frozenset(),
    _R.ROLLED_BACK: frozenset(),
    _R.CANCELLED: frozenset(),
}

NODE_CHANGES: dict[NodeStatus, frozenset[NodeStatus]] = {
    # Pending to succeeded or failed directly: nodes that nobody is asked about (set, switch, an empty map).
    _N.PENDING: frozenset(
        {_N.QUEUED, _N.RUNNING, _N.WAITING, _N.RECOVERING, _N.SUCCEEDED, _N.FAILED, _N.SKIPPED, _N.CANCELLED}
    ),
    _N.QUEUED: frozenset({_N.RUNNING, _N.RECOVERING, _N.WAITING, _N.FAILED, _N.SKIPPED, _N.CANCELLED}),
    _N.RUNNING: frozenset(
        {_N.RETRYING, _N.QUEUED, _N.RECOVERING, _N.WAITING, _N.SUCCEEDED, _N.FAILED, _N.SKIPPED, _N.CANCELLED}
    ),
    _N.RETRYING: frozenset({_N.QUEUED, _N.RUNNING, _N.RECOVERING, _N.FAILED, _N.CANCELLED}),
    _N.WAITING: frozenset({_N.QUEUED, _N.RUNNING, _N.RECOVERING, _N.SUCCEEDED, _N.FAILED, _N.SKIPPED, _N.CANCELLED}),
    # Recovering: the node has failed for good and its ladder is walked: another agent is in its place, an agent is
    # asked what is to become of it, or what stands inside it is being undone first. It waits while a person is asked.
    _N.RECOVERING: frozenset(
        {
            _N.QUEUED,
            _N.RUNNING,
            _N.RETRYING,
            _N.WAITING,
            _N.SUCCEEDED,
            _N.FAILED,
            _N.SKIPPED,
            _N.CANCELLED,
        }
    ),
    _N.SUCCEEDED: frozenset({_N.COMPENSATING}),
    _N.FAILED: frozenset(),
    _N.SKIPPED: frozenset(),
    _N.CANCELLED: frozenset(),
    _N.COMPENSATING: frozenset({_N.COMPENSATED, _N.COMPENSATION_FAILED}),
    _N.COMPENSATED: frozenset(),
    _N.COMPENSATION_FAILED: frozenset(),
}

OPEN = frozenset({_N.PENDING, _N.QUEUED, _N.RUNNING, _N.RETRYING, _N.WAITING, _N.RECOVERING})
RESOLVED = frozenset({_N.SUCCEEDED, _N.FAILED, _N.SKIPPED, _N.CANCELLED})
