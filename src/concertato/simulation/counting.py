"""One chunk of a simulation's runs, counted."""

from collections.abc import Callable

from concertato.simulation.case import Case, never
from concertato.simulation.dice import seed_of
from concertato.simulation.stage import Stage
from concertato.simulation.tally import Tally

Progress = Callable[[int], None]
"""Told how many runs are done."""


def count(
    stage: Stage, seed: int, chunk: range, stop: Callable[[], bool] = never, progress: Progress | None = None
) -> Tally:
    """What the runs with these numbers come to, until `stop` says so, or the first ones of all have no end."""
    stage.watch.seen = {}
    tally = Tally(seen=stage.watch.seen)
    for number in chunk:
        if stop() or (chunk.start == 0 and tally.hopeless):
            break
        outcome = Case(stage, seed_of(seed, number), stop=stop).play()
        if outcome is not None:
            tally.add(outcome)
        if progress is not None:
            progress(tally.runs)
    return tally
