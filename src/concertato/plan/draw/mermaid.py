"""A plan as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html): for papers, pull requests and browsers.

Every text goes through `_text`: a label can then hold neither Mermaid's syntax, nor its directives, nor HTML.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from concertato.plan.draw.words import (
    BY_CONCERN,
    MOST_DRAWN,
    NO_CHANGES,
    REMOVED,
    Changes,
    Shown,
    Statuses,
    condition,
    one_line,
    what,
)
from concertato.plan.model import EdgePlan, NodePlan, Plan, ScopePlan

_LEGEND = "%% solid arrow: decides whether its target runs; dotted arrow: brings data and order only"

_SHAPES = {"switch": "{%s}", "wait": "([%s])", "set": "[/%s/]", "human": "{{%s}}", "plan": "[[%s]]"}
_BOX = "[%s]"

_COLOURS = {
    "succeeded": "fill:#d3f0d8,stroke:#2e7d32,color:#10351a",
    "failed": "fill:#f8d0d0,stroke:#b71c1c,color:#4a0d0d",
    "running": "fill:#cfe4fb,stroke:#1565c0,color:#0b2d55",
    "retrying": "fill:#ffe3bf,stroke:#e65100,color:#4a2300",
    "recovering": "fill:#ffd9ec,stroke:#ad1457,color:#4a0a26",
    "waiting": "fill:#efe0fa,stroke:#6a1b9a,color:#331047",
    "queued": "fill:#e3f2fd,stroke:#64b5f6,color:#0b2d55",
    "pending": "fill:#f5f5f5,stroke:#9e9e9e,color:#333333",
    "skipped": "fill:#ffffff,stroke:#bdbdbd,color:#757575,stroke-dasharray:4 3",
    "cancelled": "fill:#eeeeee,stroke:#616161,color:#424242",
    "compensating": "fill:#fff3c4,stroke:#f9a825,color:#4d3800",
    "compensated": "fill:#fff9e0,stroke:#f9a825,color:#4d3800",
    "compensation_failed": "fill:#f8d0d0,stroke:#b71c1c,color:#4a0d0d,stroke-width:3px",
    REMOVED: "fill:#ffffff,stroke:#bdbdbd,color:#9e9e9e,stroke-dasharray:2 4",
}


def to_mermaid(plan: Plan, statuses: Mapping[str, str] | None = None, *, changes: Changes = NO_CHANGES) -> str:
    """The flowchart; `statuses` colours nodes by their path."""
    drawing = _Drawing(Statuses(statuses or {}), changes)
    name = _text(plan.name) + (f", version {_text(plan.version)}" if plan.version else "")
    lines = ["flowchart TD", f"  %% {name}", f"  {_LEGEND}"]
    lines += drawing.scope(plan.root, "", "n", "  ")
    for number, place in enumerate(changes.removed):
        label = "<br/>".join(_text(text) for text in (place, changes.notes.get(place)) if text)
        lines.append(f'  r{number}["{label}"]')
        drawing.painted.setdefault(REMOVED, []).append(f"r{number}")
    lines += drawing.colours()
    return "\n".join(lines) + "\n"


class _Drawing:
    """What has been drawn so far. Names in the flowchart are numbers: `n2_0` is the first node in the body of `n2`."""

    def __init__(self, statuses: Statuses, changes: Changes) -> None:
        self._shown = Shown(statuses, changes.bodies)
        self._changes = changes
        self._left = MOST_DRAWN
        self.painted: dict[str, list[str]] = {}

    def scope(self, scope: ScopePlan, prefix: str, name: str, indent: str) -> Iterator[str]:
        for node in scope.nodes:
            yield from self._node(node, prefix + node.id, f"{name}{node.number}", indent)
        for edge in scope.edges:
            yield indent + _edge(scope, edge, name)

    def colours(self) -> Iterator[str]:
        for status in BY_CONCERN:
            if status in self.painted:
                yield f"  classDef {status} {_COLOURS[status]}"
                yield f"  class {','.join(self.painted[status])} {status}"

    def _node(self, node: NodePlan, path: str, name: str, indent: str) -> Iterator[str]:
        self._paint(path, name)
        about = [node.id, what(node), self._shown.statuses.counted(path), self._changes.note(path)]
        inner = self._shown.inner(path, node)
        if not inner and (grown := self._changes.grown.get(path)):
            yield from self._proposed(grown, about, path, name, indent)
            return
        if not inner or self._left < sum(len(plan.nodes) for _, plan, _ in inner):
            label = "<br/>".join(_text(text) for text in about if text)
            yield indent + name + _SHAPES.get(node.kind, _BOX) % f'"{label}"'
            return
        yield f'{indent}subgraph {name}["{_text(" · ".join(filter(None, about)))}"]'
        yield from self._inner(inner, path, name, f"{indent}  ")
        yield f"{indent}end"

    def _inner(self, inner: Sequence[tuple[str, ScopePlan, Shown]], path: str, name: str, indent: str) -> Iterator[str]:
        """What stands in a node: the body that the definition has, and those that scopes have of their own."""
        around = self._shown
        for number, (where, plan, shown) in enumerate(inner):
            self._left -= len(plan.nodes)
            self._shown = shown
            if where:
                # A name with two underscores is no node's.
                yield f'{indent}subgraph {name}__{number}["{_text(where)}"]'
                yield from self.scope(plan, f"{path}/", f"{name}__{number}_", f"{indent}  ")
                yield f"{indent}end"
            else:
                yield from self.scope(plan, f"{path}/", f"{name}_", indent)
            self._shown = around

    def _proposed(self, grown: Sequence[str], about: Iterable[str], path: str, name: str, indent: str) -> Iterator[str]:
        """A plan node with what its agent proposed in it."""
        yield f'{indent}subgraph {name}["{_text(" · ".join(filter(None, about)))}"]'
        for number, node_id in enumerate(grown):
            self._paint(f"{path}/{node_id}", f"{name}_{number}")
            said = self._changes.note(f"{path}/{node_id}")
            yield f'{indent}  {name}_{number}["{_text(node_id)}<br/>{_text(said)}"]'
        yield f"{indent}end"

    def _paint(self, path: str, name: str) -> None:
        status = self._shown.statuses.shown(path)
        if status in _COLOURS:
            self.painted.setdefault(status, []).append(name)


def _edge(scope: ScopePlan, edge: EdgePlan, name: str) -> str:
    arrow = "-->" if edge.control else "-.->"
    said = condition(scope, edge)
    label = f'|"{_text(said)}"|' if said else ""
    return f"{name}{edge.source} {arrow}{label} {name}{edge.target}"


def _text(text: str) -> str:
    """Text as it may stand between quotes: all but letters, digits and harmless signs as Mermaid's character codes."""
    return "".join(char if char.isalnum() or char in " _.,='()·…" else f"#{ord(char)};" for char in one_line(text))
