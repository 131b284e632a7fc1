"""What a simulated run has come to, and what in it its author would not want."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

from concertato.run.call import UNDO
from concertato.run.events import AnyEvent, Decided, SignalReceived, TimerFired
from concertato.run.resumption import waits_for
from concertato.run.status import NodeStatus
from concertato.simulation.coming import Link
from concertato.simulation.ledger import Lost, Work
from concertato.simulation.outcome import Looked, Outcome, Round, Sighting, Step
from concertato.simulation.places import place_of, role_place_of
from concertato.simulation.times import START

if TYPE_CHECKING:
    from concertato.simulation.case import Case

_HOW: dict[Lost, str] = {
    "late": "its answer came after its time-out",
    "failed": "the attempt failed after the work was done",
    "hung": "it never answered",
    "stopped": "it was told to stop in the middle",
    "crash": "the process died before the answer was recorded",
}

_HOW_OF: dict[Lost, str] = {
    "late": "the answer of {} came after its time-out",
    "failed": "{} failed after it had done the work",
    "hung": "{} never answered",
    "stopped": "{} was told to stop in the middle",
    "crash": "the process died before the answer of {} was recorded",
}
"""The same, where two have done the work."""


def outcome_of(case: "Case") -> Outcome:
    """How a run came out that has ended, or in which nothing more happens."""
    run = case.run
    outcome = Outcome(
        seed=case.seed,
        end="waits",
        seconds=0.0 if case.link is None else round(case.link.ended - START, 3),
        events=len(case.events),
        calls=case.calls,
        crashes=case.crashes,
        reached=list(case.reached),
        succeeded=list(case.succeeded),
    )
    if case.tries:
        outcome.most_tried, outcome.attempts = max(case.tries.items(), key=lambda tried: tried[1])
        outcome.most_tried = role_place_of(outcome.most_tried)
    if run.finished is not None:
        outcome.end = run.finished.status
        if run.finished.failure is not None:
            outcome.at = place_of(run.finished.path or "")
            outcome.kind = run.finished.failure.kind.value
    elif case.round is not None:
        outcome.end = "endless"
        outcome.at = case.round.place
    else:
        outcome.at, _ = _waited_for(case)[0]
    outcome.path = _steps(case.link)
    outcome.sightings = list(dict.fromkeys(_sightings(case, outcome)))
    return outcome


def round_of(events: Sequence[AnyEvent]) -> Round:
    """That a run was stopped after so many events, and where most of them happened."""
    places = Counter(map(_place_of, events))
    busiest = max(places, key=lambda place: places[place])
    return Round(busiest, f"{len(events):,} events (most at {busiest})")


def _place_of(event: AnyEvent) -> str:
    match event:
        case SignalReceived(name=name):
            return f"signal '{name}'"
        case TimerFired(timer=timer):
            return place_of(timer.partition(":")[2].partition("#")[0]) or "the workflow's time"
        case Decided(task=task):
            return role_place_of(task)
        case _:
            return place_of(getattr(event, "path", None) or "") or "the start"


def _waited_for(case: "Case") -> list[tuple[str, str]]:
    """All that is waited for, in words, each with the place of the node that waits."""
    run = case.run
    found = [(f"a decision on task '{role_place_of(task)}'", place_of(task)) for task in run.tasks]
    for name, waiting in run.waits.items():
        places = [place_of(scope.path(scope.plan.nodes[number])) for scope, number in waiting]
        found += [(f"signal '{name}' at {place}", place) for place in dict.fromkeys(places)]
    return found or [(next(iter(waits_for(run)), "nothing that can be named"), "")]


def _steps(link: Link | None) -> list[Step]:
    """What took the time of a run, in order: each link began when the one before it ended."""
    steps: list[Step] = []
    while link is not None:
        steps.append(Step(link.path, link.spent_on, round(link.ended - link.began, 3)))
        link = link.before
    return steps[::-1]


def _sightings(case: "Case", outcome: Outcome) -> Iterator[Sighting]:
    for mishap in case.stage.watch.mishaps:
        spot = mishap.spot
        example = f"{mishap.why}" + (f" (it read {mishap.read})" if mishap.read else "")
        yield Sighting("expression_failed", spot.node, f"{spot.part}: {spot.text}", example)
    yield from (Sighting("cannot_be_decided", role_place_of(task), why) for task, why in case.stuck.items())
    if outcome.end == "endless":
        assert case.round is not None
        yield Sighting("endless", outcome.at, case.round.after)
        return
    if outcome.end == "waits":
        stuck = {place_of(task) for task in case.stuck if task in case.run.tasks}
        yield from (Sighting("waits_for_ever", at, words) for words, at in _waited_for(case) if at not in stuck)
    yield from _of_work(case)
    if outcome.end == "rolled_back":
        yield from _without_compensation(case)


def _of_work(case: "Case") -> Iterator[Sighting]:
    """Work that stands and should not, of nodes that say how they are undone."""
    for path, works in case.ledger.standing().items():
        node = case.stage.nodes.get(place_of(path))
        if node is None or node.compensate is None or (path, "undo") in case.looked:
            continue
        result = case.ledger.results.get(path)
        around, looked = _looked_around(case, path), case.looked.get((path, "failure"))
        known = [each.at for each in around]
        # Who has it tried again has settled nothing, unless that gave the result.
        if looked is not None and (looked.choice != "retry" or (result is not None and result.path == path)):
            known.append(looked.at)
        # What was done before somebody looked is known to them. UNDO is what undoes, and nothing to be undone.
        later = [each for each in works if each.took is not None and each.took > max(known, default=-inf)]
        lost = [each for each in later if each is not result and not each.path.endswith(UNDO)]
        if result is not None and result.stands:
            yield from _of_result(case, path, result, lost, known=bool(around))
        elif looked is not None and looked.choice == "use_output" and _came_to_nothing(case) and not _aborted(case):
            yield from (_given(case, path, work) for work in works)
        elif case.run.finished is not None or case.statuses.get(path) is NodeStatus.FAILED:
            yield from (_left(case, path, work) for work in lost)


def _of_result(case: "Case", path: str, result: Work, lost: list[Work], *, known: bool) -> Iterator[Sighting]:
    """The run has the node's result, and it stands; `known`: somebody has looked at what is around the node."""
    status = case.statuses.get(path)
    if status is NodeStatus.COMPENSATION_FAILED:
        yield Sighting("not_undone", place_of(path), f"{result.agent}: its compensation failed for good")
    elif _came_to_nothing(case) and status is not NodeStatus.COMPENSATED:
        if not known and not _aborted(case):
            why = f"{result.agent}: the run ended {case.run.status.value} and undid nothing"
            yield Sighting("not_undone", place_of(path), why)
    elif lost:
        both = " and ".join(sorted({work.agent for work in (result, *lost)}))
        why = _HOW_OF[lost[0].lost].format(lost[0].agent)
        yield Sighting("done_twice", place_of(path), f"both {both}: {why}")
        return
    if case.run.finished is not None:
        yield from (_left(case, path, work) for work in lost)


