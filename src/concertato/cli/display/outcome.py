"""How a run came out, in words: its status and time, its outputs, or what failed and what it waits for."""

import re

from concertato.cli.display.words import mark, run_status, style
from concertato.cli.screen import Screen
from concertato.cli.text import moment, one_line, pretty_json, spent
from concertato.engine.contract import RunView
from concertato.run.status import RunStatus

MOST_WAITS = 10
"""What is waited for is told of so many: a map may wait for thousands."""

# The engine says what is waited for in words; of those words only these forms can be answered by a command.
_SIGNAL = re.compile(r"signal '([^']+)'")
_TASK = re.compile(r"a decision on task '([^']+)' by ")


def tell_outcome(view: RunView, screen: Screen) -> None:
    run, status = view.run, run_status(view.run)
    took = "" if run.ended_at is None else f" in {spent(run.ended_at - run.started_at)}"
    words = (status.replace("_", " "), style(status))
    screen.line(mark(status, unicode=screen.unicode), " ", words, took, (f"  run {run.run_id}", "dim"))
    if view.outputs is not None:
        screen.line(pretty_json(bytes(view.outputs)))
    for waited in view.waits[:MOST_WAITS]:
        screen.line(f"  waits for {one_line(waited)}")
    if view.waits[MOST_WAITS:]:
        screen.line(f"  {more_waits(view, unicode=screen.unicode)}")
    if view.waits and run.wake_at is not None:
        screen.line(f"  until {moment(run.wake_at)}")
    for path in view.undone_left:
        screen.line("  ", ("could not be undone: ", "bold red"), one_line(path))


def more_waits(view: RunView, *, unicode: bool) -> str:
    """What is said of the waits that are not told one by one, with where they are listed."""
    tasks = tasks_waited_for(view)
    listed = f": concertato tasks --run {view.run.run_id} --limit {len(tasks)}" if tasks else ""
    return f"{'…' if unicode else '...'} and {len(view.waits) - MOST_WAITS} more{listed}"


def failure_text(view: RunView) -> str:
    """Why the run did not succeed, for one line: `failed at payment (rejected): no such account`."""
    was = "" if view.run.status == RunStatus.FAILED else "was "
    words = f"run {view.run.run_id} {was}{view.run.status.replace('_', ' ')}"
    at = f" at {view.failed_path}" if view.failed_path else ""
    why = f" ({view.failure.kind}): {one_line(view.failure.message)}" if view.failure else ""
    return f"{words}{at}{why}"


def ways_on(view: RunView) -> list[str]:
    """The commands that take a run on which only waits; `resume` where time or a person's word alone is missing."""
    run = view.run
    signals = [found[1] for waited in view.waits if (found := _SIGNAL.match(waited))]
    ways = [f"decide {name}" for name in tasks_waited_for(view)] + [f"signal {run.run_id} {name}" for name in signals]
    return [f"resume {run.run_id}"] if run.status == RunStatus.PAUSED or not ways else ways


def tasks_waited_for(view: RunView) -> list[str]:
    """The tasks that people have yet to decide, as they are named to the command line: `RUN/TASK`."""
    return [f"{view.run.run_id}/{found[1]}" for waited in view.waits if (found := _TASK.match(waited))]


def waits_for_people_alone(view: RunView) -> bool:
    """Whether it waits for a decision, and for nothing that comes by itself."""
    known = [_TASK.match(waited) or _SIGNAL.match(waited) for waited in view.waits]
    return bool(tasks_waited_for(view)) and all(known)
