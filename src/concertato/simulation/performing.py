"""What a simulated run asks for, and what comes of it: one `do_<command>` for each command that leads to something."""

from typing import TYPE_CHECKING

from concertato.errors import FailureKind
from concertato.run.commands import CallAgent, CancelCall, Command, OpenTask, ReassignTask, StartTimer
from concertato.run.events import Failure
from concertato.simulation.coming import Answers, Decides, Rings, TakesEffect
from concertato.simulation.outcome import Round
from concertato.simulation.places import place_of, role_place_of

if TYPE_CHECKING:
    from concertato.simulation.case import Case

_STOPS_AT_ONCE = 0.7
_GIVEN_UP = 10.0
"""Seconds that an agent which was told to stop is waited for, as by the engine."""
_LATENESS = 0.02
"""Seconds that a timer may ring late."""
MOST_ASKED = 100
"""A run in which people were asked about one thing more often goes round in a circle."""


def perform(case: "Case", commands: list[Command]) -> None:
    case.world.perform(commands)
    for command in commands:
        match command:
            case CallAgent():
                do_call_agent(case, command)
            case CancelCall():
                do_cancel_call(case, command)
            case StartTimer():
                do_start_timer(case, command)
            case OpenTask():
                do_open_task(case, command)
            case ReassignTask(name):
                ask(case, case.world.tasks[name])
            case _:
                pass
    case.posting.expect(case.now, case.link)


def do_call_agent(case: "Case", call: CallAgent) -> None:
    case.calls += 1
    case.tries[call.path] = max(case.tries.get(call.path, 0), call.attempt)
    work = case.ledger.work(call)
    fate = case.acting.fate(call, work, case.now)
    if case.story is not None:
        case.story.asked(case.now, call)
    if fate.effect is not None:
        case.agenda.add(case.now + fate.effect, TakesEffect(call, work, case.crashes, fate.lost))
    if fate.answers is not None:
        answers = Answers(call, work, fate.failure, case.crashes, case.now, case.link)
        case.agenda.add(case.now + fate.answers, answers)


def do_cancel_call(case: "Case", cancel: CancelCall) -> None:
    if cancel.answered:
        return  # its time was over: what it does now is its own affair
    call = case.world.calls[cancel.path]
    work = case.ledger.works[call.task_id]
    if work.took is not None:
        work.lost = "stopped"
    if not case.dice.happens(_STOPS_AT_ONCE):
        answer_stopped(case, call, case.now + _GIVEN_UP)
        return
    if case.dice.happens(0.5):
        case.cut.add((call.path, call.attempt, case.crashes))
    answer_stopped(case, call, case.now + case.dice.between(0, 0.5))


def answer_stopped(case: "Case", call: CallAgent, at: float) -> None:
    """Have a call that was told to stop answered for, unless it answers by itself before."""
    failure = Failure(FailureKind.CANCELLED, "it was told to stop")
    work = case.ledger.work(call)
    case.agenda.add(at, Answers(call, work, failure, case.crashes, case.now, case.link, stopped=True))


def do_start_timer(case: "Case", timer: StartTimer) -> None:
    due = max(timer.at, case.now) + case.dice.between(0, _LATENESS)
    before = case.timers.get(timer.timer)
    if before is None or before.due != timer.at:  # otherwise a process that came back has set it anew: it runs on
        case.timers[timer.timer] = Rings(timer.timer, timer.at, case.now, case.link)
    case.agenda.add(due, case.timers[timer.timer])


def do_open_task(case: "Case", task: OpenTask) -> None:
    name = task.task.partition("#")[0]
    case.opened[name] = case.opened.get(name, 0) + 1
    if case.opened[name] > MOST_ASKED:
        case.round = Round(place_of(task.path), f"people were asked {MOST_ASKED} times about {role_place_of(name)}")
    ask(case, task)


def ask(case: "Case", task: OpenTask) -> None:
    """Somebody turns to the task after a while, or nobody does."""
    after = case.people.decides_after(task, case.now)
    if after is not None:
        case.agenda.add(case.now + after, Decides(task.task, case.now, case.link))
