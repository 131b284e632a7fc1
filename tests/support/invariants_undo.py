"""What holds of undoing in every history: it is of what succeeded, in the reverse order, to the end, and nothing is
forgotten.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from msgspec.json import decode, encode

from concertato.run.commands import CallAgent, CancelCall
from concertato.run.events import CompensationSucceeded, Decided, Raw
from concertato.run.status import NodeStatus
from support.histories import History, Turn, inside, place

_N = NodeStatus
_AT_AN_END = {_N.COMPENSATED, _N.COMPENSATION_FAILED}


class _Undoing(NamedTuple):
    """What succeeded in a history and could be undone, what was to be undone of that, and what was."""

    succeeded: list[str]
    owed: set[str]
    undone: set[str]


def _undoing(history: History, look: Callable[[str, list[str], _Undoing], None] | None = None) -> _Undoing:
    """`look` is shown each node as its undoing begins, and what of the run is undone whole then.

    That may have begun earlier and be over by the end of the turn: a compensation whose inputs fail asks nobody.
    """
    found = _Undoing([], set(), set())
    active: list[str] = []
    for turn in history.turns:
        given = _given_by_somebody(turn)
        for path, status in turn.changes:
            if status is _N.SUCCEEDED and path not in given and _can_be_undone(history, turn, path):
                found.succeeded.append(path)
                if any(inside(path, region) for region in active):
                    found.owed.add(path)
            elif status is _N.COMPENSATING:
                found.owed.update(_owed_now(turn, found))
                if look is not None:
                    look(path, [*active, *turn.undoing, *_stopping(turn)], found)
                found.undone.add(path)
        found.owed.update(_owed_now(turn, found))
        active = turn.undoing
    return found


def _owed_now(turn: Turn, found: _Undoing) -> set[str]:
    """What succeeded before something around it began to be undone in this turn."""
    regions = _stopping(turn)
    return {path for path in found.succeeded if any(inside(path, region) for region in regions)}


def _stopping(turn: Turn) -> list[str]:
    """What began to be undone whole in this turn."""
    return [told.path for told in turn.told if told.step == "stopping" and told.detail["rollback"]]


def _given_by_somebody(turn: Turn) -> set[str]:
    """Nobody did what has an output that was only decided: there is nothing to undo."""
    return {told.path for told in turn.told if told.step == "action" and told.detail["action"] == "use_output"}


def _can_be_undone(history: History, turn: Turn, path: str) -> bool:
    is_anothers = path in history.started.taken and history.started.relation != "retry"
    return place(turn, path)[1].compensate is not None and not is_anothers


def what_succeeded_is_undone_last_one_first(history: History) -> None:
    def is_last(path: str, regions: list[str], found: _Undoing) -> None:
        # What was just stopped may be within what is stopped as well: the widest counts.
        around = min((region for region in regions if inside(path, region)), key=len)
        left = [each for each in found.succeeded if inside(each, around) and each not in found.undone]
        assert left, f"{path} is undone and had not succeeded"
        assert left[-1] == path, f"{path} is undone before {left[-1]}"

    _undoing(history, is_last)


def what_is_to_be_undone_is_undone_and_nothing_else(history: History) -> None:
    """Each to its end: by its agent, by hand, or told at the end as left undone."""
    found = _undoing(history)
    assert found.undone == found.owed, f"undone {sorted(found.undone)}, owed {sorted(found.owed)}"
    final: dict[str, NodeStatus] = {}
    for turn in history.turns:
        final.update(turn.changes)
    ends = {path: final[path] for path in found.undone}
    assert set(ends.values()) <= _AT_AN_END, ends
    left = sorted(path for path, status in ends.items() if status is not _N.COMPENSATED)
    assert left == sorted(history.run.undone_left)


def what_counts_as_undone_was(history: History) -> None:
    """Its agent said so, or a person did."""
    for turn in history.turns:
        event = turn.event
        for path, status in turn.changes:
            if status is _N.COMPENSATED and isinstance(event, Decided):
                assert event.choice == "done", event
                assert event.task.partition("#")[0] == f"{path}~undo", event
            elif status is _N.COMPENSATED:
                assert isinstance(event, CompensationSucceeded), f"{path} is undone by {event}"
                assert event.path == f"{path}~undo", f"{path} is undone by {event}"


def what_undoes_a_node_is_told_what_the_node_was_given(history: History) -> None:
    given: dict[str, dict[str, bytes]] = {}
    for turn in history.turns:
        for call in turn.commands:
            if isinstance(call, CallAgent) and call.purpose == "node":
                given[call.path] = call.fields
            elif isinstance(call, CallAgent) and call.purpose == "compensation" and "input" in call.fields:
                # What a run takes over from another one it has not asked for itself.
                asked = given.get(call.path.removesuffix("~undo"))
                told = {name: Raw(text) for name, text in (asked or {}).items()}
                assert asked is None or decode(call.fields["input"]) == decode(encode(told)), call


def what_begins_anew_begins_with_nothing(history: History) -> None:
    """Before anything in a new round of a node happens, what was to be undone of the rounds before it is."""
    statuses: dict[str, NodeStatus] = {}
    owed: set[str] = set()
    succeeded: list[str] = []
    begun: set[str] = set()
    for turn in history.turns:
        for path, status in turn.changes:
            for anew in re.finditer(r"~(\d+)(?=[\[/])", path):
                holder, this = path[: anew.start()], path[: anew.end()]
                if this in begun:
                    continue
                begun.add(this)
                earlier = [each for each in owed if inside(each, holder) and not inside(each, this)]
                earlier = [each for each in earlier if _round(each, holder) < int(anew[1])]
                assert all(statuses[each] in _AT_AN_END for each in earlier), f"{path} begins, and {earlier} stand"
            statuses[path] = status
            if status is _N.SUCCEEDED and path not in _given_by_somebody(turn) and _can_be_undone(history, turn, path):
                succeeded.append(path)
        owed |= _owed_now(turn, _Undoing(succeeded, set(), set()))


def _round(path: str, holder: str) -> int:
    again = re.match(r"~(\d+)", path[len(holder) :])
    return int(again[1]) if again else 1


def only_what_may_be_is_told_to_stop(history: History) -> None:
    """Nobody who works on what is to be undone is, nor on what says that it cannot be, unless the attempt's time is
    over.
    """
    for turn in history.turns:
        for command in turn.commands:
            if not isinstance(command, CancelCall) or command.answered or "~recover" in command.path:
                continue
            path = command.path.partition("~fallback")[0]
            node = place(turn, path)[1]
            assert not path.endswith("~undo"), command
            assert node.cancellable is not False, command
            undoing = any(inside(path, region) for region in turn.undoing)
            assert not undoing or node.compensate is None or node.cancellable, command


ALL: list[Callable[[History], None]] = [
    what_succeeded_is_undone_last_one_first,
    what_is_to_be_undone_is_undone_and_nothing_else,
    what_counts_as_undone_was,
    what_undoes_a_node_is_told_what_the_node_was_given,
    what_begins_anew_begins_with_nothing,
    only_what_may_be_is_told_to_stop,
]
