"""A node that is in the workflow already, standing for its output: handed on, read by its fields, put before others."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from concertato.definition.builder.expr import MEMBER, Expr, HasOutput
from concertato.definition.builder.place import mistake
from concertato.definition.codes import Code

if TYPE_CHECKING:
    from concertato.definition.builder.body import Body


class Spot(NamedTuple):
    """Where a node stands."""

    body: "Body"
    id: str


class Handle(Expr):
    """The output of a node. `a >> b` adds the edge from `a` to `b`; either side may be a list of nodes."""

    __slots__ = ("_spot",)
    _spot: Spot

    def __init__(self, spot: Spot) -> None:
        super().__init__(f"{spot.id}.output", MEMBER, [spot])
        self._spot = spot

    def __rshift__(self, after: Any) -> Any:
        return follow(self, after)

    def __rrshift__(self, before: Any) -> Any:
        return follow(before, self)


class Opening(HasOutput):
    """A node that is filled in by a `with` block: a map, a loop, a switch. Everywhere else it stands for its output."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._spot = spot_of(handle)
        self._draft = self._spot.body.drafts[self._spot.id]

    @property
    def output(self) -> Any:
        return self._handle

    def __rshift__(self, after: Any) -> Any:
        return follow(self, after)

    def __rrshift__(self, before: Any) -> Any:
        return follow(before, self)


def spot_of(node: object) -> Spot:
    """Where the node that `node` stands for is; a field of its output is not a node."""
    spot = getattr(node, "_spot", None)
    if not isinstance(spot, Spot):
        mistake(Code.BAD_EDGE, f"expected a node (what the call of an agent gave back), got: {node!r}")
    return spot


def follow(before: object, after: Any) -> Any:
    """Edges from each of `before` to each of `after`."""
    for source in map(spot_of, _several(before)):
        for target in map(spot_of, _several(after)):
            source.body.connect(source, target)
    return after


def _several(nodes: object) -> Sequence[object]:
    return nodes if isinstance(nodes, list | tuple) else [nodes]
