"""What is moved when a run's plans are edited: every slot of the state is accounted for."""

import pytest

from concertato.run.call import Call
from concertato.run.moving import BY_NUMBER, LISTS, RUN, TROUBLE
from concertato.run.scope import Region, Scope
from concertato.run.state import Run, Timer
from concertato.run.task import Task
from concertato.run.trouble import Trouble

ACCOUNTED: dict[type, tuple[set[str], set[str]]] = {
    # What speaks of nodes or edges by number and is moved; what does not.
    Scope: (
        {*LISTS, *BY_NUMBER, "needs", "left", "node", "plan", "trouble"},
        {"body", "early", "index", "inputs", "item", "last", "outcome", "parent", "prefix", "region", "undoable"},
    ),
    Trouble: (set(TROUBLE), {"tasks"}),
    Region: ({"number"}, {"cause", "failure", "path", "rollback", "scope", "undone"}),
    Call: ({"node"}, {"attempt", "dropped", "path", "role", "rung", "scope", "time", "timeout"}),
    Timer: ({"node"}, {"attempt", "due", "purpose", "scope", "task"}),
    Task: (
        {"node"},
        {"about", "barred", "default", "due", "handover", "question", "reminders", "scope", "to", "votes"},
    ),
    Run: (
        {*RUN, "plan", "root"},
        {
            *(
                "commands",
                "finished",
                "inputs",
                "keep",
                "mailbox",
                "now",
                "observer",
                "paused",
                "recoveries",
                "started",
            ),
            *("status", "taken", "teller", "undone_left"),
            # Empty between steps, and an edit comes at the beginning of one.
            *("again", "broken", "closed", "ready", "settled"),
        },
    ),
}


@pytest.mark.parametrize("kind", ACCOUNTED, ids=lambda kind: kind.__name__)
def test_every_slot_of_the_state_is_moved_or_is_known_to_stay(kind: type) -> None:
    moved, stays = ACCOUNTED[kind]
    assert moved | stays == set(kind.__slots__)  # type: ignore[attr-defined]
    assert not moved & stays
