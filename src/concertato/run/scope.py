"""One scope as it stands: the root, a map's item, a loop's iteration, a sub-workflow, what a plan node's agent
proposed.

Each is a small run of its own; all of them have this one shape and are handled by the same code.
"""

from collections.abc import Iterator
from typing import Any, Literal

from concertato.plan.model import NodePlan, ScopePlan
from concertato.run.events import Failure
from concertato.run.status import NodeStatus
from concertato.run.trouble import Trouble, Walk


class MapState:
    """A map node that is running. `items` and `results` are JSON texts; a result is None until its item is done."""

    __slots__ = ("items", "left", "next", "results", "running")

    def __init__(self, items: list[bytes]) -> None:
        self.items = items
        self.results: list[bytes | None] = [None] * len(items)
        self.next = 0
        self.running = 0
        self.left = len(items)


class Scope:
    """One scope. Lists are indexed by the node numbers of `plan`.

    `waiting` counts incoming edges that are not resolved, `taken` the deciding ones that were taken, `left` the nodes
    that are not resolved. `needs` holds, for edges that need more than their source, how many needs are still open.
    `children` are the open scopes of each node that holds any, by their index, in the order they were opened in. `item`
    is a map item's JSON text, `last` the outputs of a loop's previous iteration, `inputs` what an isolated scope was
    given, `chosen` which case each switch took (-1: the default,
    None: no way at all), `decoded` outputs that an expression has already read. `early` says that a node around this
    scope joined by `first`, so that values further out may still be to come; `given` is what agents got that were asked
    so early, `undoing` what those got that are undoing a node now, `undoable` how many nodes in it and further in stand
    in `Run.undo`. `region` is set while the scope is being stopped,
    `outcome` once a stopped scope has a result all the same (what its map collects). `trouble` is there once something
    in the scope went wrong. `body` is the JSON text of a body of its own, where the scope has another than the
    definition says: one that an edit changed for it alone or left it with, or that a plan node's agent proposed.
    """

    __slots__ = (
        "attempts", "body", "children", "chosen", "decoded", "early", "failures", "given", "index", "inputs", "item",
        "last", "left", "maps", "needs", "node", "outcome", "outputs", "parent", "plan", "prefix", "region",
        "status", "taken", "trouble", "undoable", "undoing", "waiting",
    )  # fmt: skip

    def __init__(self, plan: ScopePlan, prefix: str = "", parent: "Scope | None" = None, node: int = -1) -> None:
        count = len(plan.nodes)
        self.plan = plan
        self.prefix = prefix
        self.parent = parent
        self.node = node
        self.index = -1
        self.item = b"null"
        self.last = b"null"
        self.inputs: dict[str, bytes] | None = None
        self.status: list[NodeStatus] = [NodeStatus.PENDING] * count
        self.outputs: list[bytes | None] = [None] * count
        self.waiting = [len(node.incoming) for node in plan.nodes]
        self.taken = [0] * count
        self.needs: dict[int, int] = {}
        self.left = count
        self.attempts: dict[int, int] = {}
        self.failures: dict[int, Failure] = {}
        self.children: dict[int, dict[int, Scope]] = {}
        self.maps: dict[int, MapState] = {}
        self.chosen: dict[int, int | None] = {}
        self.decoded: dict[int, Any] = {}
        self.early = False
        self.given: dict[int, dict[str, bytes]] = {}
        self.undoing: dict[int, dict[str, bytes]] = {}
        self.undoable = 0
        self.region: Region | None = None
        self.outcome: bytes | None = None
        self.trouble: Trouble | None = None
        self.body: bytes | None = None

    @classmethod
    def inside(cls, outer: "Scope", node: NodePlan, index: int, plan: ScopePlan | None = None) -> "Scope":
        """A scope of `node`'s body: the map item or loop iteration `index`, or the only one that it has (-1).

        `plan` is given where it is not the body that the definition has for it. The paths of a node that began anew
        say so (`checks~2[3]/score`): what is asked of agents then is asked under other task ids.
        """
        plan = plan or node.body
        assert plan is not None
        again = outer.trouble.rounds.get(node.number, 0) if outer.trouble is not None else 0
        place = (f"~{again + 1}" if again else "") + (f"[{index}]/" if index >= 0 else "/")
        inner = cls(plan, outer.path(node) + place, outer, node.number)
        inner.index = index
        inner.early = not plan.isolated and (outer.early or node.join == "first")
        return inner

    def walk(self, number: int) -> Walk | None:
        """The ladder that a node is on, if it is on one."""
        return None if self.trouble is None else self.trouble.walks.get(number)

    def troubled(self) -> Trouble:
        """Its trouble, made where there was none."""
        if self.trouble is None:
            self.trouble = Trouble()
        return self.trouble

    def path(self, node: NodePlan) -> str:
        return self.prefix + node.id

    def within(self, outer: "Scope") -> bool:
        """Whether this scope is `outer` or somewhere inside it."""
        scope: Scope | None = self
        while scope is not None:
            if scope is outer:
                return True
            scope = scope.parent
        return False

    def under(self, outer: "Scope", number: int) -> bool:
        """Whether this scope stands inside node `number` of `outer`."""
        scope = self
        while scope.parent is not None:
            if scope.parent is outer:
                return scope.node == number
            scope = scope.parent
        return False

    def regions(self) -> "Iterator[Region]":
        """What is being stopped around here, from the inside outwards: this scope, the node that holds it and so on."""
        scope: Scope | None = self
        while scope is not None:
            if scope.region is not None:
                yield scope.region
            outer = scope.parent
            if outer is not None and outer.trouble is not None and scope.node in outer.trouble.regions:
                yield outer.trouble.regions[scope.node]
            scope = outer

    def stopped(self) -> bool:
        """Whether this scope, or one around it, is being stopped."""
        # As `regions`, without a generator: every answer asks.
        scope: Scope | None = self
        while scope is not None:
            outer = scope.parent
            if scope.region is not None:
                return True
            if outer is not None and outer.trouble is not None and scope.node in outer.trouble.regions:
                return True
            scope = outer
        return False


class Region:
    """A part of the run that is being stopped, and why: what is in flight is answered first, then what succeeded is
    undone. It is a scope, or with `number` what stands inside that node of it.
    """

    __slots__ = ("cause", "failure", "number", "path", "rollback", "scope", "undone")

    def __init__(
        self,
        scope: Scope,
        cause: Literal["failure", "cancel"],
        rollback: bool,
        failure: Failure | None = None,
        path: str | None = None,
        *,
        number: int = -1,
    ) -> None:
        self.scope = scope
        self.number = number
        self.cause = cause
        self.rollback = rollback
        self.failure = failure
        self.path = path
        self.undone = 0

    def holds(self, scope: Scope, number: int) -> bool:
        """Whether a node belongs to what is being stopped; a planner is asked in the name of the node that it plans."""
        if self.number < 0:
            return scope.within(self.scope)
        return scope.under(self.scope, self.number) or (scope is self.scope and number == self.number)


def definition_scope(scope: Scope) -> Scope:
    """The scope of the definition that `scope` stands in: the root, or a sub-workflow's."""
    while not scope.plan.isolated and scope.parent is not None:
        scope = scope.parent
    return scope
