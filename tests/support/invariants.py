"""What holds of every history of a run, whatever happened in it: plain functions, each of which fails by an assert.

Those about how nodes begin, about ladders, about people and about undoing stand in files of their own, beside this
one; `ALL` has them all. What holds of a run at every moment is in `moments` and `places`.
"""

from collections import Counter
from collections.abc import Callable
from random import Random

from concertato.run.codec import decode_state, encode_state
from concertato.run.commands import CallAgent, FinishRun
from concertato.run.events import (
    AttemptFailed,
    CompensationFailed,
    CompensationSucceeded,
    NodeSucceeded,
    RecoveryDecided,
)
from concertato.run.machine import step
from concertato.run.refusal import Refusal
from concertato.run.resumption import take_up
from concertato.run.status import OPEN, NodeStatus, RunStatus
from support import invariants_ladder, invariants_people, invariants_start, invariants_undo, moments
from support.histories import History, Turn, place, replayed, under_way_again, worlds

_N = NodeStatus


_ANSWERS = NodeSucceeded | AttemptFailed | CompensationSucceeded | CompensationFailed | RecoveryDecided


def a_refusal_changes_nothing(history: History) -> None:
    for event, refusal, before, after in history.refused:
        assert before == after, f"{event} was refused ({refusal.reason}) and changed the run"


def nothing_succeeds_twice(history: History) -> None:
    recorded = Counter(
        turn.event.path
        for turn in history.turns
        # A planner may be asked until its proposal is sound: its answers are not the node's result.
        if isinstance(turn.event, NodeSucceeded) and not _is_planners(turn, turn.event.path)
    )
    derived = Counter(path for turn in history.turns for path, status in turn.changes if status is _N.SUCCEEDED)
    twice = [path for path, count in (recorded | derived).items() if count > 1]
    assert not twice, f"{twice} succeeded twice"


def _is_planners(turn: Turn, path: str) -> bool:
    return "~fallback" not in path and place(turn, path)[1].kind == "plan"


def an_answer_is_to_what_was_asked(history: History) -> None:
    """To the attempt that is under way, by whom it was asked of: another's is refused."""
    before: dict[str, CallAgent] = {}
    for turn, world in worlds(history):
        event = turn.event
        if isinstance(event, _ANSWERS):
            call = before[event.path]
            assert event.attempt == call.attempt, f"{event} is accepted, and attempt {call.attempt} is under way"
            undoes = isinstance(event, CompensationSucceeded | CompensationFailed)
            assert undoes == (call.purpose == "compensation"), event
            assert call.purpose == "recovery" or not isinstance(event, RecoveryDecided), event
        before = dict(world.calls)


def every_prefix_of_the_journal_is_the_run(history: History) -> None:
    """Also where nobody looks on: that the run itself keeps what has ended, for its whole tree to be seen, changes
    nothing. On the way each moment is looked at.
    """
    looked_at = {id(turn) for turn in sample(history)}
    run, commands = replayed(history, 1)
    for turn, world in worlds(history):
        if turn is not history.turns[0]:
            outcome = step(run, turn.event)
            assert not isinstance(outcome, Refusal), outcome
            commands = outcome
        assert commands == turn.commands
        if id(turn) in looked_at:
            assert encode_state(run) == turn.state
        for holds in moments.ALL:
            holds(run, world, turn)
    assert (run.status, run.finished) == (history.run.status, history.run.finished)


def sample(history: History) -> list[Turn]:
    """The turns that are looked at where each costs much: all, or some and the last, as the history says."""
    if history.thorough:
        return history.turns
    return [*Random(len(history.turns)).sample(history.turns[:-1], min(3, len(history.turns) - 1)), history.turns[-1]]


def a_stored_state_goes_on_like_the_run(history: History) -> None:
    for turn in sample(history):
        assert encode_state(decode_state(turn.plan, turn.state)) == turn.state
    random = Random(len(history.turns))
    for _ in range(3 if history.thorough else 1):
        at = random.randrange(len(history.turns))
        run = decode_state(history.turns[at].plan, history.turns[at].state)
        for turn in history.turns[at + 1 :]:
            assert step(run, turn.event) == turn.commands
            if history.thorough or turn is history.turns[-1]:
                assert encode_state(run) == turn.state


def taking_up_repeats_what_is_under_way(history: History) -> None:
    looked_at = {id(turn) for turn in sample(history)}
    for turn, world in worlds(history):
        if id(turn) in looked_at:
            now = turn.event.at + 100
            repeated, expected = take_up(decode_state(turn.plan, turn.state), now), under_way_again(world, now)
            assert repeated == expected, f"expected {expected}, got: {repeated}"


def the_end_comes_once_and_last(history: History) -> None:
    ends = [command for turn in history.turns for command in turn.commands if isinstance(command, FinishRun)]
    assert ends == [history.run.finished]
    assert history.turns[-1].commands[-1] is ends[0]
    assert not history.world.calls
    assert not history.world.timers
    run = history.run
    assert not any((run.calls, run.queue, run.timers, run.tasks))
    if ends[0].status == "succeeded":
        assert ends[0].outputs is not None
        assert ends[0].failure is None
    else:
        assert not run.waits
        assert ends[0].outputs is None
        assert ends[0].failure is not None
    for scope in run.scopes():
        assert not OPEN.intersection(scope.status), scope.prefix
    assert RunStatus(ends[0].status) is run.status
    # What a collected item left undone is told in its output too; it is no reason for the run to fail.
    assert not ends[0].undone_left or ends[0].status in {"failed", "succeeded"}


ALL: list[Callable[[History], None]] = [
    a_refusal_changes_nothing,
    nothing_succeeds_twice,
    an_answer_is_to_what_was_asked,
    every_prefix_of_the_journal_is_the_run,
    a_stored_state_goes_on_like_the_run,
    taking_up_repeats_what_is_under_way,
    the_end_comes_once_and_last,
    *invariants_start.ALL,
    *invariants_ladder.ALL,
    *invariants_people.ALL,
    *invariants_undo.ALL,
]
