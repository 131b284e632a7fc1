"""From what was counted to what is reported."""

from collections.abc import Sequence
from typing import get_args

from concertato.definition.load import Document
from concertato.simulation.findings import Findings
from concertato.simulation.outcome import NoticeKind, SurpriseKind
from concertato.simulation.report import EndReached, Length, Most, Notice, SimulationReport, Surprise, share_of
from concertato.simulation.stage import Stage
from concertato.simulation.story import Moment
from concertato.simulation.tally import Tally

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
    found = list(Findings(stage, tally, document).all())
    found.sort(key=lambda each: (_rank(each), -each.runs))
    surprises: list[Surprise] = []
    accepted: list[Surprise] = []
    for each in found:
        if isinstance(each, Surprise):
            known = stage.setting.script.accepts(each.kind, each.place, stage.nodes)
            (accepted if known else surprises).append(each)
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
        surprises=surprises,
        accepted=accepted,
        notices=[each for each in found if isinstance(each, Notice)],
        unreached=[place for place in stage.nodes if place not in tally.reached] if tally.runs > 1 else [],
        length=_length(tally),
        calls=Most(count=int(tally.calls.amount), seed=tally.calls.seed),
        attempts=Most(count=int(tally.attempts.amount), seed=tally.attempts.seed, place=tally.attempts.what),
        story=list(story),
    )


def _rank(finding: Surprise | Notice) -> int:
    kinds = _SURPRISES if isinstance(finding, Surprise) else _NOTICES
    return kinds.index(finding.kind)


def _ends(tally: Tally) -> list[EndReached]:
    found = []
    for (end, at), count in sorted(tally.ends.items(), key=lambda each: (-each[1].runs, each[0])):
        kinds = {kind: runs for (e, a, kind), runs in sorted(tally.kinds.items()) if (e, a) == (end, at)}
        share = share_of(count.runs, tally.runs)
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
