"""The process of a simulated run dies before it has recorded what is just happening, and comes back from what it has.

Whoever was at work is asked again, under the same task ids; what they did before stands.
"""

from typing import TYPE_CHECKING

from concertato.run.codec import encode_state
from concertato.run.commands import CancelCall
from concertato.run.events import RunStarted
from concertato.run.machine import begin, step
from concertato.run.refusal import Refusal
from concertato.run.resumption import take_up
from concertato.run.state import Run
from concertato.simulation.coming import Link
from concertato.simulation.performing import answer_stopped, perform
from concertato.simulation.times import START
from concertato.simulation.world import MachineFault

if TYPE_CHECKING:
    from concertato.simulation.case import Case

_RESTART = 5.0
"""Seconds that a process usually takes to come back."""


def crash(case: "Case") -> None:
    if case.story is not None:
        case.story.crashed(case.now)
    case.now += case.dice.around(_RESTART)
    case.crashes += 1
    since = START if case.link is None else case.link.ended
    case.link = Link("", "crash", since, case.now, case.link)
    case.run = _replayed(case)
    world = case.world
    for call in world.calls.values():
        work = case.ledger.works.get(call.task_id)
        if work is not None and work.took is not None:
            work.lost = "crash"
    before, world.calls = world.calls, {}
    world.told.clear()
    world.timers.clear()
    commands = take_up(case.run, case.now)
    for command in commands:
        if isinstance(command, CancelCall):  # nobody works on it any more, and it is to be answered for
            world.calls[command.path] = before[command.path]
            world.told.add(command.path)
            answer_stopped(case, before[command.path], case.now)
    perform(case, [command for command in commands if not isinstance(command, CancelCall)])


def _replayed(case: "Case") -> Run:
    """The run as what was recorded leaves it."""
    # Later the times of attempts that were taken up before are others than a replay knows.
    before = encode_state(case.run) if case.crashes == 1 else b""
    first, *rest = case.events
    assert isinstance(first, RunStarted)
    run, _ = begin(case.stage.plan, first)
    for event in rest:
        outcome = step(run, event)
        if isinstance(outcome, Refusal):
            raise MachineFault(f"an event is refused when it is replayed: {outcome.reason}")
    if before and encode_state(run) != before:
        raise MachineFault("the events, replayed, lead to another state")
    run.observer, run.teller = case.run.observer, case.run.teller
    return run
