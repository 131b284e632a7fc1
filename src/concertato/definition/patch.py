"""The grammar of an edit, and how one is read. What it does to a body is in `concertato.definition.patching`."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, Field

from concertato.definition.codes import Code
from concertato.definition.dump import to_document
from concertato.definition.model import Edge, Node
from concertato.definition.model_parts import Model
from concertato.definition.problem import DefinitionError
from concertato.definition.reading import Json
from concertato.definition.shape import read_model
from concertato.definition.source import Source
from concertato.definition.wording import described as value_described

_STEP = re.compile(r"(?P<id>[^\[\]/~]+)(?P<place>(?:~\d+)?(?:\[\d+\])?)")


class Step(NamedTuple):
    """One step of `in`: the id of a node and, where one scope of a run is meant, which: `[2]`, or `~2[2]`."""

    id: str
    place: str

    def __str__(self) -> str:
        return self.id + self.place


def steps_in(way: str | None) -> list[Step]:
    """The steps of `in`, outermost first. Raises ValueError."""
    found: list[Step] = []
    for part in way.split("/") if way else []:
        step = _STEP.fullmatch(part)
        if step is None:
            raise ValueError(
                f"expected nodes by their ids, outermost first, such as 'outer/inner', or with the index of what is "
                f"open, such as 'outer[0]/inner[2]', got: {way!r:.80}"
            )
        found.append(Step(step["id"], step["place"]))
    return found


def _readable(way: str) -> str:
    steps_in(way)
    return way


class EdgeEnds(Model):
    """An edge that is already there: no two edges join the same nodes."""

    from_: str = Field(alias="from")
    to: str


class Addition(Model):
    """What is to be there and is not yet."""

    nodes: list[Node] = Field(default_factory=list)
    edges: list[Edge] = Field(default_factory=list)


class Removal(Model):
    """What is to go; the edges of a node that goes, go with it."""

    nodes: list[str] = Field(default_factory=list)
    edges: list[EdgeEnds] = Field(default_factory=list)


class Replacement(Model):
    """Nodes that take the place of those with their ids; edges stay."""

    nodes: list[Node] = Field(default_factory=list)


class Order(Model):
    """In which order the body's nodes, and its edges, stand after the edit. What is not named comes after what is."""

    nodes: list[str] = Field(default_factory=list)
    edges: list[EdgeEnds] = Field(default_factory=list)


class Patch(Model):
    """An edit of one body: the workflow's own, or that of the map or loop node `in` (`outer/inner` when they nest).

    With the indexes of what is open (`outer[0]/inner[2]`), `in` means the body of that one scope of a run.
    """

    in_: Annotated[str, AfterValidator(_readable)] | None = Field(default=None, alias="in")
    remove: Removal = Removal()
    replace: Replacement = Replacement()
    add: Addition = Addition()
    order: Order = Order()


def read_patch(document: Mapping[str, Any], source: Source | None = None) -> Patch:
    """The model of an edit. Raises DefinitionError with every mistake of shape, placed where `source` has a text."""
    source = source or Source("<edit>")
    return read_model(Patch, source.checked(document), source, whole="the edit")


def load_patch(source: Source) -> Mapping[str, Any]:
    """An edit that stands in a text. Raises DefinitionError with every mistake of shape, each with its line."""
    tree = source.tree()
    if not isinstance(tree, dict):
        got = "nothing: it is empty" if tree is None else value_described(tree)
        message = f"expected a mapping with add, remove or replace, got: {got}"
        raise DefinitionError([source.problem(Code.UNREADABLE, message, ())])
    read_patch(tree, source)
    return tree


def described(patch: Patch) -> dict[str, Json]:
    """What an edit does, in short: the ids of its nodes, and its edges."""
    return {
        "in": patch.in_ or None,
        "added": [node.id for node in patch.add.nodes],
        "removed": list(patch.remove.nodes),
        "replaced": [node.id for node in patch.replace.nodes],
        "edges_added": [to_document(edge) for edge in patch.add.edges],
        "edges_removed": [to_document(edge) for edge in patch.remove.edges],
    }
