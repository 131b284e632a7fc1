"""One chunk of a simulation's runs, counted."""

from collections.abc import Callable

from concertato.simulation.case import Case, never
from concertato.simulation.dice import seed_of
from concertato.simulation.stage import Stage
from concertato.simulation.tally import Tally


def count(stage: Stage, seed: int, chunk: range, stop: Callable[[], bool] = never) -> Tally:
    """What the runs with these numbers come to, until `stop` says so."""
    stage.watch.seen = {}
    tally = Tally(seen=stage.watch.seen)
    for number in chunk:
        if stop():
            break
        outcome = Case(stage, seed_of(seed, number), stop=stop).play()
        if outcome is not None:
            tally.add(outcome)
    return tally
