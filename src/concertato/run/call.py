"""An attempt that is with an agent: whose it is, what it is asked for, and under which path."""

from typing import Literal, Protocol

from concertato.plan.model import FallbackPlan, NodePlan, RecoverPlan, RetryPolicy, RungPlan
from concertato.run.scope import Scope, definition_scope

UNDO = "~undo"
"""What tells the path of a compensation, and its task id, from its node's."""

FALLBACK = "~fallback"
RECOVER = "~recover"
"""The same for the agents of a ladder; the number of the rung follows, and of a `recover` how often it has been asked.
"""

Role = Literal["node", "compensation", "fallback", "recovery"]
"""What an agent is asked for: the node's own work, undoing it, doing it in its place, or what is to become of it."""


class Call:
    """An attempt that is with an agent. `dropped`: told to stop, and yet to answer. `rung`: of a ladder's agent, `time`
    how often that had been asked before; `timeout` in seconds.
    """

    __slots__ = ("attempt", "dropped", "node", "path", "role", "rung", "scope", "time", "timeout")

    def __init__(
        self, scope: Scope, node: NodePlan, attempt: int, role: Role = "node", *, rung: int = -1, time: int = 0
    ) -> None:
        self.scope = scope
        self.node = node
        self.attempt = attempt
        self.role: Role = role
        self.rung = rung
        self.time = time
        self.dropped = False
        if role == "node":
            self.path = scope.prefix + node.id
            # The time of a node that holds scopes is that of all that it does, the planning included.
            self.timeout = None if node.kind == "plan" else node.timeout
        else:
            self.path = scope.prefix + node.id + _mark(role, rung, time)
            self.timeout = self.asked.timeout

    @property
    def undo(self) -> bool:
        return self.role == "compensation"

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


def _mark(role: Role, rung: int, time: int) -> str:
    """What tells the path of what is asked about a node from the node's own."""
    if role == "compensation":
        return UNDO
    if role == "fallback":
        return f"{FALLBACK}{rung + 1}"
    return f"{RECOVER}{rung + 1}" + (f".{time + 1}" if time else "")


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
