"""Changing a run that is alive: tried, applied whole or not at all, and taken back.

An edit is one event. Everything that could be wrong with it is found before anything is touched.
"""

from dataclasses import replace

import msgspec

from concertato.definition.dump import to_document
from concertato.definition.patch import Patch, read_patch
from concertato.definition.patching import invert
from concertato.definition.problem import DefinitionError
from concertato.errors import Refused
from concertato.plan.model import Plan
from concertato.run.bodies import place_of, way_to
from concertato.run.change import Change, plan_change
from concertato.run.moving import move
from concertato.run.state import Run
from concertato.run.target import find_target


def check_edit(run: Run, patch: bytes) -> Plan:
    """The plan that the run would have, which is as it was; its `agents` are all that it may call from then on.

    Raises DefinitionError with every mistake, Refused where the run does not allow it.
    """
    change = plan_change(run, _read(patch))
    return replace(change.plan, agents=change.plan.agents | change.agents)


def apply_edit(run: Run, patch: bytes) -> str | None:
    """Edit the run's plan. Returns the reason when the edit is refused; the run is then as it was."""
    try:
        change = plan_change(run, _read(patch))
    except (DefinitionError, Refused) as problem:
        return str(problem)
    _apply(run, change)
    return None


def _apply(run: Run, change: Change) -> None:
    for number in change.undecided:
        # What it was to be given came from what it was; and what is asked now is another task than before.
        trouble = change.scope.troubled()
        change.scope.given.pop(number, None)
        trouble.inputs.pop(number, None)
        trouble.changes[number] = trouble.changes.get(number, 0) + 1
    for scope, body in change.bodies.items():
        scope.body = body
    run.plan = change.plan
    move(run, change.plans)


def opposite(run: Run, patch: bytes) -> bytes:
    """The edit that takes `patch` back; `run` is as it was before it. Raises as `check_edit` does."""
    read = _read(patch)
    scope, ids = find_target(run, read)
    back = invert(place_of(run.plan, way_to(scope)).body, ids, read)
    return msgspec.json.encode(to_document(back))


def _read(patch: bytes) -> Patch:
    try:
        return read_patch(msgspec.json.decode(patch))
    except (msgspec.DecodeError, RecursionError) as problem:
        raise Refused(f"expected the edit to be JSON, got: {problem}") from None
