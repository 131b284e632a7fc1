"""What the agent of a plan node proposes in a simulated run: a few nodes of what it may use, in any order."""

from typing import Any

from concertato.definition.model import BUILT_IN
from concertato.plan.model import PlannerPlan
from concertato.simulation.dice import Dice


def propose(limits: PlannerPlan, dice: Dice) -> dict[str, Any]:
    """A small body that the limits allow."""
    agents = sorted(name for name in limits.allow if name not in BUILT_IN)
    size = min(limits.max_nodes, dice.pick((1, 2, 3)))
    nodes = [
        {"id": f"step_{number}", "type": dice.pick(agents)} if agents else {"id": f"step_{number}", "type": "set"}
        for number in range(1, size + 1)
    ]
    chained = dice.happens(0.5)
    edges = [{"from": f"step_{number}", "to": f"step_{number + 1}"} for number in range(1, size) if chained]
    return {"nodes": nodes, "edges": edges}
