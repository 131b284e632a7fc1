"""From what was counted to what is reported: findings in plain words, the most frequent ones first."""

from collections.abc import Iterator, Sequence
from typing import get_args

import msgspec

from concertato.definition.load import Document
from concertato.simulation.locating import Locator
from concertato.simulation.outcome import NoticeKind, SurpriseKind
from concertato.simulation.report import EndReached, Length, Most, Notice, SimulationReport, Surprise
from concertato.simulation.stage import Stage
from concertato.simulation.story import Moment
from concertato.simulation.tally import Count, Tally
from concertato.simulation.unreached import Missed, unreached

ENOUGH = 100
"""Where fewer runs came near a node, that none came to it may be chance: that is a notice then."""

_EFFECTS = {"not_undone": "was done and is not undone", "done_twice": "was done twice"}

_SURPRISES = get_args(SurpriseKind)
_NOTICES = get_args(NoticeKind)


def report_of(
    stage: Stage,
    tally: Tally,
    document: Document | None,
    *,
    seed: int,
    wanted: int,
    real: Sequence[str] = (),
    story: Sequence[Moment] = (),
) -> SimulationReport:
    found = list(_Findings(stage, tally, document).all())
    found.sort(key=lambda each: (_rank(each), -each.runs))
    return SimulationReport(
        workflow=stage.plan.name,
        seed=seed,
        runs=tally.runs,
        wanted=wanted,
        events=tally.events,
        crashes=tally.crashes,
        faults=stage.setting.faults,
        real=list(real),
        ends=_ends(tally),
        surprises=[each for each in found if isinstance(each, Surprise)],
        notices=[each for each in found if isinstance(each, Notice)],
        length=_length(tally),
        calls=Most(count=int(tally.calls.amount), seed=tally.calls.seed),
        attempts=Most(count=int(tally.attempts.amount), seed=tally.attempts.seed, place=tally.attempts.what),
        story=list(story),
    )


def _rank(finding: Surprise | Notice) -> int:
    kinds = _SURPRISES if isinstance(finding, Surprise) else _NOTICES
    return kinds.index(finding.kind)


def _share(runs: int, of: int) -> float:
    return round(runs / of, 6) if of else 0.0


def _ends(tally: Tally) -> list[EndReached]:
    found = []
    for (end, at), count in sorted(tally.ends.items(), key=lambda each: (-each[1].runs, each[0])):
        kinds = {kind: runs for (e, a, kind), runs in sorted(tally.kinds.items()) if (e, a) == (end, at)}
        share = _share(count.runs, tally.runs)
        found.append(EndReached(end=end, at=at, kinds=kinds, runs=count.runs, share=share, seed=count.seed))  # type: ignore[arg-type]  # a tally's key is text
    return found


def _length(tally: Tally) -> Length:
    ordered = sorted(tally.seconds)

    def at(share: float) -> float:
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0

    return Length(
        p50=at(0.5),
        p90=at(0.9),
        p99=at(0.99),
        longest=tally.longest.amount,
        longest_seed=tally.longest.seed,
        longest_path=tally.longest_path,
    )


class _Findings:
    def __init__(self, stage: Stage, tally: Tally, document: Document | None) -> None:
        self._stage = stage
        self._tally = tally
        self._document = document
        self._locator: Locator | None = None

    def all(self) -> Iterator[Surprise | Notice]:
        bare: dict[str, Count] = {}
        effects: dict[tuple[str, str], list[tuple[str, Count]]] = {}
        for (kind, place, why), count in self._tally.sightings.items():
            if kind == "no_compensation":
                bare[place] = count
            elif kind == "waits_for_ever":
                text = f"it waits for ever for {why}: nothing bounds the wait"
                yield self._notice("waits_for_ever", place, text, count)
            elif kind in _EFFECTS:
                effects.setdefault((kind, place), []).append((why, count))
            else:
                yield self._surprise(kind, place, why, count)
        for (kind, place), causes in effects.items():
            yield self._effect(kind, place, causes)
        if bare:
            yield self._bare(bare)
        if self._tally.runs > 1:
            yield from map(self._unreached, unreached(self._stage.plan.root, self._tally.reached, self._tally.seen))

    def _surprise(self, kind: str, place: str, why: str, count: Count) -> Surprise:
        where = self._where(place)
        match kind:
            case "not_undone" | "done_twice":
                text = f"{place} {_EFFECTS[kind]}: {why}"
            case "expression_failed":
                part, _, expression = why.partition(": ")
                text = f"{place or 'the workflow'}, {part}: `{expression}` could not be evaluated"
                where = self._locate().of_expression(place, expression)
            case "cannot_be_decided":
                text = f"no decision could be made up that {place} takes: {why}; a script can say what people decide"
                if place in self._stage.setting.script.people:
                    text = f"what the script decides at {place} is refused: {why}"
            case "endless":
                text = f"a run was stopped that may have no end: after {why}"
            case _:
                text = f"this is a fault of Concertato itself, please report it with the definition: {why}"
        return Surprise(
            kind=kind,  # type: ignore[arg-type]  # a tally's key is text
            place=place,
            text=text,
            runs=count.runs,
            share=_share(count.runs, self._tally.runs),
            seed=count.seed,
            where=where,
            example=count.example,
        )

    def _effect(self, kind: str, place: str, causes: list[tuple[str, Count]]) -> Surprise:
        """Work that was done and should not stand: one surprise, whatever has led to it."""
        causes.sort(key=lambda cause: -cause[1].runs)
        most = causes[0][1]
        hows: dict[str, list[str]] = {}
        for why, count in causes:
            who, _, how = why.partition(": ")
            hows.setdefault(who, []).append(f"{how} ({count.runs})" if len(causes) > 1 else how)
        told = "; ".join(f"{who} took effect, but {', '.join(each)}" for who, each in hows.items())
        whole = Count(most.seed, runs=sum(count.runs for _, count in causes))
        return self._surprise(kind, place, told, whole)

    def _notice(self, kind: NoticeKind, place: str, text: str, count: Count) -> Notice:
        share, where = _share(count.runs, self._tally.runs), self._where(place)
        return Notice(kind=kind, place=place, text=text, runs=count.runs, share=share, seed=count.seed, where=where)

    def _bare(self, found: dict[str, Count]) -> Notice:
        """What has no compensation is told once for all nodes, at the one that comes first in the definition."""
        whole = found.pop("")
        first = next(place for place in self._stage.nodes if place in found)
        text = "when a run is rolled back, what these did stands, since they have no compensate: "
        return self._notice("no_compensation", first, text + ", ".join(sorted(found)), whole)

    def _unreached(self, missed: Missed) -> Surprise | Notice:
        (kind, place, why, _), runs = msgspec.structs.astuple(missed.sighting), self._tally.runs
        text = f"{place} was never {'reached' if kind == 'never_reached' else 'taken everywhere'}: {why}"
        near = min(missed.near, runs)
        if 0 < near < ENOUGH:
            text += f" (in {near:,} {'run' if near == 1 else 'runs'} that may be chance)"
        told = Surprise if near >= ENOUGH else Notice
        return told(kind=kind, place=place, text=text, runs=runs, share=1.0, seed=None, where=self._where(place))

    def _where(self, place: str) -> str | None:
        return self._locate().of_node(place.partition("~")[0])

    def _locate(self) -> Locator:
        if self._locator is None:
            self._locator = Locator(self._document)
        return self._locator
