"""Taking up a run whose state came from its journal: what must be under way is put under way again."""

from concertato.run.attempts import command
from concertato.run.call import Call
from concertato.run.commands import CancelCall, Command, StartTimer
from concertato.run.state import Run
from concertato.run.values import given_to


def take_up(run: Run, now: float) -> list[Command]:
    """The commands that were performed once and whose answers never came.

    Calls are repeated under the same task ids, with their time anew (the time that nobody worked is not theirs); what
    was told to stop is not called again but must be answered; timers keep their moment, even one that has passed.
    """
    commands: list[Command] = []
    for path, call in run.calls.items():
        if call.dropped:
            commands.append(CancelCall(path, call.attempt))
        else:
            commands.append(command(run, path, call, given_to(run, call)))
    for name, timer in run.timers.items():
        if timer.purpose == "attempt":
            path = name.removeprefix("timeout:").rpartition("#")[0]
            timer.due = now + (run.calls[path].timeout or 0.0)
        commands.append(StartTimer(name, timer.due))
    return commands


def only_waits(run: Run) -> bool:
    """Whether nothing is under way: the run goes on when a timer fires or something reaches it from outside."""
    return not run.calls and (not run.queue or run.paused) and run.finished is None


def next_due(run: Run) -> float | None:
    """When the first of the run's timers fires, in seconds since the epoch."""
    return min((timer.due for timer in run.timers.values()), default=None)


def waits_for(run: Run) -> list[str]:
    """What an unfinished run is waiting for, in words."""
    found = [f"an answer from agent '{call.agent}' for {_node_of(call)}" for call in run.calls.values()]
    found += [f"a decision on task '{name}' by {', '.join(task.to)}" for name, task in run.tasks.items()]
    if run.paused:
        found.append("being resumed: it is paused")
    for name, waiting in run.waits.items():
        found += [f"signal '{name}' at {scope.path(scope.plan.nodes[node])}" for scope, node in waiting]
    words = {"retry": "the next attempt of", "undo": "the next attempt to undo", "wait": "the time set by"}
    for timer in run.timers.values():
        if timer.purpose in words:
            found.append(f"{words[timer.purpose]} {timer.scope.path(timer.scope.plan.nodes[timer.node])}")
    return found


def _node_of(call: Call) -> str:
    return call.scope.path(call.node)
