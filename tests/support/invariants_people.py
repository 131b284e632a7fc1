"""What holds of people in every history: what they are asked, who decides it, and that it is decided once."""

from collections.abc import Callable

from concertato.plan.model import AskPlan, EscalatePlan, HumanPlan
from concertato.run.commands import CloseTask, OpenTask, ReassignTask
from concertato.run.events import Decided, Identity, TaskDelegated, TimerFired
from concertato.run.question import decode as read_question
from concertato.simulation.world import World
from support.histories import History, Turn, place, worlds


def every_task_is_closed_once(history: History) -> None:
    """Or is open while the run lives: none is open after the end. (That it is closed twice the world refuses.)"""
    opened = {each.task for turn in history.turns for each in turn.commands if isinstance(each, OpenTask)}
    assert not history.world.tasks
    assert set(history.world.closed) == opened


def who_decided_might(history: History) -> None:
    """One of those it is for, not barred, and not for a second time; and it was theirs to choose."""
    voted: dict[tuple[str, str], str] = {}
    barred: dict[str, set[str]] = {}
    before = World()
    for turn, world in worlds(history):
        event = turn.event
        if isinstance(event, Decided):
            task = before.tasks[event.task]
            may = _may(task, barred[event.task], event.by)
            assert may, f"{event.by} decided {task.task}, which is for {task.to} and not for {barred[event.task]}"
            assert event.choice in {choice.name for choice in read_question(task.question).choices}, event
            chosen = voted.get((event.task, event.by.user))
            assert chosen != event.choice, f"{event.by.user} decided {event.task} twice"
            voted[event.task, event.by.user] = event.choice
        elif isinstance(event, TaskDelegated):
            assert _may(before.tasks[event.task], barred[event.task], event.by), event
        # As it stood when the task was asked for: an edit that has replaced the node since asks for nothing anew.
        barred |= {each.task: _barred(history, turn, each) for each in turn.commands if isinstance(each, OpenTask)}
        before = World(tasks=dict(world.tasks))


def _may(task: OpenTask, barred: set[str], by: Identity) -> bool:
    who = {f"user:{by.user}", *(f"role:{role}" for role in by.roles)}
    return bool(who.intersection(task.to)) and not who.intersection(barred)


def _barred(history: History, turn: Turn, task: OpenTask) -> set[str]:
    barred = {name for ask in _asked(turn, task) for name in ask.barred}
    started = history.started.by
    if "initiator" in barred and started is not None:
        barred.add(f"user:{started.user}")
    return barred


def _asked(turn: Turn, task: OpenTask) -> list[AskPlan]:
    """How the task was asked for, where the plan says it at the node; the ladder of a whole definition is not there."""
    node = place(turn, task.path)[1]
    if task.about == "human":
        return [node.detail.ask] if isinstance(node.detail, HumanPlan) else []
    if task.about == "undo":
        return [node.compensate.ask] if node.compensate is not None and node.compensate.ask is not None else []
    rungs = [rung.ask for rung in node.ladder if isinstance(rung, EscalatePlan)]
    return rungs if len(rungs) == 1 else []


def a_decision_is_final_once_enough_have_made_it(history: History) -> None:
    """And then the task is closed with it; before that it stays open."""
    votes: dict[tuple[str, str], set[str]] = {}
    before = World()
    for turn, world in worlds(history):
        decided = [each for each in turn.commands if isinstance(each, CloseTask) and each.status == "decided"]
        event = turn.event
        if isinstance(event, Decided):
            choices = {each.name: each.approvals for each in read_question(before.tasks[event.task].question).choices}
            for (task, _), others in votes.items():
                if task == event.task:
                    others.discard(event.by.user)  # whoever chooses otherwise takes back what they chose
            voters = votes.setdefault((event.task, event.choice), set())
            voters.add(event.by.user)
            final = len(voters) >= choices[event.choice]
            assert decided == ([CloseTask(event.task, "decided", event.choice)] if final else []), event
            assert final or event.task in world.tasks
        else:
            assert not decided, f"{decided} by {event}"
        before = World(tasks=dict(world.tasks))


def only_time_ends_what_nobody_has_decided(history: History) -> None:
    """A task runs out, or passes on, when its time is over."""
    for turn in history.turns:
        for command in turn.commands:
            over = isinstance(command, CloseTask) and command.status == "timed_out"
            passed_on = isinstance(command, ReassignTask) and command.why == "handed_over"
            if isinstance(command, CloseTask | ReassignTask) and (over or passed_on):
                assert isinstance(turn.event, TimerFired), command
                assert turn.event.timer == f"due:{command.task}", command


ALL: list[Callable[[History], None]] = [
    every_task_is_closed_once,
    who_decided_might,
    a_decision_is_final_once_enough_have_made_it,
    only_time_ends_what_nobody_has_decided,
]
