"""The edges of a body: those that were written, the ways out of switches, and those that follow from what is read."""

from collections.abc import Iterable

from concertato.definition.model import Body, Definition, SwitchNode
from concertato.definition.walk import choices_in
from concertato.plan.model import EdgePlan, Program
from concertato.plan.programs import Frame, program


def edges_of(body: Body | Definition, frame: Frame, reads: list[set[int]]) -> tuple[EdgePlan, ...]:
    """Written edges and switches' ways out as control edges, then what is read from where as data edges.

    `reads` are, for each node, the nodes of this body that it reads.

    Two nodes are joined by one edge at most: what is read along a control edge needs no edge of its own.
    """
    ways = _ways(body, frame)
    choices = choices_in(body)
    edges: dict[tuple[int, int], EdgePlan] = {}
    for edge in body.edges:
        pair = frame.numbers.get(edge.from_, -1), frame.numbers.get(edge.to, -1)
        if -1 in pair or pair in edges:
            continue
        cases, when = ways.pop(pair, None), edge.when
        named = choices.get(edge.from_, [])
        if isinstance(when, str) and when in named:
            cases, when = frozenset({named.index(when)}), None
        compiled = None if when in (None, True) else program(when, frame)
        edges[pair] = EdgePlan(*pair, True, _needs(pair[0], compiled, frame), compiled, cases)
    for pair, cases in ways.items():
        edges.setdefault(pair, EdgePlan(*pair, True, (pair[0],), None, cases))
    for target, sources in enumerate(reads):
        for source in sorted(sources):
            edges.setdefault((source, target), EdgePlan(source, target, False, (source,)))
    return tuple(edges.values())


def _needs(source: int, when: Program | None, frame: Frame) -> tuple[int, ...]:
    """What must have ended before the edge can be resolved: its source, and all that its condition reads here."""
    if when is None:
        return (source,)
    frame.reads = set()
    frame.note(when)
    return (source, *sorted(frame.reads - {source}))


def _ways(body: Body | Definition, frame: Frame) -> dict[tuple[int, int], frozenset[int]]:
    """Which cases of which switch lead where; the default is number -1."""
    ways: dict[tuple[int, int], frozenset[int]] = {}
    for source, node in enumerate(body.nodes):
        if isinstance(node, SwitchNode):
            cases = [*enumerate(case.to for case in node.cases), (-1, node.default)]
            for case, to in cases:
                for target in _targets(to, frame):
                    ways[source, target] = ways.get((source, target), frozenset()) | {case}
    return ways


def _targets(to: str | list[str] | None, frame: Frame) -> Iterable[int]:
    named = [to] if isinstance(to, str) else to or []
    return (frame.numbers[name] for name in named if name in frame.numbers)
