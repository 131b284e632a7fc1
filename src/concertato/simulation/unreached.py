"""What no run came to: nodes, conditions that never held, cases that were never chosen; and why, where that shows."""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

from concertato.plan.model import EdgePlan, HumanPlan, LoopPlan, MapPlan, NodePlan, ScopePlan, SwitchPlan
from concertato.simulation.fixed import Fixed
from concertato.simulation.tally import Tally
from concertato.simulation.watching import Seen, Spot, case_spot, choice_spot, edge_spot


class Why(NamedTuple):
    """Why no run came to something. `near` is how often a run came so near that it might have: few times are chance.

    `given` are inputs on which alone it depends, and which somebody gave to every run; `behind` is the place of a node
    that came before it and never succeeded.
    """

    text: str
    near: int
    given: frozenset[str] = frozenset()
    behind: str = ""


class Missed(NamedTuple):
    """What no run came to, told in `text`; the rest of `why` is for whoever says what that is worth."""

    kind: Literal["never_reached", "never_taken"]
    place: str
    text: str
    why: Why


_TOO_FAR = Why("no run came so far", 0)


def unreached(root: ScopePlan, tally: Tally, given: Collection[str] = ()) -> list[Missed]:
    """Nodes and ways that were never taken. What only follows from another one of them is left out.

    `given` are the inputs that every run was started with.
    """
    return list(_Body(root, "", tally, Fixed(root, frozenset(given))).sightings())


