"""Bodies of a scope's own: what stands in the place of the body that the definition says, and what it compiles to.

A scope has one (`Scope.body`, as JSON text) where an edit changed it alone, or left it with what it began with, and
where a plan node's agent proposed it. Such a body means something only where it stands, so it is compiled as standing
there: inside its node, inside the bodies around that, which may be others than the definition's in their turn.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import msgspec

from concertato.definition.codes import Code
from concertato.definition.dump import to_document
from concertato.definition.model import Body, Definition
from concertato.definition.problem import DefinitionError
from concertato.definition.shape import read_model
from concertato.definition.source import Source
from concertato.definition.walk import Place
from concertato.plan.model import NodePlan, Plan, ScopePlan
from concertato.plan.within import Step, Within, compile_within, place_at
from concertato.run.scope import Scope

Way = tuple[tuple[str, bytes | None], ...]
"""From the root inwards: the id of each node that holds a scope, and the body of its own that the scope has."""

_KNOWN = 512
"""So many compiled bodies are kept: as a run is replayed, or looked at again, each is asked for many times."""


def own_plan(plan: Plan, outer: Scope, node: NodePlan, body: bytes) -> ScopePlan:
    """What `body` compiles to inside `node` of `outer`. Raises DefinitionError with every mistake in it."""
    return compiled(plan, (*way_to(outer), (node.id, body)), "<edit>").plan


def compiled(plan: Plan, way: Way, source: str) -> Within:
    """What the body at the end of `way` compiles to. Raises DefinitionError with every mistake, as of `source`."""
    try:
        return _compiled(plan.document, way)
    except DefinitionError as error:
        raise DefinitionError([replace(problem, source=source) for problem in error.problems]) from None


@lru_cache(maxsize=_KNOWN)
def _compiled(document: bytes, way: Way) -> Within:
    return compile_within(definition_in(document), _steps(way), Source("<body>"))


def way_to(scope: Scope, bodies: Mapping[Scope, bytes | None] | None = None) -> Way:
    """The way to a scope; `bodies` are those of scopes that are about to have others."""
    bodies = bodies or {}
    way: list[tuple[str, bytes | None]] = []
    while scope.parent is not None:
        way.append((scope.parent.plan.nodes[scope.node].id, bodies.get(scope, scope.body)))
        scope = scope.parent
    return tuple(reversed(way))


def place_of(plan: Plan, way: Way) -> Place:
    """The body at the end of `way`, as it is written, and what it sees."""
    return place_at(definition_in(plan.document), _steps(way))


def _steps(way: Way) -> list[Step]:
    return [Step(node, None if body is None else read_body(body, "<body>")) for node, body in way]


@lru_cache(maxsize=_KNOWN)
def read_body(text: bytes, source: str) -> Body:
    """The model of a body. Raises DefinitionError with every mistake of shape."""
    origin = Source(source)
    try:
        tree = msgspec.json.decode(text)
    except RecursionError:
        raise DefinitionError([origin.problem(Code.TOO_LARGE, "the body is nested deeper than is read", ())]) from None
    return read_model(Body, origin.checked(tree), origin, whole="the body")


def write_body(body: Body) -> bytes:
    """The text of a body: the same for the same body, however it was written."""
    alone = Body(nodes=body.nodes, edges=body.edges, outputs=body.outputs)
    return msgspec.json.encode(to_document(alone))


@lru_cache(maxsize=16)
def definition_in(document: bytes) -> Definition:
    """A stored definition, read once however often it is asked for."""
    return Definition.model_validate_json(document, by_alias=True, by_name=False)
