"""What no run came to: nodes, conditions that never held, cases that were never chosen; and why, where that shows."""

from collections.abc import Container, Iterator, Mapping

import msgspec

from concertato.plan.model import EdgePlan, HumanPlan, LoopPlan, MapPlan, NodePlan, ScopePlan, SwitchPlan
from concertato.simulation.outcome import Sighting
from concertato.simulation.watching import Seen, Spot, case_spot, edge_spot


def unreached(root: ScopePlan, reached: Container[str], seen: Mapping[Spot, Seen]) -> list[Sighting]:
    """Nodes and ways that were never taken. What only follows from another one of them is left out."""
    return list(_Body(root, "", reached, seen).sightings())


class _Body:
    def __init__(self, scope: ScopePlan, prefix: str, reached: Container[str], seen: Mapping[Spot, Seen]) -> None:
        self._scope = scope
        self._prefix = prefix
        self._reached = reached
        self._seen = seen

    def sightings(self) -> Iterator[Sighting]:
        for node in self._scope.nodes:
            place = self._prefix + node.id
            if place in self._reached:
                yield from self._ways(node, place)
                if node.body is not None:
                    yield from self._inside(node, place)
            elif (why := self._why(node)) is not None:
                yield Sighting("never_reached", place, why)

    def _is_reached(self, number: int) -> bool:
        return self._prefix + self._scope.nodes[number].id in self._reached

    def _inside(self, node: NodePlan, place: str) -> Iterator[Sighting]:
        assert node.body is not None
        if any(f"{place}/{each.id}" in self._reached for each in node.body.nodes):
            yield from _Body(node.body, f"{place}/", self._reached, self._seen).sightings()
        elif node.kind != "plan":
            yield Sighting("never_reached", f"{place}/{node.body.nodes[0].id}", self._why_empty(node, place))

    def _why_empty(self, node: NodePlan, place: str) -> str:
        match node.detail:
            case MapPlan(over=over):
                return f"`{over.expression.source}` never had an item"
            case LoopPlan(while_=while_) if while_ is not None:
                return self._of_condition(Spot(place, "while", while_.expression.source))
            case _:
                return "what is around it never came so far"

    def _why(self, node: NodePlan) -> str | None:
        """Why a node was never reached; None where it only follows from another that was not."""
        edges = [self._scope.edges[number] for number in node.decides]
        if edges and not any(self._is_reached(edge.source) for edge in edges):
            return None
        whys = [why for edge in edges if (why := self._why_not(edge)) is not None]
        if whys:
            return "; ".join(dict.fromkeys(whys))
        if node.join == "all":
            return "the edges into it were never all taken in one run"
        return "no run came so far"

    def _why_not(self, edge: EdgePlan) -> str | None:
        source = self._scope.nodes[edge.source]
        place = self._prefix + source.id
        if not self._is_reached(edge.source):
            return f"{place} was never reached"
        if edge.cases is not None:
            if isinstance(source.detail, HumanPlan):
                names = [source.detail.ask.choices[each].name for each in sorted(edge.cases)]
                return f"nobody chose {' or '.join(names)} at {place}"
            return self._why_no_case(source, place, sorted(edge.cases))
        if edge.when is not None:
            return self._of_condition(edge_spot(edge, self._scope, self._prefix))
        return None

    def _why_no_case(self, switch: NodePlan, place: str, cases: list[int]) -> str | None:
        detail = switch.detail
        assert isinstance(detail, SwitchPlan)
        whys = []
        for number in cases:
            spot = None if number < 0 else case_spot(place, number, detail.cases[number])
            if spot is None:
                whys.append(f"at {place} another case always came before the default")
            elif not self._has_held(spot):
                whys.append(self._of_condition(spot))
        return "; ".join(whys) or None

    def _has_held(self, spot: Spot) -> bool:
        return spot in self._seen and self._seen[spot].true > 0

    def _ways(self, node: NodePlan, place: str) -> Iterator[Sighting]:
        """The ways out of a node, and its conditions, that were never taken though where they lead to was reached."""
        if isinstance(node.detail, SwitchPlan):
            for number, case in enumerate(node.detail.cases):
                spot = case_spot(place, number, case)
                if not self._has_held(spot) and self._leads_on(node, number):
                    yield Sighting("never_taken", place, f"case {number + 1}: {self._of_condition(spot)}")
            last = case_spot(place, len(node.detail.cases) - 1, node.detail.cases[-1]) if node.detail.cases else None
            never_default = last is not None and (last not in self._seen or not self._seen[last].false)
            if node.detail.ways[-1] != b"null" and never_default and self._leads_on(node, -1):
                yield Sighting("never_taken", place, "default: another case always came before it")
        for number in node.incoming:
            edge = self._scope.edges[number]
            spot = edge_spot(edge, self._scope, self._prefix)
            if edge.when is not None and self._is_reached(edge.source) and not self._has_held(spot):
                source = self._scope.nodes[edge.source].id
                yield Sighting("never_taken", place, f"the edge from {source}: {self._of_condition(spot)}")

    def _leads_on(self, switch: NodePlan, case: int) -> bool:
        """Whether all that a case leads to was reached by another way, so that nobody has told of it yet."""
        edges = [self._scope.edges[number] for number in switch.outgoing]
        return all(self._is_reached(edge.target) for edge in edges if edge.cases is not None and case in edge.cases)

    def _of_condition(self, spot: Spot) -> str:
        seen = self._seen.get(spot)
        if seen is None or not seen.true + seen.false:
            return f"`{spot.text}` was never asked"
        read = ", ".join(f"{name} ({_told(values)})" for name, values in sorted(seen.values.items()) if values)
        return f"`{spot.text}` never held" + (f"; it read {read}" if read else "")


def _told(values: list[object]) -> str:
    numbers = sorted(each for each in values if isinstance(each, int | float) and not isinstance(each, bool))
    others = [msgspec.json.encode(each).decode() for each in values if each not in numbers or isinstance(each, bool)]
    span = [f"{numbers[0]:g} to {numbers[-1]:g}" if len(numbers) > 1 else f"{numbers[0]:g}"] if numbers else []
    return ", ".join([*span, *others])
