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
    """An attempt that is with an agent. `dropped`: told to stop, and yet to answer. `rung`: of a ladder's agent."""

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
