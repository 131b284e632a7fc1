"""The names of agents, wherever one is asked for: none is empty, and none is a kind of node."""

from collections.abc import Iterator
from typing import NamedTuple

from concertato.definition.codes import Code
from concertato.definition.finding import Findings
from concertato.definition.model import BUILT_IN, PlanNode, TaskNode
from concertato.definition.problem import Path
from concertato.definition.walk import Place, ladders, undo_of

_INSTEAD = {"human": "; a person is asked by a step 'escalate'", "workflow": "; an agent of yours can start that"}


class Asked(NamedTuple):
    """One name, which stands at `path`."""

    name: str
    path: Path
    who: str


def check_agents(place: Place, findings: Findings) -> None:
    """Every mistake of this sort in one body."""
    for asked in agents_asked(place):
        field = asked.path[-1] if isinstance(asked.path[-1], str) else asked.path[-2]
        if not asked.name.strip():
            whose = f"{asked.who}: its '{field}' is empty" if field != "allow" else f"{asked.who}: 'allow' names nobody"
            findings.add(Code.WRONG_VALUE, f"{whose}; write the name of an agent", asked.path)
        elif asked.name in BUILT_IN and field != "allow":
            message = (
                f"{asked.who}: expected '{field}' to be the name of an agent, got: the kind of node '{asked.name}'"
            )
            findings.add(Code.WRONG_VALUE, message + _INSTEAD.get(asked.name, ""), asked.path)


def agents_asked(place: Place) -> Iterator[Asked]:
    """Every agent that a body names, the kinds of nodes among what a planner may use included."""
    for index, node in enumerate(place.body.nodes):
        path, who = place.of_node(index), place.who(node)
        if isinstance(node, TaskNode):
            yield Asked(node.type, (*path, "type"), who)
            if node.compensate is not None:
                yield Asked(node.compensate.type, (*path, "compensate", "type"), undo_of(who))
        elif isinstance(node, PlanNode):
            yield Asked(node.agent, (*path, "agent"), who)
            yield from (Asked(name, (*path, "allow", number), who) for number, name in enumerate(node.allow))
    for ladder in ladders(place):
        for path, rung in ladder.steps():
            for step, asked in (("fallback", rung.fallback), ("recover", rung.recover)):
                if asked is not None:
                    yield Asked(asked.type, (*path, step, "type"), f"'{step}' in {ladder.who}")
