"""The definitions that `workflow` nodes can name: those that their own definition carries, then those around it."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Self

from concertato.definition.model import Body, Definition, Node, WorkflowNode
from concertato.definition.problem import Path


class Found(NamedTuple):
    """A definition, its path in the document, and what its own nodes can name."""

    definition: Definition
    path: Path
    library: "Library"


class Library:
    """What the nodes of one definition can name. `shelves`: its own `workflows` first, then those of who carries it."""

    def __init__(self, shelves: tuple[tuple[Path, Mapping[str, Definition]], ...]) -> None:
        self._shelves = shelves

    @classmethod
    def of(cls, definition: Definition) -> Self:
        """The library of an outermost definition."""
        return cls((((), definition.workflows),))

    def find(self, name: str) -> Found | None:
        """The definition called `name`."""
        for level, (path, workflows) in enumerate(self._shelves):
            if name in workflows:
                where = (*path, "workflows", name)
                inner = Library(((where, workflows[name].workflows), *self._shelves[level:]))
                return Found(workflows[name], where, inner)
        return None

    def names(self) -> Iterator[str]:
        """Everything that can be named."""
        for _, workflows in self._shelves:
            yield from workflows


def all_nodes(nodes: list[Node]) -> Iterator[Node]:
    """Every node, those of bodies included, but not those of other definitions."""
    for node in nodes:
        yield node
        if isinstance(node, Body):
            yield from all_nodes(node.nodes)


def workflow_names(definition: Definition) -> Iterator[str]:
    """The definitions that the nodes of `definition` name, each as often as it is named."""
    return (node.workflow for node in all_nodes(definition.nodes) if isinstance(node, WorkflowNode))
