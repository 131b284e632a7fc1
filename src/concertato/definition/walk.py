"""The way through a definition: every body with its scope, every expression with where it stands and what it sees."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from concertato.definition.binding import entries
from concertato.definition.model import (
    Body,
    Constant,
    Definition,
    Inputs,
    LoopNode,
    MapNode,
    Node,
    SetNode,
    SwitchNode,
    TaskNode,
    WaitNode,
    WorkflowNode,
)
from concertato.definition.moment import is_moment
from concertato.definition.problem import Path
from concertato.definition.scope import Scope


@dataclass(frozen=True, slots=True)
class Place:
    """One body: the definition itself, or that of a map or loop. `around` is what its holder sees."""

    body: Definition | Body
    path: Path
    scope: Scope
    around: Scope | None = None
    holder: MapNode | LoopNode | None = None
    prefix: str = ""

    def of_node(self, index: int, *steps: str | int) -> Path:
        """The path of a node, or of something in it."""
        return (*self.path, "nodes", index, *steps)

    def who(self, node: Node) -> str:
        """How messages name a node."""
        return f"node '{self.prefix}{node.id}'"


class Site(NamedTuple):
    """One expression. `only_reference` where nothing but a plain path can stand; `node` is the id of whose it is."""

    text: str
    path: Path
    scope: Scope
    who: str
    only_reference: bool = False
    node: str = ""


def places(definition: Definition, path: Path) -> Iterator[Place]:
    """The definition, then every body in it; not the definitions that it carries."""
    pending = [Place(definition, path, Scope.of(definition))]
    while pending:
        place = pending.pop()
        yield place
        for index, node in enumerate(place.body.nodes):
            if isinstance(node, MapNode | LoopNode):
                scope, prefix = place.scope.inside(node), f"{place.prefix}{node.id}/"
                pending.append(Place(node, place.of_node(index), scope, place.scope, node, prefix))


def sites(place: Place) -> Iterator[Site]:
    """Every expression of one body, those of inner bodies left out."""
    for index, node in enumerate(place.body.nodes):
        yield from _of_node(place, index, node)
    for index, edge in enumerate(place.body.edges):
        if isinstance(edge.when, str):
            who = f"edge '{edge.from_}' → '{edge.to}'"
            yield Site(edge.when, (*place.path, "edges", index, "when"), place.scope, who, node=edge.to)
    whose = f" of '{place.prefix[:-1]}'" if place.prefix else ""
    for name, value in (place.body.outputs or {}).items():
        if isinstance(value, str):
            yield Site(value, (*place.path, "outputs", name), place.scope, f"output '{name}'{whose}")


def _of_node(place: Place, index: int, node: Node) -> Iterator[Site]:
    who, scope = place.who(node), place.scope

    def site(value: str | Constant, *steps: str | int, sees: Scope = scope) -> Iterator[Site]:
        if isinstance(value, str):
            yield Site(value, place.of_node(index, *steps), sees, who, node=node.id)

    match node:
        case TaskNode() | SetNode() | WorkflowNode():
            yield from _of_inputs(node.inputs, place.of_node(index, "inputs"), scope, who, node.id)
            if isinstance(node, TaskNode) and node.compensate is not None and node.compensate.inputs is not None:
                path = place.of_node(index, "compensate", "inputs")
                whose = f"the compensate of {who}"
                yield from _of_inputs(node.compensate.inputs, path, scope.undoing(), whose, node.id)
        case SwitchNode():
            for number, case in enumerate(node.cases):
                yield from site(case.when, "cases", number, "when")
        case MapNode():
            yield from site(node.over, "over")
        case LoopNode():
            testing = scope.testing(node)
            yield from site(node.while_, "while", sees=testing)
            yield from site(node.until, "until", sees=testing)
        case WaitNode():
            if node.until is not None and not is_moment(node.until):
                yield from site(node.until, "until")


def _of_inputs(inputs: Inputs, path: Path, scope: Scope, who: str, node: str) -> Iterator[Site]:
    for entry in entries(inputs):
        if isinstance(entry.value, str):
            yield Site(entry.value, (*path, entry.key), scope, who, entry.field is None, node)
