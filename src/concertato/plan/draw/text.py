"""A plan as plain text for a terminal: layer by layer, each node with what it comes after."""

from collections.abc import Iterator, Mapping

from concertato.plan.draw.words import (
    BY_CONCERN,
    MOST_DRAWN,
    NO_CHANGES,
    Changes,
    Shown,
    Statuses,
    condition,
    one_line,
    what,
)
from concertato.plan.model import NodePlan, Plan, ScopePlan
from concertato.plan.topology import order

_MARKS = {
    "succeeded": ("✓", "+"),
    "failed": ("✗", "x"),
    "running": ("●", "*"),
    "retrying": ("↻", "~"),
    "recovering": ("⤷", "r"),
    "waiting": ("◷", "w"),
    "queued": ("◌", "q"),
    "pending": ("○", "."),
    "skipped": ("⤼", "-"),
    "cancelled": ("⊘", "c"),
    "compensating": ("↶", "u"),
    "compensated": ("↩", "U"),
    "compensation_failed": ("‼", "!"),
}
_AFTER = ("←", "<-")
_READS = ("⇠", "<~")


def to_text(
    plan: Plan,
    statuses: Mapping[str, str] | None = None,
    *,
    changes: Changes = NO_CHANGES,
    unicode: bool = True,
) -> str:
    """The picture, its lines ended by newlines; with `unicode=False` in ASCII alone."""
    drawing = _Drawing(Statuses(statuses or {}), changes, unicode)
    title = plan.name + (f" {plan.version}" if plan.version else "")
    lines = [one_line(title), *drawing.scope(plan.root, "", "  "), *drawing.removed(), *drawing.legend()]
    text = "".join(f"{line.rstrip()}\n" for line in lines)
    return text if unicode else text.replace("…", "...").encode("ascii", "backslashreplace").decode()


class _Drawing:
    def __init__(self, statuses: Statuses, changes: Changes, unicode: bool) -> None:
        self._shown = Shown(statuses, changes.bodies)
        self._changes = changes
        self._form = 0 if unicode else 1
        self._left = MOST_DRAWN
        self._marks: set[str] = set()
        self._arrows: set[bool] = set()

    def scope(self, scope: ScopePlan, prefix: str, indent: str) -> Iterator[str]:
        """A line per node, those that can run at the same time under one number."""
        layers = _layers(scope)
        width = min(max(len(node.id) for node in scope.nodes), 24)
        margin = len(str(len(layers)))
        for number, layer in enumerate(layers, 1):
            for position, node in enumerate(layer):
                place = f"{'' if position else number:>{margin}}"
                yield f"{indent}{place}  {self._line(scope, node, prefix, width)}"
                yield from self._inner(node, f"{prefix}{node.id}", f"{indent}{' ' * (margin + 4)}", width)

    def removed(self) -> Iterator[str]:
        """A line for each node that is there no more."""
        for position, place in enumerate(self._changes.removed):
            if not position:
                yield ""
            yield f"  removed  {one_line(place)}{self._note(place)}"

    def _inner(self, node: NodePlan, place: str, indent: str, width: int) -> Iterator[str]:
        """What stands in a node: the body that the definition has, and those that scopes have of their own."""
        around = self._shown
        inner = around.inner(place, node)
        if not inner:
            yield from self._grown(place, indent, width)
        for where, plan, shown in inner:
            if self._left < len(plan.nodes):
                continue
            self._left -= len(plan.nodes)
            if where:
                yield f"{indent}{one_line(where)}:"
            self._shown = shown
            yield from self.scope(plan, f"{place}/", indent)
            self._shown = around

    def _grown(self, place: str, indent: str, width: int) -> Iterator[str]:
        """A line for each node that an agent proposed for this place, or that was added to what it proposed."""
        for name in self._changes.grown.get(place, ()):
            inner = f"{place}/{name}"
            counted = self._shown.statuses.counted(inner)
            said = "" if inner in self._changes.notes else "proposed"
            told = [f"{one_line(name):<{width}}", said, f"({counted})" if counted else ""]
            note = "" if said else self._note(inner)
            yield f"{indent}{self._mark(inner)}{'  '.join(filter(None, told))}{note}"

    def legend(self) -> Iterator[str]:
        """What the signs that were used mean."""
        arrows = {True: f"{_AFTER[self._form]} comes after", False: f"{_READS[self._form]} reads from"}
        signs = [arrows[control] for control in (True, False) if control in self._arrows]
        signs += [f"{_MARKS[status][self._form]} {status}" for status in BY_CONCERN if status in self._marks]
        if signs:
            yield ""
            yield "   ".join(signs)

    def _line(self, scope: ScopePlan, node: NodePlan, prefix: str, width: int) -> str:
        place = prefix + node.id
        counted = self._shown.statuses.counted(place)
        told = [f"{one_line(node.id):<{width}}", one_line(what(node)), f"({counted})" if counted else ""]
        said = "  ".join(filter(None, [*told, self._sources(scope, node)]))
        return f"{self._mark(place)}{said}{self._note(place)}"

    def _mark(self, place: str) -> str:
        """The sign of the place's status; nothing where a plan is drawn that no run has."""
        if not self._shown.statuses:
            return ""
        status = self._shown.statuses.shown(place)
        status = status if status in _MARKS else "pending"
        self._marks.add(status)
        return f"{_MARKS[status][self._form]} "

    def _note(self, place: str) -> str:
        note = self._changes.note(place)
        return f"  ({one_line(note)})" if note else ""

    def _sources(self, scope: ScopePlan, node: NodePlan) -> str:
        """What a node comes after: `← n1, n2 [amount > 3]  ⇠ order`."""
        groups = []
        for control, sign in ((True, _AFTER), (False, _READS)):
            edges = [scope.edges[number] for number in node.incoming if scope.edges[number].control is control]
            if edges:
                self._arrows.add(control)
                said = []
                for edge in edges:
                    when = condition(scope, edge)
                    said.append(one_line(scope.nodes[edge.source].id) + (f" [{one_line(when)}]" if when else ""))
                groups.append(f"{sign[self._form]} {', '.join(said)}")
        return "  ".join(groups)


def _layers(scope: ScopePlan) -> list[list[NodePlan]]:
    """The nodes by the length of the longest way to them."""
    depth = [0] * len(scope.nodes)
    for number in order(scope):
        for edge in scope.needed_by[number]:
            target = scope.edges[edge].target
            depth[target] = max(depth[target], depth[number] + 1)
    layers: list[list[NodePlan]] = [[] for _ in range(max(depth) + 1)]
    for node in scope.nodes:
        layers[depth[node.number]].append(node)
    return layers
