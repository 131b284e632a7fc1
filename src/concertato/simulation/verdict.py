"""What a simulated run has come to, and what in it its author would not want."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from concertato.run.call import UNDO
from concertato.run.events import AnyEvent, Decided, SignalReceived, TimerFired
from concertato.run.resumption import waits_for
from concertato.run.status import NodeStatus
from concertato.simulation.coming import Link
from concertato.simulation.ledger import Lost, Work
from concertato.simulation.making import START
from concertato.simulation.outcome import Outcome, Round, Sighting, Step
from concertato.simulation.places import place_of, role_place_of

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
        outcome.at, _ = _waited_for(case)
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


def _waited_for(case: "Case") -> tuple[str, str]:
    """What is waited for, in words, and the place of the node that waits."""
    run = case.run
    if run.tasks:
        task = next(iter(run.tasks))
        return f"a decision on task '{role_place_of(task)}'", place_of(task)
    for name, waiting in run.waits.items():
        scope, number = waiting[0]
        place = place_of(scope.path(scope.plan.nodes[number]))
        return f"signal '{name}' at {place}", place
    return next(iter(waits_for(run)), "nothing that can be named"), ""


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
    elif outcome.end == "waits" and not case.stuck:
        words, place = _waited_for(case)
        yield Sighting("waits_for_ever", place, words)
    elif outcome.end != "waits":
        yield from _of_work(case)
        if outcome.end == "rolled_back":
            yield from _without_compensation(case)


def _of_work(case: "Case") -> Iterator[Sighting]:
    """Work that stands and should not, of nodes that say how they are undone."""
    for path, works in case.ledger.standing().items():
        node = case.stage.nodes.get(place_of(path))
        if node is None or node.compensate is None or _somebody_was_asked(case, path):
            continue
        result = case.ledger.results.get(path)
        lost = [work for work in works if work is not result and not work.path.endswith(UNDO)]
        if result is not None and result.stands:
            yield from _of_result(case, path, result, lost)
        else:
            yield from (_left(case, path, work) for work in lost)


def _of_result(case: "Case", path: str, result: Work, lost: list[Work]) -> Iterator[Sighting]:
    """The run has the node's result, and it stands."""
    status = case.statuses.get(path)
    if status is NodeStatus.COMPENSATION_FAILED:
        yield Sighting("not_undone", place_of(path), f"{result.agent}: its compensation failed for good")
    elif case.run.status != "succeeded" and status is not NodeStatus.COMPENSATED:
        if not any(choice == "abort" for choice in case.asked.values()):
            why = f"{result.agent}: the run ended {case.run.status.value} and undid nothing"
            yield Sighting("not_undone", place_of(path), why)
    elif lost:
        both = " and ".join(sorted({work.agent for work in (result, *lost)}))
        why = _HOW_OF[lost[0].lost].format(lost[0].agent)
        yield Sighting("done_twice", place_of(path), f"both {both}: {why}")
        return
    yield from (_left(case, path, work) for work in lost)


def _left(case: "Case", path: str, work: Work) -> Sighting:
    return Sighting("not_undone", place_of(path), f"{work.agent}: {_HOW[work.lost]}")


def _somebody_was_asked(case: "Case", path: str) -> bool:
    """Whether a person has decided what is to become of the node, or of one around it: they have looked."""
    return any(path == asked or (path.startswith(asked) and path[len(asked)] in "/[~") for asked in case.asked)


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
