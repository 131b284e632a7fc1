"""The way through a definition: every body with its scope, every expression with where it stands and what it sees."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from concertato.definition.binding import entries
from concertato.definition.model import (
    Body,
    Compensate,
    Constant,
    Definition,
    Escalate,
    HumanNode,
    Inputs,
    LoopNode,
    MapNode,
    Node,
    OnFailure,
    PlanNode,
    Rung,
    SetNode,
    SwitchNode,
    TaskNode,
    WaitNode,
    WorkflowNode,
)
from concertato.definition.moment import is_moment
from concertato.definition.problem import Path
from concertato.definition.scope import Scope
from concertato.definition.template import Slot, TemplateError, parts


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
    """One expression. `only_reference` where nothing but a plain path can stand; `node` is the id of whose it is.

    `around` is the text that it stands in and begins at the character `at` of, where that holds more than it.
    """

    text: str
    path: Path
    scope: Scope
    who: str
    only_reference: bool = False
    node: str = ""
    around: str = ""
    at: int = 0


def places(definition: Definition, path: Path) -> Iterator[Place]:
    """The definition, then every body in it; not the definitions that it carries."""
    yield from places_in(Place(definition, path, Scope.of(definition)))


def places_in(outermost: Place) -> Iterator[Place]:
    """A body, then every body in it."""
    pending = [outermost]
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
    choices = choices_in(place.body)
    for index, edge in enumerate(place.body.edges):
        if isinstance(edge.when, str) and edge.when not in choices.get(edge.from_, ()):
            who = f"edge '{edge.from_}' → '{edge.to}'"
            yield Site(edge.when, (*place.path, "edges", index, "when"), place.scope, who, node=edge.to)
    whose = f" of '{place.prefix[:-1]}'" if place.prefix else ""
    for name, value in (place.body.outputs or {}).items():
        if isinstance(value, str):
            yield Site(value, (*place.path, "outputs", name), place.scope, f"output '{name}'{whose}")
    if isinstance(place.body, Definition) and place.body.on_failure is not None:
        apart = Scope.without_nodes(place.body).failing()
        yield from _of_ladder(
            place.body.on_failure, (*place.path, "on_failure"), apart, "the workflow's 'on_failure'", ""
        )


def choices_in(body: Body | Definition) -> dict[str, list[str]]:
    """The choices of each human node: the `when` of an edge that leads from it can be one of them, by its name alone."""
    return {node.id: choice_names(node) for node in body.nodes if isinstance(node, HumanNode)}


def choice_names(node: HumanNode) -> list[str]:
    return [choice if isinstance(choice, str) else choice.name for choice in node.choices]


def _of_node(place: Place, index: int, node: Node) -> Iterator[Site]:
    who, scope = place.who(node), place.scope

    def site(value: str | Constant, *steps: str | int, sees: Scope = scope) -> Iterator[Site]:
        if isinstance(value, str):
            yield Site(value, place.of_node(index, *steps), sees, who, node=node.id)

    match node:
        case TaskNode() | SetNode() | WorkflowNode() | PlanNode():
            yield from _of_inputs(node.inputs, place.of_node(index, "inputs"), scope, who, node.id)
            if isinstance(node, TaskNode) and node.compensate is not None:
                yield from _of_undo(node.compensate, place.of_node(index, "compensate"), scope, who, node.id)
        case HumanNode():
            for field, text in (("title", node.title), ("instructions", node.instructions)):
                yield from _of_text(text, place.of_node(index, field), scope, who, node.id)
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
    if node.on_failure is not None:
        path = place.of_node(index, "on_failure")
        yield from _of_ladder(node.on_failure, path, scope.failing(), f"the on_failure of {who}", node.id)


def _of_undo(undo: Compensate, path: Path, scope: Scope, who: str, node: str) -> Iterator[Site]:
    whose = f"the compensate of {who}"
    if undo.inputs is not None:
        yield from _of_inputs(undo.inputs, (*path, "inputs"), scope.undoing(), whose, node)
    if undo.on_failure is not None:
        yield from _of_ladder(undo.on_failure, (*path, "on_failure"), scope.undoing().failing(), whose, node)


def _of_ladder(ladder: OnFailure, path: Path, scope: Scope, who: str, node: str) -> Iterator[Site]:
    for index, rung in enumerate(ladder):
        if isinstance(rung, Rung) and rung.fallback is not None and rung.fallback.inputs is not None:
            yield from _of_inputs(rung.fallback.inputs, (*path, index, "fallback", "inputs"), scope, who, node)
        if isinstance(rung, Rung) and rung.escalate is not None:
            yield from _of_escalate(rung.escalate, (*path, index, "escalate"), scope, who, node)


def _of_escalate(escalate: Escalate, path: Path, scope: Scope, who: str, node: str) -> Iterator[Site]:
    for field, text in (("title", escalate.title), ("instructions", escalate.instructions)):
        yield from _of_text(text, (*path, field), scope, who, node)


def _of_text(text: str | None, path: Path, scope: Scope, who: str, node: str) -> Iterator[Site]:
    """The expressions in a text; one that does not end is told where the fields are checked."""
    try:
        found = parts(text or "")
    except TemplateError:
        return
    for part in found:
        if isinstance(part, Slot):
            yield Site(part.text, path, scope, who, node=node, around=text or "", at=part.at)


def _of_inputs(inputs: Inputs, path: Path, scope: Scope, who: str, node: str) -> Iterator[Site]:
    for entry in entries(inputs):
        if isinstance(entry.value, str):
            yield Site(entry.value, (*path, entry.key), scope, who, entry.field is None, node)
