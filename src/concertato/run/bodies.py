"""Bodies that one scope has for itself."""

from concertato.plan.model import NodePlan, Plan, ScopePlan
from concertato.run.state import Scope


def own_plan(plan: Plan, outer: Scope, node: NodePlan, body: bytes) -> ScopePlan:
    raise NotImplementedError