def _came_to_nothing(case: "Case") -> bool:
    """Whether the run has ended, and did not succeed."""
    return case.run.finished is not None and case.run.status != "succeeded"


def _aborted(case: "Case") -> bool:
    """Whether somebody wanted that nothing be undone."""
    return any(each.choice == "abort" for each in case.looked.values())


def _left(case: "Case", path: str, work: Work) -> Sighting:
    return Sighting("not_undone", place_of(path), f"{work.agent}: {_HOW[work.lost]}")


def _given(case: "Case", path: str, work: Work) -> Sighting:
    why = f"somebody gave its output, and what is given is not undone; the run ended {case.run.status.value}"
    return Sighting("not_undone", place_of(path), f"{work.agent}: {why}")


def _looked_around(case: "Case", path: str) -> list[Looked]:
    """What people have decided about nodes that are around this one."""
    about = case.looked.items()
    return [each for (at, _), each in about if len(at) < len(path) and path.startswith(at) and path[len(at)] in "/[~"]


def _without_compensation(case: "Case") -> Iterator[Sighting]:
    """Where others were undone, work that nothing says how to undo; the one without a place stands for the run."""
    found = False
    for path, result in case.ledger.results.items():
        node: Any = case.stage.nodes.get(place_of(path))
        if result.stands and node is not None and node.kind == "task" and node.compensate is None:
            found = True
            yield Sighting("no_compensation", place_of(path), "")
    if found:
        yield Sighting("no_compensation", "", "")
