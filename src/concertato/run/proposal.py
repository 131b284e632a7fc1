"""What the agent of a plan node proposes: read as a body of the definition's grammar, held against the node's limits.

A proposal that cannot be taken is a list of mistakes, each a text that whoever proposed it can act on.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from concertato.definition.check_agents import agents_asked
from concertato.definition.codes import Code
from concertato.definition.model import BUILT_IN, PlanNode
from concertato.definition.problem import DefinitionError, Path, Problem
from concertato.definition.spelling import did_you_mean, nearest
from concertato.definition.walk import Place, places_in
from concertato.errors import Refused
from concertato.plan.model import NodePlan, PlannerPlan, ScopePlan
from concertato.run.bodies import compiled, place_of, read_body, way_to, write_body
from concertato.run.scope import Scope, definition_scope
from concertato.run.state import Run
from concertato.run.untouched import refuse_missing, refuse_reading_out, refuse_unknown_initiator

_SOURCE = "<proposal>"

_FREE = {"switch", "map", "loop", "set", "wait"}
"""The kinds that may always be used: they ask nobody."""


class Proposal(NamedTuple):
    """One that can be taken: its text, the same however it was written, and what that compiles to in its place."""

    body: bytes
    plan: ScopePlan


def read_proposal(run: Run, scope: Scope, node: NodePlan, output: bytes) -> Proposal | list[str]:
    """What `output`, the JSON text that the agent of `node` gave, proposes; or everything that is wrong with it."""
    assert isinstance(node.detail, PlannerPlan)
    beyond = _nodes_in(output) - node.detail.max_nodes
    if beyond > 0:  # what else is wrong with it takes as long to find out as it is large, and that has no bound
        return [str(_too_many(node.detail.max_nodes, beyond))]
    try:
        text = write_body(read_body(output, _SOURCE))
    except DefinitionError as error:
        return [str(problem) for problem in error.problems]
    way = (*way_to(scope), (node.id, text))
    mistakes = list(_beyond(place_of(run.plan, way), node.detail))
    try:
        own = compiled(run.plan, way, _SOURCE)
    except DefinitionError as error:
        return [str(problem) for problem in (*mistakes, *error.problems)]
    if mistakes:
        return [str(mistake) for mistake in mistakes]
    try:
        refuse_missing(definition_scope(scope), own.undeclared)
        refuse_unknown_initiator(run, own.names_initiator)
        refuse_reading_out(scope, node.number, own.reads)
    except Refused as refusal:
        return [str(refusal)]
    return Proposal(text, own.plan)


def _nodes_in(output: bytes) -> int:
    """How many nodes a proposal has with those in its bodies, whatever else it may be."""
    try:
        bodies = [msgspec.json.decode(output)]
    except RecursionError:
        return 0  # whoever reads it says so
    found = 0
    for body in bodies:
        nodes = body.get("nodes") if isinstance(body, dict) else None
        if isinstance(nodes, list):
            found += len(nodes)
            bodies += nodes
    return found


def _too_many(most: int, beyond: int) -> Problem:
    message = f"the proposal has {most + beyond} nodes with those in its bodies, and max_nodes is {most}"
    return _problem(f"{message}; leave {beyond} of them out, and the rest is looked at", ())


def _beyond(outermost: Place, limits: PlannerPlan) -> Iterator[Problem]:
    """Everything but the number of its nodes in which a proposal goes beyond what its node allows."""
    bodies = list(places_in(outermost))
    left = limits.max_nodes - sum(len(place.body.nodes) for place in bodies)
    for place in bodies:
        depth = len(place.path) // 2 + 1
        if depth == limits.max_depth + 1:
            message = f"the body of '{place.prefix[:-1]}' would stand {depth} deep, and max_depth is {limits.max_depth}"
            yield _problem(f"{message}; do without a body there", (*place.path, "nodes"))
        yield from _not_allowed(place, limits.allow)
        for index, node in enumerate(place.body.nodes):
            if isinstance(node, PlanNode):
                most = {"max_nodes": max(left, 0), "max_depth": max(limits.max_depth - depth, 0)}
                yield from _too_free(node, place.who(node), place.of_node(index), most)
                left -= node.max_nodes


def _too_free(node: PlanNode, who: str, path: Path, most: Mapping[str, int]) -> Iterator[Problem]:
    """A planner in a proposal may propose no more than is left of what that may have."""
    for field, bound in most.items():
        if getattr(node, field) > bound:
            mend = f"write {field}: {bound}" if bound else "do without this node"
            message = f"{who}: its {field} is {getattr(node, field)}, and {bound} is what is left here; {mend}"
            yield _problem(message, (*path, field))


def _not_allowed(place: Place, allow: frozenset[str]) -> Iterator[Problem]:
    """The agents and the kinds of nodes that are used and may not be."""
    used = [(asked.name, asked.path, asked.who) for asked in agents_asked(place)]
    for index, node in enumerate(place.body.nodes):
        if node.type in BUILT_IN:
            used.append((node.type, place.of_node(index, "type"), place.who(node)))
    for name, path, who in used:
        if name not in allow and name not in _FREE:
            agents = ", ".join(sorted(allow - set(BUILT_IN))) or "none"
            kinds = ", ".join(sorted(_FREE | (allow & set(BUILT_IN))))
            hint = did_you_mean(nearest(name, sorted(allow))) or f"; agents that are: {agents}; kinds: {kinds}"
            yield _problem(f"{who}: '{name}' is not allowed here{hint}", path)


def _problem(message: str, path: Path) -> Problem:
    return Problem(Code.BEYOND_LIMITS, message, path, _SOURCE)
