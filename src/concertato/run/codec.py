"""A run's whole live state to bytes, and back into a run that goes on exactly as the first would have.

The plan is not among the bytes, only its fingerprint. Who looks on (`observer`, `keep`) is not part of a state, nor is
the time: it comes with the next event.
"""

from collections import deque

import msgspec

from concertato.errors import JournalCorrupt, JournalTooNew
from concertato.plan.model import Plan
from concertato.run import events
from concertato.run.bodies import own_plan
from concertato.run.call import Call
from concertato.run.scope import MapState, Region, Scope
from concertato.run.state import Run, Timer
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
    StoredTask,
    StoredTimer,
    StoredTrouble,
    StoredWalk,
)
from concertato.run.task import Task
from concertato.run.trouble import Trouble, Walk

# What is stored as it is held.
_ALIKE = [name for name in Trouble.__slots__ if name not in ("walks", "regions")]
_WALK = Walk.__slots__
_TASK = [name for name in Task.__slots__ if name != "scope"]

_encode = msgspec.msgpack.Encoder().encode
_envelope = msgspec.msgpack.Decoder(Envelope).decode
_run = msgspec.msgpack.Decoder(StoredRun).decode


def encode_state(run: Run) -> bytes:
    """The state between two steps. The same state always gives the same bytes."""
    pending = (run.ready, run.closed, run.broken, run.again, run.settled, run.commands)
    assert not any(pending), "a step is still under way"
    scopes = run.scopes()
    place = {id(scope): number for number, scope in enumerate(scopes)}
    held = {id(child) for scope in scopes for children in scope.children.values() for child in children.values()}
    stored = StoredRun(
        plan=run.plan.fingerprint,
        started=events.encode(run.started),
        status=run.status,
        scopes=[_stored(scope, place, held) for scope in scopes],
        calls=[_stored_call(call, place) for call in run.calls.values()],
        queue=[(place[id(scope)], node.number, attempt) for scope, node, attempt in run.queue],
        opening=[(place[id(scope)], node) for scope, node in run.opening],
        timers=[
            StoredTimer(name, timer.purpose, place[id(timer.scope)], timer.node, timer.due, timer.attempt, timer.task)
            for name, timer in run.timers.items()
        ],
        mailbox={name: list(payloads) for name, payloads in run.mailbox.items()},
        waits={name: [(place[id(scope)], node) for scope, node in waiting] for name, waiting in run.waits.items()},
        undo=[(place[id(scope)], node) for scope, node in run.undo],
        undone_left=run.undone_left,
        outputs=run.finished.outputs if run.finished is not None else None,
        tasks=[_stored_task(name, task, place) for name, task in run.tasks.items()],
        recoveries=run.recoveries,
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
        region=None if scope.region is None else _stored_region(scope.region),
        outcome=scope.outcome,
        trouble=None if scope.trouble is None else _stored_trouble(scope.trouble),
        body=scope.body,
    )


def _stored_region(region: Region) -> StoredRegion:
    return StoredRegion(region.cause, region.rollback, region.failure, region.path, region.undone)


def _stored_trouble(trouble: Trouble) -> StoredTrouble:
    alike = {name: getattr(trouble, name) for name in _ALIKE}
    walks = {
        number: StoredWalk(**{name: getattr(walk, name) for name in _WALK}) for number, walk in trouble.walks.items()
    }
    regions = {number: _stored_region(region) for number, region in trouble.regions.items()}
    return StoredTrouble(walks=walks, regions=regions, **alike)


def _stored_call(call: Call, place: dict[int, int]) -> StoredCall:
    role = call.role if call.role in ("fallback", "recovery") else None
    return StoredCall(
        place[id(call.scope)], call.node.number, call.attempt, call.undo, call.dropped, role, call.rung, call.time
    )


def _stored_task(name: str, task: Task, place: dict[int, int]) -> StoredTask:
    alike = {field: getattr(task, field) for field in _TASK}
    return StoredTask(name=name, scope=place[id(task.scope)], **alike)


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
            holder = parent.plan.nodes[each.node]
            own = None if each.body is None else own_plan(plan, parent, holder, each.body)
            scope = Scope.inside(parent, holder, each.index, own)
            scope.body = each.body
            scope.inputs = each.inputs
            if each.held:
                parent.children.setdefault(each.node, {})[each.index] = scope
        _fill(scope, each)
        scopes.append(scope)
    for call in stored.calls:
        node = scopes[call.scope].plan.nodes[call.node]
        role = call.role or ("compensation" if call.undo else "node")
        restored = Call(scopes[call.scope], node, call.attempt, role, rung=call.rung, time=call.time)
        restored.dropped = call.dropped
        run.calls[restored.path] = restored
    run.queue.extend((scopes[scope], scopes[scope].plan.nodes[node], attempt) for scope, node, attempt in stored.queue)
    run.opening = {(scopes[scope], node): None for scope, node in stored.opening}
    for timer in stored.timers:
        run.timers[timer.name] = Timer(timer.purpose, scopes[timer.scope], timer.node, timer.due, timer.attempt)
        run.timers[timer.name].task = timer.task
    for each_task in stored.tasks:
        run.tasks[each_task.name] = task = Task(
            each_task.about, scopes[each_task.scope], each_task.node, each_task.question, each_task.to
        )
        for field in _TASK:
            setattr(task, field, getattr(each_task, field))
    run.recoveries = stored.recoveries
    run.mailbox = {name: deque(payloads) for name, payloads in stored.mailbox.items()}
    run.waits = {name: deque((scopes[scope], node) for scope, node in each) for name, each in stored.waits.items()}
    for scope_place, number in stored.undo:
        run.note_undo(scopes[scope_place], number)
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
        scope.region = _region(scope, stored.region, -1)
    if stored.trouble is not None:
        _fill_trouble(scope.troubled(), scope, stored.trouble)


def _region(scope: Scope, stored: StoredRegion, number: int) -> Region:
    region = Region(scope, stored.cause, stored.rollback, stored.failure, stored.path, number=number)
    region.undone = stored.undone
    return region


def _fill_trouble(trouble: Trouble, scope: Scope, stored: StoredTrouble) -> None:
    for name in _ALIKE:
        setattr(trouble, name, getattr(stored, name))
    for number, each in stored.walks.items():
        trouble.walks[number] = walk = Walk(each.failure, each.path, own=each.own)
        for name in _WALK:
            setattr(walk, name, getattr(each, name))
    trouble.regions = {number: _region(scope, each, number) for number, each in stored.regions.items()}
