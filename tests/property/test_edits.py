"""Random edits of random runs: a refused one changes nothing, and one that is taken back leaves the run that was."""

from collections import Counter
from random import Random
from typing import Any

import msgspec
import pytest

from concertato.definition.patch import read_patch
from concertato.definition.problem import DefinitionError
from concertato.errors import Refused
from concertato.plan.model import Plan
from concertato.run import scopes
from concertato.run.change import plan_change
from concertato.run.codec import decode_state, encode_state
from concertato.run.edit import apply_edit, check_edit, opposite
from concertato.run.moving import BY_NUMBER, LISTS
from concertato.run.scope import MapState, Scope
from concertato.run.state import Run
from concertato.run.status import NodeStatus
from support.happening import edit, happen
from support.histories import History, start

CASES = 120
"""Seeds of one test run, each a history with a few edits after every event."""

_EDITS = 3


def copied(run: Run) -> Run:
    return decode_state(run.plan, encode_state(run))


def state_of(run: Run) -> bytes:
    """The state without what a step would go on to do."""
    for pending in (run.ready, run.closed, run.broken, run.commands):
        pending.clear()
    return encode_state(run)


def told_by_name(run: Run) -> set[str]:
    """All that a run says of nodes that have begun, with their paths in the place of their numbers."""

    def shown(kept: object) -> object:
        return kept.results if isinstance(kept, MapState) else list(kept) if isinstance(kept, dict) else kept

    def path(scope: Scope, number: int) -> str:
        return scope.path(scope.plan.nodes[number]) if number >= 0 else "-"

    told = [f"call {name}: {path(call.scope, call.node.number)}" for name, call in run.calls.items()]
    told += [f"queue {place}: {path(scope, node.number)}" for place, (scope, node, _) in enumerate(run.queue)]
    told += [f"timer {name}: {path(timer.scope, timer.node)}" for name, timer in run.timers.items()]
    told += [f"task {name}: {path(task.scope, task.node)}" for name, task in run.tasks.items()]
    told += [f"opening {place}: {path(*each)}" for place, each in enumerate(run.opening)]
    told += [f"undo {place}: {path(*each)}" for place, each in enumerate(run.undo)]
    told += [f"waits {name} {place}: {path(*e)}" for name, each in run.waits.items() for place, e in enumerate(each)]
    for scope in run.scopes():
        if scope.parent is not None:
            told.append(f"{scope.prefix} is in {path(scope.parent, scope.node)}")
        begun = [number for number, status in enumerate(scope.status) if status is not NodeStatus.PENDING]
        for name in (*LISTS, *BY_NUMBER):
            kept = getattr(scope, name)
            has = [number for number in begun if not isinstance(kept, dict) or number in kept]
            told += [f"{name} of {path(scope, number)}: {shown(kept[number])}" for number in has]
    return set(told)


def _edited_twice(run: Run, patch: bytes) -> Run:
    """The run as it was. But a node that failed and is replaced is asked under another task id from then on: what it
    was given is gone, what a decision changed of that too, and each of two edits counts.
    """
    change = plan_change(run, read_patch(msgspec.json.decode(patch)))
    for number in change.undecided:
        trouble = change.scope.troubled()
        change.scope.given.pop(number, None)
        trouble.inputs.pop(number, None)
        trouble.changes[number] = trouble.changes.get(number, 0) + 2
    return run


def checked(run: Run, patch: bytes) -> Plan | str:
    try:
        return check_edit(run, patch)
    except (DefinitionError, Refused) as refusal:
        return str(refusal)


def try_out(history: History, patch: dict[str, Any]) -> str:
    """Apply an edit to a copy of the run, and take it back. Returns what it was about, or that it was refused."""
    run, text = copied(history.run), msgspec.json.encode(patch)
    before, plan = encode_state(run), run.plan
    expected = checked(run, text)
    assert encode_state(run) == before
    if isinstance(expected, str):
        assert apply_edit(run, text) == expected
        assert encode_state(run) == before
        assert run.plan is plan
        return "refused"
    back = opposite(run, text)
    assert apply_edit(run, text) is None
    assert run.plan.fingerprint == expected.fingerprint
    edited = state_of(run)
    expecting = _edited_twice(copied(history.run), text)
    assert told_by_name(expecting) <= told_by_name(run)
    assert state_of(decode_state(run.plan, edited)) == edited
    assert apply_edit(run, back) is None
    assert run.plan.fingerprint == plan.fingerprint
    assert state_of(run) == state_of(expecting)
    place = patch.get("in", "")
    return "one scope" if "[" in place else "scopes to come" if place else "the workflow"


@pytest.mark.parametrize("block", range(4))
def test_an_edit_and_its_opposite_give_the_run_that_was(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if block % 2:
        monkeypatch.setattr(scopes, "OPEN_AT_ONCE", 1)
    seen: Counter[str] = Counter()
    for seed in range(block * CASES // 4, (block + 1) * CASES // 4):
        random = Random(seed)
        history = start(random)
        for _ in range(25):
            if history.run.finished is not None:
                break
            for _ in range(_EDITS):
                patch = edit(history, random)
                try:
                    seen[try_out(history, patch)] += 1
                except Exception as problem:
                    problem.add_note(f"seed {seed}, after {len(history.turns)} events: {patch}")
                    raise
            happen(history, random, strangeness=0.2)
    assert min(seen[each] for each in ("refused", "one scope", "scopes to come", "the workflow")) > 5, seen