class _Body:
    def __init__(self, scope: ScopePlan, prefix: str, tally: Tally, fixed: Fixed) -> None:
        self._scope = scope
        self._prefix = prefix
        self._tally = tally
        self._reached: Mapping[str, int] = tally.reached
        self._seen: Mapping[Spot, Seen] = tally.seen
        self._fixed = fixed

    def sightings(self) -> Iterator[Missed]:
        for node in self._scope.nodes:
            place = self._prefix + node.id
            if place in self._reached:
                yield from self._ways(node, place)
                if node.body is not None:
                    yield from self._inside(node, place)
            elif (why := self._why(node)) is not None:
                yield _never_reached(place, why)

    def _times(self, number: int) -> int:
        """How many runs came to a node."""
        return self._reached.get(self._prefix + self._scope.nodes[number].id, 0)

    def _is_reached(self, number: int) -> bool:
        return self._times(number) > 0

    def _inside(self, node: NodePlan, place: str) -> Iterator[Missed]:
        assert node.body is not None
        if any(f"{place}/{each.id}" in self._reached for each in node.body.nodes):
            yield from _Body(node.body, f"{place}/", self._tally, self._fixed.inside(node)).sightings()
        elif node.kind != "plan":
            yield _never_reached(f"{place}/{node.body.nodes[0].id}", self._why_empty(node, place))

    def _why_empty(self, node: NodePlan, place: str) -> Why:
        match node.detail:
            case MapPlan(over=over):
                spot = Spot(place, "over", over.expression.source)
                if self._has_held(spot):
                    return _TOO_FAR
                asked = self._asked(spot)
                given = self._fixed.inputs_of(over)
                near = min(asked, self._reached[place])
                return Why(f"`{spot.text}` never had an item", near, given) if asked else _TOO_FAR
            case LoopPlan(while_=while_) if while_ is not None:
                given = self._fixed.inside(node).inputs_of(while_)
                return self._of_condition(Spot(place, "while", while_.expression.source), given, self._reached[place])
            case _:
                return Why("what is around it never came so far", 0)

    def _why(self, node: NodePlan) -> Why | None:
        """Why a node was never reached; None where it only follows from another that was not."""
        edges = [self._scope.edges[number] for number in node.decides]
        known = [edge for edge in edges if self._is_reached(edge.source)]
        if edges and (not known or (node.join == "all" and len(known) < len(edges))):
            return None
        whys = [self._why_not(edge) for edge in known]
        told = [why for why in whys if why is not None]
        if told and (node.join == "all" or len(told) == len(whys)):
            return _all_of(told)
        if node.join == "all" and edges and not told:
            times = min(self._times(edge.source) for edge in edges)
            return Why("the edges into it were never all taken in one run", times)
        return _TOO_FAR

    def _why_not(self, edge: EdgePlan) -> Why | None:
        """Why an edge was never taken whose source was reached; None where nothing in its way shows."""
        source = self._scope.nodes[edge.source]
        place = self._prefix + source.id
        if place not in self._tally.succeeded:
            return Why(f"{place} never succeeded", self._reached[place], behind=place)
        if edge.cases is not None:
            if isinstance(source.detail, HumanPlan):
                return self._why_not_chosen(source.detail, place, sorted(edge.cases))
            return self._why_no_case(source, place, sorted(edge.cases))
        if edge.when is not None:
            spot = edge_spot(edge, self._scope, self._prefix)
            if self._has_held(spot):
                return None
            return self._of_condition(spot, self._fixed.inputs_of(edge.when), self._reached[place])
        return None

    def _why_not_chosen(self, human: HumanPlan, place: str, cases: list[int]) -> Why | None:
        names = [human.ask.choices[each].name for each in cases]
        if human.ask.default in names or any(self._has_held(choice_spot(place, name)) for name in names):
            return None
        times = sum(self._asked(choice_spot(place, choice.name)) for choice in human.ask.choices)
        return Why(f"nobody chose {' or '.join(names)} at {place}", min(times, self._reached[place]))

    def _why_no_case(self, switch: NodePlan, place: str, cases: list[int]) -> Why | None:
        detail = switch.detail
        assert isinstance(detail, SwitchPlan)
        whys = []
        for number in cases:
            if number < 0:
                if self._has_defaulted(detail, place):
                    return None
                text = f"at {place} another case always came before the default"
                whys.append(Why(text, self._reached[place], self._fixed.inputs_of(*detail.cases)))
                continue
            spot = case_spot(place, number, detail.cases[number])
            if self._has_held(spot):
                return None
            whys.append(self._of_case(switch, place, number))
        return _all_of(whys)

    def _has_defaulted(self, switch: SwitchPlan, place: str) -> bool:
        """Whether no case held once: then the last of them was asked, and did not hold."""
        if not switch.cases:
            return True
        last = case_spot(place, len(switch.cases) - 1, switch.cases[-1])
        return last in self._seen and self._seen[last].false > 0

    def _asked(self, spot: Spot) -> int:
        return self._seen[spot].true + self._seen[spot].false if spot in self._seen else 0

    def _has_held(self, spot: Spot) -> bool:
        return spot in self._seen and self._seen[spot].true > 0

    def _failed(self, spot: Spot) -> bool:
        """Whether it could not be evaluated: that is told, and says why it never held."""
        return ("expression_failed", spot.node, f"{spot.part}: {spot.text}") in self._tally.sightings

    def _ways(self, node: NodePlan, place: str) -> Iterator[Missed]:
        """The ways out of a node, and its conditions, that were never taken though where they lead to was reached."""
        if isinstance(node.detail, SwitchPlan):
            for number, case in enumerate(node.detail.cases):
                spot = case_spot(place, number, case)
                if not self._has_held(spot) and not self._failed(spot) and self._leads_on(node, number):
                    yield _never_taken(place, f"case {number + 1} of {place}", self._of_case(node, place, number))
            unused = node.detail.ways[-1] != b"null" and not self._has_defaulted(node.detail, place)
            if unused and self._leads_on(node, -1):
                given = self._fixed.inputs_of(*node.detail.cases)
                why = Why("another case always came before it", self._reached[place], given)
                yield _never_taken(place, f"the default of {place}", why)
        for number in node.incoming:
            edge = self._scope.edges[number]
            spot = edge_spot(edge, self._scope, self._prefix)
            if edge.when is None or self._has_held(spot) or self._failed(spot):
                continue
            if times := self._times(edge.source):
                source = self._prefix + self._scope.nodes[edge.source].id
                why = self._of_condition(spot, self._fixed.inputs_of(edge.when), times)
                yield _never_taken(place, f"the edge from {source} to {place}", why)

    def _leads_on(self, switch: NodePlan, case: int) -> bool:
        """Whether all that a case leads to was reached by another way, so that nobody has told of it yet."""
        edges = [self._scope.edges[number] for number in switch.outgoing]
        return all(self._is_reached(edge.target) for edge in edges if edge.cases is not None and case in edge.cases)

    def _of_case(self, switch: NodePlan, place: str, number: int) -> Why:
        """A case is asked only where none before it holds, so that it has its chance as often as the first one."""
        assert isinstance(switch.detail, SwitchPlan)
        cases = switch.detail.cases
        given, times = self._fixed.inputs_of(*cases[: number + 1]), self._reached[place]
        why = self._of_condition(case_spot(place, number, cases[number]), given, times)
        return why._replace(near=min(self._asked(case_spot(place, 0, cases[0])), times))

    def _of_condition(self, spot: Spot, given: frozenset[str], runs: int) -> Why:
        """Why a condition never held. It may be asked many times in each of the `runs` that came to it."""
        asked = self._asked(spot)
        if not asked:
            return Why(f"`{spot.text}` was never asked", 0, given)
        values = self._seen[spot].values
        read = ", ".join(f"{name} ({_told(each)})" for name, each in sorted(values.items()) if each)
        text = f"`{spot.text}` never held" + (f"; it read {read}" if read else "")
        return Why(text, min(asked, runs), given)


def _all_of(whys: list[Why]) -> Why:
    text = "; ".join(dict.fromkeys(why.text for why in whys))
    # Where any of them depends on something else, no input is to blame.
    given = frozenset(name for why in whys for name in why.given) if all(why.given for why in whys) else frozenset()
    return Why(text, min(why.near for why in whys), given, next((why.behind for why in whys if why.behind), ""))


def _never_reached(place: str, why: Why) -> Missed:
    return Missed("never_reached", place, f"{place} was never reached: {why.text}", why)


def _never_taken(place: str, way: str, why: Why) -> Missed:
    return Missed("never_taken", place, f"{way} was never taken: {why.text}", why)


def _told(values: list[object]) -> str:
    numbers = sorted(each for each in values if isinstance(each, int | float) and not isinstance(each, bool))
    others = [msgspec.json.encode(each).decode() for each in values if each not in numbers or isinstance(each, bool)]
    span = [f"{numbers[0]:g} to {numbers[-1]:g}" if len(numbers) > 1 else f"{numbers[0]:g}"] if numbers else []
    return ", ".join([*span, *others])
