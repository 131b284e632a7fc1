"""Which names an expression sees, and what each of them means. The check and the compiler both ask here.

From the inside outwards: what a compensation adds (`output`, `input`) or a ladder (`failure`, `input`), the nodes of
the body, what its map (`item`, `index`) or loop (`iteration`, `last`) adds, then the same of the body around it, at
last the workflow's inputs and `run`. A `workflow` node's definition sees nothing of what surrounds it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

from concertato.definition.library import all_nodes
from concertato.definition.model import Definition, LoopNode, MapNode, Node
from concertato.definition.spelling import Speller

What = Literal["node", "input", "item", "index", "iteration", "last", "run", "output", "input_of", "failure"]

CONTEXT_NAMES = frozenset({"run", "item", "index", "iteration", "last", "output", "input", "failure"})
"""Names that the grammar gives a meaning; nobody else may bear them."""

NODE_FIELDS = ("output", "status")
"""What an expression can read of a node."""


@dataclass(frozen=True, slots=True)
class Visible:
    """What a name means. `up` counts scopes outwards from the expression's own; `name` is the node's id or the name."""

    what: What
    up: int
    name: str


@dataclass(frozen=True)
class _Layer:
    """The names that one place adds. `step` is 0 where it adds them without being a scope of its own."""

    names: Mapping[str, What]
    step: int = 1

    @cached_property
    def speller(self) -> Speller:
        return Speller(self.names)


class Scope:
    """The names that the expressions of one body see. `unseen` are nodes that they do not: no inputs are called so."""

    __slots__ = ("_layers", "_open", "unseen")

    def __init__(self, layers: tuple[_Layer, ...], *, is_open: bool, unseen: frozenset[str] = frozenset()) -> None:
        self._layers = layers
        self._open = is_open
        self.unseen = unseen

    @classmethod
    def of(cls, definition: Definition) -> Self:
        """The outermost scope of a workflow."""
        names: dict[str, What] = {"run": "run"}
        names.update(dict.fromkeys(definition.inputs, "input"))
        return cls((_Layer(_with_nodes(names, definition.nodes)),), is_open=not definition.inputs)

    @classmethod
    def without_nodes(cls, definition: Definition) -> Self:
        """What the ladder of a whole workflow sees besides the failure: its inputs, and no node."""
        names: dict[str, What] = {"run": "run", **dict.fromkeys(definition.inputs, "input")}
        unseen = frozenset(node.id for node in all_nodes(definition.nodes))
        return cls((_Layer(names),), is_open=not definition.inputs, unseen=unseen)

    def inside(self, node: MapNode | LoopNode) -> "Scope":
        """What the body of `node`, its outputs included, sees."""
        return self._with(_Layer(_with_nodes(_added_by(node), node.nodes)))

    def holding(self, nodes: Iterable[Node]) -> "Scope":
        """What a body sees that was proposed for a node: its own nodes, and all that the node sees."""
        return self._with(_Layer(_with_nodes({}, nodes)))

    def testing(self, loop: LoopNode) -> "Scope":
        """What the `while` and `until` of a loop see: no node of its body, whose results are in `last`.

        It stands where the body stands: names outside the loop are one scope up.
        """
        return self._with(_Layer(_added_by(loop)))

    def undoing(self) -> "Scope":
        """What a compensation sees: all that its node sees, and what that node gave (`output`) and got (`input`)."""
        return self._with(_Layer({"output": "output", "input": "input_of"}, step=0))

    def failing(self) -> "Scope":
        """What a ladder sees: all that its node sees, why that failed (`failure`) and what it got (`input`)."""
        return self._with(_Layer({"failure": "failure", "input": "input_of"}, step=0))

    def lookup(self, name: str) -> Visible | None:
        """What `name` means here, the innermost meaning first; None when nothing visible is called so."""
        up = 0
        for layer in self._layers:
            what = layer.names.get(name)
            if what is not None:
                return Visible(what, up, name)
            up += layer.step
        return None

    def undeclared(self, path: tuple[str | int, ...]) -> Visible | None:
        """The input that `path` reads though no `inputs` declares it, or None when it must be a mistake.

        A workflow that declares no inputs has those that it names. But `n9.output` means a node, and a name that is
        nearly one in sight is a slip of the pen, not an input.
        """
        name = str(path[0])
        means_node = len(path) > 1 and path[1] in NODE_FIELDS
        if not self._open or means_node or name in CONTEXT_NAMES or name in self.unseen:
            return None
        if len(name) > 3 and self.near(name):
            return None
        return Visible("input", sum(layer.step for layer in self._layers[:-1]), name)

    def near(self, name: str, *, by: str = "") -> str | None:
        """The visible name that `name` was probably meant to be, in an expression of the node `by`."""
        found = (layer.speller.near(name, by=by) for layer in self._layers)
        return next((word for word in found if word), None)

    def _with(self, layer: _Layer) -> "Scope":
        return Scope((layer, *self._layers), is_open=self._open, unseen=self.unseen)


def _added_by(node: MapNode | LoopNode) -> dict[str, What]:
    if isinstance(node, MapNode):
        return {node.as_: "item", "index": "index"}
    return {"iteration": "iteration", "last": "last"}


def _with_nodes(names: dict[str, What], nodes: Iterable[Node]) -> dict[str, What]:
    names.update(dict.fromkeys((node.id for node in nodes), "node"))
    return names
