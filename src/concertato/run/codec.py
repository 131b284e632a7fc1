"""A run's whole live state to bytes, and back into a run that goes on exactly as the first would have.

The plan is not among the bytes, only its fingerprint. Who looks on (`observer`, `keep`) is not part of a state, nor is
the time: it comes with the next event.
"""

from collections import deque

import msgspec

from concertato.errors import JournalCorrupt, JournalTooNew
from concertato.plan.model import Plan
from concertato.run import events
from concertato.run.state import Call, MapState, Region, Run, Scope, Timer
from concertato.run.status import OPEN, RunStatus
from concertato.run.stopping import end_of
from concertato.run.stored import (
    VERSION,
    Envelope,
    StoredCall,
    StoredMap,
    StoredRegion,
    StoredRun,
    StoredScope,
    StoredTimer,
)

_encode = msgspec.msgpack.Encoder().encode
_envelope = msgspec.msgpack.Decoder(Envelope).decode
_run = msgspec.msgpack.Decoder(StoredRun).decode


def encode_state(run: Run) -> bytes:
    """The state between two steps. The same state always gives the same bytes."""
    pending = (run.ready, run.closed, run.broken, run.commands)
    assert not any(pending), "a step is still under way"
    scopes = run.scopes()
    place = {id(scope): number for number, scope in enumerate(scopes)}
    held = {id(child) for scope in scopes for children in scope.children.values() for child in children.values()}
    stored = StoredRun(
        plan=run.plan.fingerprint,
        started=events.encode(run.started),
        status=run.status,
        scopes=[_stored(scope, place, held) for scope in scopes],
        calls=[
            StoredCall(place[id(call.scope)], call.node.number, call.attempt, call.undo is not None, call.dropped)
            for call in run.calls.values()
        ],
        queue=[(place[id(scope)], node.number, attempt) for scope, node, attempt in run.queue],
        opening=[(place[id(scope)], node) for scope, node in run.opening],
        timers=[
            StoredTimer(name, timer.purpose, place[id(timer.scope)], timer.node, timer.due, timer.attempt)
            for name, timer in run.timers.items()
        ],
        mailbox={name: list(payloads) for name, payloads in run.mailbox.items()},
        waits={name: [(place[id(scope)], node) for scope, node in waiting] for name, waiting in run.waits.items()},
        undo=[(place[id(scope)], node) for scope, node in run.undo],
        undone_left=run.undone_left,
        outputs=run.finished.outputs if run.finished is not None else None,
    )
    return _encode(Envelope(VERSION, msgspec.Raw(_encode(stored))))


def decode_state(plan: Plan, data: bytes) -> Run:
    """The run that `data` is the state of. `plan` is the one in force: after an edit, the edited one.

    Raises `JournalTooNew`; `JournalCorrupt` when the state is damaged or is one of another plan.
    """
    try:
        envelope = _envelope(data)
        if envelope.version > VERSION:
            raise JournalTooNew(
                f"expected a run's state of version {VERSION} or older, got: version {envelope.version}; "
                "it was written by a newer Concertato: update this one"
            )
        stored = _run(envelope.run)
        if stored.plan != plan.fingerprint:
            raise JournalCorrupt(
                f"expected the state of a run of plan {plan.fingerprint}, got: one of plan {stored.plan}; "
                "hand it the plan that was in force when it was stored"
            )
        return _restored(plan, stored)
    except (msgspec.MsgspecError, IndexError, KeyError, ValueError) as damage:
        raise JournalCorrupt(f"a run's state cannot be read: {damage}; restore it from a backup") from damage


