"""How the nodes of a body follow on each other: in which order, which wait for each other, which can never run.

Everything here is linear in nodes and edges and recurses for neither: chains have ten thousand nodes.
"""

from collections.abc import Iterator

from concertato.definition.codes import Code
from concertato.definition.expression import ExpressionError
from concertato.definition.finding import Findings
from concertato.definition.problem import Path
from concertato.plan.model import EdgePlan, Program, ScopePlan, SwitchPlan

_SHOWN = 20
"""How many nodes of a long cycle its message names."""

_SHORT = 100
"""Characters of an expression that is computed while a definition is read: nested `map`s in a longer one take long."""


def order(scope: ScopePlan) -> list[int]:
    """The nodes, each after all that it waits for. Those that wait for a cycle, or are in one, are left out."""
    waits = [0] * len(scope.nodes)
    for edge in scope.edges:
        waits[edge.target] += len(edge.needs)
    found = [number for number, count in enumerate(waits) if not count]
    for number in found:
        for edge_number in scope.needed_by[number]:
            target = scope.edges[edge_number].target
            waits[target] -= 1
            if not waits[target]:
                found.append(target)
    return found


def cycles(scope: ScopePlan) -> list[list[int]]:
    """The cycles of nodes that wait for each other: at least one of each knot, no node in two of them."""
    left = set(range(len(scope.nodes))).difference(order(scope))
    after = {number: [target for target in followers(scope, number) if target in left] for number in left}
    found: list[list[int]] = []
    told: set[int] = set()
    done: set[int] = set()
    for start in sorted(left):
        for trail, target in _returns(start, after, done):
            cycle = trail[trail.index(target) :]
            if told.isdisjoint(cycle):
                told.update(cycle)
                first = cycle.index(min(cycle))
                found.append(cycle[first:] + cycle[:first])
    return found


def _returns(start: int, after: dict[int, list[int]], done: set[int]) -> Iterator[tuple[list[int], int]]:
    """Walk depth first from `start`: each trail that comes back to a node which it already went through."""
    trail = [start]
    on_trail = {start}
    pending = [iter(after[start])] if start not in done else []
    while pending:
        target = next(pending[-1], None)
        if target is None:
            pending.pop()
            done.add(trail[-1])
            on_trail.discard(trail.pop())
        elif target in on_trail:
            yield trail, target
        elif target not in done:
            trail.append(target)
            on_trail.add(target)
            pending.append(iter(after[target]))


def followers(scope: ScopePlan, number: int) -> list[int]:
    """The nodes that wait for this one, in the order of the edges."""
    return list(dict.fromkeys(scope.edges[edge].target for edge in scope.needed_by[number]))


def never(scope: ScopePlan) -> list[tuple[int, str]]:
    """The nodes that can never run, each with the reason. Nodes that wait for a cycle are not looked at."""
    found: dict[int, str] = {}
    # Once for each switch, not for each of its ways.
    cases = {each.number: _open_cases(each.detail) for each in scope.nodes if isinstance(each.detail, SwitchPlan)}
    for number in order(scope):
        node = scope.nodes[number]
        shut = [reason for edge in node.decides if (reason := _shut(scope, scope.edges[edge], found, cases))]
        if shut and (node.join == "all" or len(shut) == len(node.decides)):
            found[number] = "; ".join(dict.fromkeys(shut))
    return sorted(found.items())


def _shut(scope: ScopePlan, edge: EdgePlan, never_run: dict[int, str], cases: dict[int, set[int]]) -> str | None:
    """Why this edge can never be taken. `cases` are those of each switch that can be chosen."""
    source = scope.nodes[edge.source]
    if edge.source in never_run:
        return f"it comes after '{source.id}', which can never run"
    if edge.cases is not None and edge.source in cases and edge.cases.isdisjoint(cases[edge.source]):
        return f"switch '{source.id}' never takes the way to it"
    if edge.when is not None and constant(edge.when) is False:
        return f"the condition of the edge from '{source.id}' is always false"
    return None


def _open_cases(switch: SwitchPlan) -> set[int]:
    """The cases that can be chosen: one that always holds shuts those after it, and the default."""
    found = set()
    for number, case in enumerate(switch.cases):
        value = constant(case)
        if value is not False:
            found.add(number)
        if value is True:
            return found
    return found | {-1}


def constant(program: Program) -> object:
    """The value of a short program that reads nothing; None for any other, and for one that has no value."""
    if program.expression.names or len(program.expression.source) > _SHORT:
        return None
    try:
        value: object = program.expression.evaluate({})
    except ExpressionError:
        return None
    return value


def tell_faults(scope: ScopePlan, path: Path, findings: Findings) -> None:
    """Report every cycle and every node that can never run of the body at `path`."""
    for cycle in cycles(scope):
        findings.add(Code.CYCLE, _describe(scope, cycle), (*path, "nodes", cycle[0]))
    for number, reason in never(scope):
        message = f"node '{scope.nodes[number].id}' can never run: {reason}; open a way to it, or take it out"
        findings.add(Code.UNREACHABLE, message, (*path, "nodes", number))


def _describe(scope: ScopePlan, cycle: list[int]) -> str:
    """A cycle in words: its path, and which of its steps nobody wrote as an edge."""
    ids = [scope.nodes[number].id for number in cycle]
    if len(ids) == 1:
        return f"node '{ids[0]}' waits for itself; it can read its own output nowhere but in 'compensate'"
    shown = ids if len(ids) <= _SHOWN else [*ids[: _SHOWN // 2], "…", *ids[-_SHOWN // 2 :]]
    written = {(edge.source, edge.target) for edge in scope.edges if edge.control}
    pairs = zip(cycle, [*cycle[1:], cycle[0]], strict=True)
    read = [f"'{scope.nodes[b].id}' reads '{scope.nodes[a].id}'" for a, b in pairs if (a, b) not in written]
    why = f" ({', '.join(read[:3])})" if read else ""
    return f"these nodes wait for each other: {' → '.join([*shown, ids[0]])}{why}; break the circle at one of its steps"
