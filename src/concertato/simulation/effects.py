"""Agents' work takes effect in the simulated world, whether the run hears of it or not."""

from typing import TYPE_CHECKING

from concertato.agents.contract import Failed, Succeeded
from concertato.run.commands import CallAgent
from concertato.simulation.coming import TakesEffect
from concertato.simulation.ledger import Work

if TYPE_CHECKING:
    from concertato.simulation.case import Case


def take_effect(case: "Case", thing: TakesEffect, at: float) -> None:
    call, work = thing.call, thing.work
    if (call.path, call.attempt, thing.life) in case.cut:
        return
    if thing.life != case.crashes and not case.dice.happens(0.5):
        return  # it died with the process that it was in
    if not _really_does(case, call, work) or call.purpose == "recovery":
        return  # who only says what is to become of a failure has done nothing that could be undone
    if not case.ledger.take_effect(work, at, case.acting.script(call.agent).settles):
        return
    work.lost = thing.lost
    if thing.life != case.crashes:
        work.lost = "crash"
    elif call.path in case.world.told:
        work.lost = "stopped"
    if call.purpose == "compensation":
        case.ledger.undo(work.node, at)
    if case.story is not None:
        case.story.took_effect(at, call)


def _really_does(case: "Case", call: CallAgent, work: Work) -> bool:
    """Have a real agent do its work; whether it was done. That of a scripted one always is."""
    real = case.stage.real
    if real is None or not real.are_asked(call.agent):
        return True
    answer = real.ask(call, case.run.started.run_id, case.run.started.workflow)
    work.failure = answer.failure if isinstance(answer, Failed) else None
    if isinstance(answer, Succeeded):
        work.output = answer.output
    return work.failure is None
