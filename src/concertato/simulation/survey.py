"""Many simulated runs: each has a seed of its own, which follows from the survey's and its number.

They are counted in chunks of a fixed size, so that the report is the same however many processes share the work.
"""

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from concertato.definition.load import Document
from concertato.plan.model import Plan
from concertato.simulation.case import Case, never
from concertato.simulation.counting import Progress, count
from concertato.simulation.report import SimulationReport
from concertato.simulation.reporting import report_of
from concertato.simulation.stage import Setting, Stage
from concertato.simulation.story import Story
from concertato.simulation.tally import Tally

if TYPE_CHECKING:
    from concertato.simulation.real import RealAgents

CHUNK = 50
"""Runs that are counted together."""
WORTH_A_PROCESS = 1000
"""A process takes about as long to start as so many runs of a small workflow take."""


def survey(
    plan: Plan,
    setting: Setting,
    *,
    runs: int,
    seed: int,
    document: Document | None = None,
    workers: int = 1,
    real: "RealAgents | None" = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] = never,
) -> SimulationReport:
    """Simulate `runs` runs and report on them; on those that were done where `stop` says so, or the first have no end.

    A single run has the survey's seed itself, and its story is told.
    """
    stage = Stage(plan.document, setting, real)
    asked = () if real is None else tuple(sorted(real.names))
    if runs == 1:
        story, tally = Story(), Tally()
        outcome = Case(stage, seed, story, stop=stop).play()
        if outcome is not None:
            tally.add(outcome)
        return report_of(
            stage,
            tally,
            document,
            seed=seed,
            wanted=1,
            real=asked,
            story=sorted(story.moments, key=lambda moment: moment.at),
        )
    counted = _counted(stage, plan, setting, seed, runs, workers, stop, progress)
    return report_of(stage, _gathered(counted, progress), document, seed=seed, wanted=runs, real=asked)


def _counted(
    stage: Stage,
    plan: Plan,
    setting: Setting,
    seed: int,
    runs: int,
    workers: int,
    stop: Callable[[], bool],
    progress: Progress | None,
) -> Generator[Tally, None, None]:
    chunks: Iterator[range] = (range(first, min(first + CHUNK, runs)) for first in range(0, runs, CHUNK))
    workers = 1 if stage.real is not None else min(workers, math.ceil(runs / WORTH_A_PROCESS))
    if workers > 1:
        from concertato.simulation.pool import in_processes  # late: one process needs no other's machinery

        left = in_processes(plan.document, setting, seed, chunks, workers, stop)
        chunks = yield from left  # none, but where a process of the pool was killed
    while not stop() and (chunk := next(chunks, None)) is not None:
        yield count(stage, seed, chunk, stop, None if progress is None else _from(chunk.start, progress))


def _from(before: int, progress: Progress) -> Progress:
    return lambda runs: progress(before + runs)


def _gathered(counted: Generator[Tally, None, None], progress: Progress | None) -> Tally:
    whole = Tally()
    with closing(counted):
        for tally in counted:
            whole.merge(tally)
            if progress is not None:
                progress(whole.runs)
            if whole.hopeless:
                break
    return whole
