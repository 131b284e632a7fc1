"""A plan whose expressions say what became of them: how often a condition held, what it read, what went wrong.

The watched plan is the same plan; only what its expressions are evaluated by is another function around the same one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec

from concertato.definition.expression_text import ExpressionError
from concertato.definition.expression_values import follow, missing, render
from concertato.plan.model import (
    AskPlan,
    Binding,
    CompensatePlan,
    EdgePlan,
    EscalatePlan,
    FallbackPlan,
    HumanPlan,
    LoopPlan,
    MapPlan,
    NodePlan,
    Plan,
    Program,
    RungPlan,
    ScopePlan,
    SwitchPlan,
    Template,
    WaitPlan,
)

_VALUES_KEPT = 6


class Spot(NamedTuple):
    """Where an expression stands: the place of its node (empty: the workflow), what of it, and its text."""

    node: str
    part: str
    text: str


class Seen:
    """What was seen of one condition over many runs. `values` are those that it read, by their paths."""

    __slots__ = ("false", "true", "values")

    def __init__(self) -> None:
        self.true = 0
        self.false = 0
        self.values: dict[str, list[Any]] = {}

    def read(self, name: str, value: Any) -> None:
        """Keep something of what a condition has read: a few values, the least and the greatest number."""
        kept = self.values.setdefault(name, [])
        if not isinstance(value, int | float) or isinstance(value, bool):
            if len(kept) < _VALUES_KEPT and value not in kept:
                kept.append(value)
            return
        numbers = [each for each in kept if isinstance(each, int | float) and not isinstance(each, bool)]
        if len(numbers) < 2:
            if value not in numbers:
                kept.append(value)
        elif not min(numbers) <= value <= max(numbers):
            kept[kept.index(min(numbers) if value < min(numbers) else max(numbers))] = value

    def merge(self, later: "Seen") -> None:
        self.true += later.true
        self.false += later.false
        for name, values in later.values.items():
            for value in values:
                self.read(name, value)


class Mishap(NamedTuple):
    """An expression that could not be evaluated, why, and what it read."""

    spot: Spot
    why: str
    read: str


class Watch:
    """`mishaps` are those of the run under way; `seen` is of all runs since it was last emptied."""

    def __init__(self, plan: Plan) -> None:
        self.seen: dict[Spot, Seen] = {}
        self.mishaps: list[Mishap] = []
        self.plan = replace(plan, root=self._scope(plan.root, ""))

    def chosen(self, place: str, choice: str) -> None:
        """Somebody has made this choice at a human node."""
        self.seen.setdefault(choice_spot(place, choice), Seen()).true += 1

    def _scope(self, scope: ScopePlan, prefix: str) -> ScopePlan:
        whole = prefix.removesuffix("/")
        return replace(
            scope,
            nodes=tuple(self._node(node, prefix) for node in scope.nodes),
            edges=tuple(self._edge(edge, scope, prefix) for edge in scope.edges),
            outputs=tuple((name, self._watched(each, whole, f"outputs.{name}")) for name, each in scope.outputs),
            ladder=self._ladder(scope.ladder, whole, "the workflow's on_failure"),
        )

    def _edge(self, edge: EdgePlan, scope: ScopePlan, prefix: str) -> EdgePlan:
        if edge.when is None:
            return edge
        spot = edge_spot(edge, scope, prefix)
        return replace(edge, when=self._watched(edge.when, *spot[:2], condition=True))

    def _node(self, node: NodePlan, prefix: str) -> NodePlan:
        place = prefix + node.id
        undo = node.compensate
        return replace(
            node,
            binding=self._binding(node.binding, place, "inputs"),
            detail=self._detail(node, place),
            body=None if node.body is None else self._scope(node.body, f"{place}/"),
            ladder=self._ladder(node.ladder, place, "on_failure"),
            compensate=None if undo is None else self._undo(undo, place),
        )

    def _undo(self, undo: CompensatePlan, place: str) -> CompensatePlan:
        ask = None if undo.ask is None else self._ask(undo.ask, place, "compensate.on_failure")
        return replace(undo, binding=self._binding(undo.binding, place, "compensate.inputs"), ask=ask)

    def _detail(self, node: NodePlan, place: str) -> Any:
        match node.detail:
            case SwitchPlan(cases=cases) as switch:
                watched = (self._watched(case, *case_spot(place, number, case)[:2], condition=True)
                           for number, case in enumerate(cases))  # fmt: skip
                return replace(switch, cases=tuple(watched))
            case MapPlan(over=over) as map_:
                return replace(map_, over=self._counted(over, Spot(place, "over", over.expression.source)))
            case LoopPlan(while_=while_, until=until) as loop:
                first = None if while_ is None else self._watched(while_, place, "while", condition=True)
                second = None if until is None else self._watched(until, place, "until", condition=True)
                return replace(loop, while_=first, until=second)
            case WaitPlan(until=Program() as until) as wait:
                return replace(wait, until=self._watched(until, place, "until"))
            case HumanPlan(ask=ask) as human:
                return replace(human, ask=self._ask(ask, place, ""))
            case other:
                return other

    def _binding(self, binding: Binding, place: str, part: str) -> Binding:
        watched = ((name, self._watched(program, place, f"{part}.{name}")) for name, program in binding.programs)
        return replace(binding, programs=tuple(watched))

    def _ladder(self, rungs: Iterable[RungPlan], place: str, part: str) -> tuple[RungPlan, ...]:
        found: list[RungPlan] = []
        for rung in rungs:
            if isinstance(rung, EscalatePlan):
                found.append(replace(rung, ask=self._ask(rung.ask, place, part)))
            elif isinstance(rung, FallbackPlan) and rung.binding is not None:
                found.append(replace(rung, binding=self._binding(rung.binding, place, part)))
            else:
                found.append(rung)
        return tuple(found)

    def _ask(self, ask: AskPlan, place: str, part: str) -> AskPlan:
        head = f"{part}." if part else ""
        title = self._template(ask.title, place, f"{head}title")
        return replace(ask, title=title, instructions=self._template(ask.instructions, place, f"{head}instructions"))

    def _template(self, template: Template, place: str, part: str) -> Template:
        return tuple(each if isinstance(each, str) else self._watched(each, place, part) for each in template)

    def _watched(self, program: Program, node: str, part: str, *, condition: bool = False) -> Program:
        spot = Spot(node, part, program.expression.source)
        inner = program.expression.evaluate
        paths = tuple(sorted(program.expression.paths))
        evaluate = self._condition(spot, inner, paths) if condition else self._guarded(spot, inner, paths)
        return replace(program, expression=replace(program.expression, _evaluate=evaluate))

    def _counted(self, over: Program, spot: Spot) -> Program:
        """As a condition that holds where there is an item."""
        inner = self._guarded(spot, over.expression.evaluate, tuple(sorted(over.expression.paths)))

        def evaluate(scope: Mapping[str, Any]) -> Any:
            items = inner(scope)
            seen = self.seen.setdefault(spot, Seen())
            if items:
                seen.true += 1
            else:
                seen.false += 1
            return items

        return replace(over, expression=replace(over.expression, _evaluate=evaluate))

    def _guarded(
        self, spot: Spot, inner: Callable[[Mapping[str, Any]], Any], paths: tuple[tuple[str, ...], ...]
    ) -> Callable[[Mapping[str, Any]], Any]:
        def evaluate(scope: Mapping[str, Any]) -> Any:
            try:
                return inner(scope)
            except ExpressionError as error:
                self.mishaps.append(Mishap(spot, str(error), _read(paths, scope)))
                raise

        return evaluate

    def _condition(
        self, spot: Spot, inner: Callable[[Mapping[str, Any]], Any], paths: tuple[tuple[str, ...], ...]
    ) -> Callable[[Mapping[str, Any]], Any]:
        guarded = self._guarded(spot, inner, paths)

        def evaluate(scope: Mapping[str, Any]) -> Any:
            result = guarded(scope)
            seen = self.seen.get(spot)
            if seen is None:
                seen = self.seen[spot] = Seen()
            if result is True:
                seen.true += 1
            elif result is False:
                seen.false += 1
                if not seen.true:
                    _keep(seen, paths, scope)
            else:
                self.mishaps.append(Mishap(spot, "expected a condition to be true or false", _read(paths, scope)))
            return result

        return evaluate


def edge_spot(edge: EdgePlan, scope: ScopePlan, prefix: str) -> Spot:
    """Where the condition of an edge stands."""
    source, target = scope.nodes[edge.source], scope.nodes[edge.target]
    text = "" if edge.when is None else edge.when.expression.source
    return Spot(prefix + target.id, f"when {source.id}", text)


def choice_spot(place: str, choice: str) -> Spot:
    """Where it is counted how often somebody made a choice."""
    return Spot(place, "choice", choice)


def case_spot(place: str, number: int, case: Program) -> Spot:
    """Where the condition of a switch's case stands."""
    return Spot(place, f"cases.{number}", case.expression.source)


def _keep(seen: Seen, paths: tuple[tuple[str, ...], ...], scope: Mapping[str, Any]) -> None:
    """Keep what a condition read, as long as it has never held."""
    for path in paths:
        if missing(path, scope) is None and not isinstance(value := follow(path, scope), dict | list):
            seen.read(render(path), value)


def _read(paths: tuple[tuple[str, ...], ...], scope: Mapping[str, Any]) -> str:
    there = [path for path in paths if missing(path, scope) is None][:4]
    return ", ".join(f"{render(path)} = {msgspec.json.encode(follow(path, scope)).decode():.60}" for path in there)
