"""Many simulated runs: each has a seed of its own, which follows from the survey's and its number.

They are counted in chunks of a fixed size, so that the report is the same however many processes share the work.
"""

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from concertato.definition.load import Document
from concertato.plan.model import Plan
from concertato.simulation.case import Case, never
from concertato.simulation.counting import count
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

Progress = Callable[[Tally], None]


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
    """Simulate `runs` runs and report on them; where `stop` says so, on those that were done.

    A single run has the survey's seed itself, and its story is told.
    """
    stage = Stage(plan.document, setting, real)
    asked = () if real is None else tuple(sorted(real.names))
    if runs == 1:
        story, tally = Story(), Tally()
        outcome = Case(stage, seed, story, stop=stop).play()
        if outcome is not None:
            tally.add(outcome)
        return report_of(stage, tally, document, seed=seed, wanted=1, real=asked, story=story.moments)
    tally = _gathered(_counted(stage, plan, setting, seed, runs, workers, stop), progress)
    return report_of(stage, tally, document, seed=seed, wanted=runs, real=asked)


def _counted(
    stage: Stage, plan: Plan, setting: Setting, seed: int, runs: int, workers: int, stop: Callable[[], bool]
) -> Iterator[Tally]:
    chunks = [range(first, min(first + CHUNK, runs)) for first in range(0, runs, CHUNK)]
    workers = 1 if stage.real is not None else min(workers, math.ceil(runs / WORTH_A_PROCESS))
    if workers > 1:
        from concertato.simulation.pool import in_processes  # late: one process needs no other's machinery

        return in_processes(plan.document, setting, seed, chunks, workers, stop)
    return (count(stage, seed, chunk, stop) for chunk in chunks if not stop())


def _gathered(counted: Iterator[Tally], progress: Progress | None) -> Tally:
    whole = Tally()
    for tally in counted:
        whole.merge(tally)
        if progress is not None:
            progress(whole)
    return whole