def _stored(scope: Scope, place: dict[int, int], held: set[int]) -> StoredScope:
    region = None
    if scope.region is not None:
        at = scope.region
        region = StoredRegion(at.cause, at.rollback, at.failure, at.path, at.undone)
    edges = ((scope.plan.edges[number], still_open) for number, still_open in scope.needs.items() if still_open)
    return StoredScope(
        status=scope.status,
        outputs=scope.outputs,
        waiting=scope.waiting,
        taken=scope.taken,
        parent=place[id(scope.parent)] if scope.parent is not None else -1,
        node=scope.node,
        index=scope.index,
        held=scope.parent is None or id(scope) in held,
        item=scope.item,
        last=scope.last,
        inputs=scope.inputs if scope.parent is not None else None,
        needs=sorted((edge.source, edge.target, still_open) for edge, still_open in edges),
        attempts=scope.attempts,
        failures=scope.failures,
        maps={number: StoredMap(state.items, state.results, state.next) for number, state in scope.maps.items()},
        chosen=scope.chosen,
        given=scope.given,
        undoing=scope.undoing,
        region=region,
        outcome=scope.outcome,
    )


def _restored(plan: Plan, stored: StoredRun) -> Run:
    started = events.decode(stored.started)
    if not isinstance(started, events.RunStarted):
        raise ValueError(f"expected it to hold RunStarted, got: {type(started).__name__}")
    run = Run(plan, started)
    run.status = stored.status
    run.paused = stored.status is RunStatus.PAUSED
    scopes: list[Scope] = []
    for each in stored.scopes:
        scope = run.root
        if each.parent >= 0:
            parent = scopes[each.parent]
            scope = Scope.inside(parent, parent.plan.nodes[each.node], each.index)
            scope.inputs = each.inputs
            if each.held:
                parent.children.setdefault(each.node, {})[each.index] = scope
        _fill(scope, each)
        scopes.append(scope)
    for call in stored.calls:
        node = scopes[call.scope].plan.nodes[call.node]
        restored = Call(scopes[call.scope], node, call.attempt, node.compensate if call.undo else None)
        restored.dropped = call.dropped
        run.calls[restored.path] = restored
    run.queue.extend((scopes[scope], scopes[scope].plan.nodes[node], attempt) for scope, node, attempt in stored.queue)
    run.opening = {(scopes[scope], node): None for scope, node in stored.opening}
    for timer in stored.timers:
        run.timers[timer.name] = Timer(timer.purpose, scopes[timer.scope], timer.node, timer.due, timer.attempt)
    run.mailbox = {name: deque(payloads) for name, payloads in stored.mailbox.items()}
    run.waits = {name: deque((scopes[scope], node) for scope, node in each) for name, each in stored.waits.items()}
    run.undo = [(scopes[scope], node) for scope, node in stored.undo]
    run.undone_left = stored.undone_left
    run.finished = end_of(run, stored.outputs) if stored.status.ended else None
    return run


def _fill(scope: Scope, stored: StoredScope) -> None:
    if len(stored.status) != len(scope.plan.nodes):
        where = scope.prefix or "the workflow"
        raise ValueError(f"expected {len(scope.plan.nodes)} nodes in {where}, got: {len(stored.status)}")
    scope.status, scope.outputs = stored.status, stored.outputs
    scope.waiting, scope.taken = stored.waiting, stored.taken
    scope.left = sum(status in OPEN for status in stored.status)
    edge = {(each.source, each.target): number for number, each in enumerate(scope.plan.edges)} if stored.needs else {}
    scope.needs = {edge[source, target]: still_open for source, target, still_open in stored.needs}
    scope.item, scope.last, scope.outcome = stored.item, stored.last, stored.outcome
    scope.attempts, scope.failures = stored.attempts, stored.failures
    scope.chosen, scope.given, scope.undoing = stored.chosen, stored.given, stored.undoing
    for number, each in stored.maps.items():
        scope.maps[number] = state = MapState(each.items)
        state.results, state.next = each.results, each.next
        state.left = each.results.count(None)
        state.running = state.next - (len(each.results) - state.left)
    if stored.region is not None:
        region = stored.region
        scope.region = Region(region.cause, region.rollback, region.failure, region.path)
        scope.region.undone = region.undone
