"""The way through a definition: every body with its scope, every expression with where it stands and what it sees."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from concertato.definition.binding import entries
from concertato.definition.model import (
    Body,
    Definition,
    HumanNode,
    LoopNode,
    MapNode,
    Node,
    PlanNode,
    SetNode,
    SwitchNode,
    TaskNode,
    WaitNode,
    WorkflowNode,
)
from concertato.definition.model_failure import Compensate, Escalate, OnFailure, Rung
from concertato.definition.model_parts import Constant, Inputs
from concertato.definition.moment import is_moment
from concertato.definition.problem import Path
from concertato.definition.scope import Scope
from concertato.definition.template import Slot, TemplateError, parts

WORKFLOW_LADDER = "the workflow's on_failure"
"""How messages name the ladder of a whole definition."""


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

    `around` is the text that it stands in and begins at the character `at` of, where that holds more than it; `fault`
    is what is wrong with that text. `choices` are those of the node from which an edge leads.
    """

    text: str
    path: Path
    scope: Scope
    who: str
    only_reference: bool = False
    node: str = ""
    around: str = ""
    at: int = 0
    fault: str = ""
    choices: tuple[str, ...] = ()


class Ladder(NamedTuple):
    """One `on_failure`. `node` is whose it is, None where it is the workflow's; `undoes` is that of a `compensate`."""

    rungs: OnFailure
    path: Path
    who: str
    node: Node | None = None
    undoes: bool = False

    def steps(self) -> Iterator[tuple[Path, Rung]]:
        """Those that ask somebody, each with its path."""
        return (((*self.path, index), rung) for index, rung in enumerate(self.rungs) if isinstance(rung, Rung))


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
        named = tuple(choices.get(edge.from_, ()))
        if isinstance(edge.when, str) and edge.when not in named:
            who = f"edge '{edge.from_}' → '{edge.to}'"
            path = (*place.path, "edges", index, "when")
            yield Site(edge.when, path, place.scope, who, node=edge.to, choices=named)
    whose = f" of '{place.prefix[:-1]}'" if place.prefix else ""
    for name, value in (place.body.outputs or {}).items():
        if isinstance(value, str):
            yield Site(value, (*place.path, "outputs", name), place.scope, f"output '{name}'{whose}")
    if isinstance(place.body, Definition) and place.body.on_failure is not None:
        apart = Scope.without_nodes(place.body).failing()
        yield from _of_ladder(place.body.on_failure, (*place.path, "on_failure"), apart, WORKFLOW_LADDER, "")


def ladders(place: Place) -> Iterator[Ladder]:
    """Every ladder of one body, those of inner bodies left out."""
    for index, node in enumerate(place.body.nodes):
        who = place.who(node)
        undo = node.compensate if isinstance(node, TaskNode) else None
        if undo is not None and undo.on_failure is not None:
            path = place.of_node(index, "compensate", "on_failure")
            yield Ladder(undo.on_failure, path, ladder_of(undo_of(who)), node, undoes=True)
        if node.on_failure is not None:
            yield Ladder(node.on_failure, place.of_node(index, "on_failure"), ladder_of(who), node)
    if isinstance(place.body, Definition) and place.body.on_failure is not None:
        yield Ladder(place.body.on_failure, (*place.path, "on_failure"), WORKFLOW_LADDER)


def choices_in(body: Body | Definition) -> dict[str, list[str]]:
    """The choices of each human node: the `when` of an edge from it can be one of them, by its name alone."""
    return {node.id: choice_names(node) for node in body.nodes if isinstance(node, HumanNode)}


def choice_names(node: HumanNode) -> list[str]:
    return [choice if isinstance(choice, str) else choice.name for choice in node.choices]


def ladder_of(who: str) -> str:
    """How messages name the ladder of a node."""
    return f"the on_failure of {who}"


def undo_of(who: str) -> str:
    """How messages name the compensation of a node."""
    return f"the compensate of {who}"


def _of_node(place: Place, index: int, node: Node) -> Iterator[Site]:
    who, scope = place.who(node), place.scope
    if isinstance(node, TaskNode | SetNode | WorkflowNode | PlanNode):
        yield from _of_inputs(node.inputs, place.of_node(index, "inputs"), scope, who, node.id)
    else:
        yield from _of_built_in(place, index, node)
    if isinstance(node, TaskNode) and node.compensate is not None:
        yield from _of_undo(node.compensate, place.of_node(index, "compensate"), scope, undo_of(who), node.id)
    if node.on_failure is not None:
        path = place.of_node(index, "on_failure")
        yield from _of_ladder(node.on_failure, path, scope.failing(), ladder_of(who), node.id)


def _of_built_in(place: Place, index: int, node: Node) -> Iterator[Site]:
    """The expressions of a node that has other fields than `inputs` for them."""
    who, scope = place.who(node), place.scope

    def site(value: str | Constant, *steps: str | int, sees: Scope = scope) -> Iterator[Site]:
        if isinstance(value, str):
            yield Site(value, place.of_node(index, *steps), sees, who, node=node.id)

    match node:
        case HumanNode():
            yield from _of_question(node, place.of_node(index), scope, who, node.id)
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
        case _:
            pass


def _of_undo(undo: Compensate, path: Path, scope: Scope, who: str, node: str) -> Iterator[Site]:
    if undo.inputs is not None:
        yield from _of_inputs(undo.inputs, (*path, "inputs"), scope.undoing(), who, node)
    if undo.on_failure is not None:
        sees = scope.undoing().failing()
        yield from _of_ladder(undo.on_failure, (*path, "on_failure"), sees, ladder_of(who), node)


def _of_ladder(ladder: OnFailure, path: Path, scope: Scope, who: str, node: str) -> Iterator[Site]:
    for index, rung in enumerate(ladder):
        if isinstance(rung, Rung) and rung.fallback is not None and rung.fallback.inputs is not None:
            yield from _of_inputs(rung.fallback.inputs, (*path, index, "fallback", "inputs"), scope, who, node)
        if isinstance(rung, Rung) and rung.escalate is not None:
            yield from _of_question(rung.escalate, (*path, index, "escalate"), scope, who, node)


def _of_question(asked: HumanNode | Escalate, path: Path, scope: Scope, who: str, node: str) -> Iterator[Site]:
    for field, text in (("title", asked.title), ("instructions", asked.instructions)):
        yield from _of_text(text or "", (*path, field), scope, who, node)


def _of_text(text: str, path: Path, scope: Scope, who: str, node: str) -> Iterator[Site]:
    """The expressions in a text; where one does not end, none but that."""
    try:
        found = parts(text)
    except TemplateError as error:
        yield Site("", path, scope, who, node=node, around=text, at=error.at, fault=str(error))
        return
    for part in found:
        if isinstance(part, Slot):
            yield Site(part.text, path, scope, who, node=node, around=text, at=part.at)


def _of_inputs(inputs: Inputs, path: Path, scope: Scope, who: str, node: str) -> Iterator[Site]:
    for entry in entries(inputs):
        if isinstance(entry.value, str):
            yield Site(entry.value, (*path, entry.key), scope, who, entry.field is None, node)
