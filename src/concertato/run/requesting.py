"""What follows from what reaches a run from outside: signals, decisions, edits, and who stops or holds it."""

import msgspec

from concertato.definition.patch import described, read_patch
from concertato.errors import FailureKind
from concertato.run import deciding, instant, stopping
from concertato.run.edit import apply_edit
from concertato.run.events import (
    CancelRequested,
    Decided,
    Failure,
    PlanEdited,
    RunPaused,
    RunResumed,
    SignalReceived,
    TaskDelegated,
)
from concertato.run.refusal import Refusal
from concertato.run.scope import Region
from concertato.run.state import Run
from concertato.run.status import RunStatus


def on_signal_received(run: Run, event: SignalReceived) -> Refusal | None:
    if run.root.region is not None:
        return Refusal(f"the run is {run.status}: signals no longer reach it")
    instant.signalled(run, event.name, bytes(event.payload))
    return None


def on_run_paused(run: Run, event: RunPaused) -> Refusal | None:
    if run.status is not RunStatus.RUNNING:
        return Refusal(f"only a running run can be paused; this one is {run.status}")
    run.paused = True
    run.change(RunStatus.PAUSED)
    run.tell("paused", "", by=event.by, reason=event.reason)
    return None


def on_run_resumed(run: Run, event: RunResumed) -> Refusal | None:
    if run.status is not RunStatus.PAUSED:
        return Refusal(f"only a paused run can be resumed; this one is {run.status}")
    run.paused = False
    run.change(RunStatus.RUNNING)
    run.tell("resumed", "", by=event.by, reason=event.reason)
    return None


def on_cancel_requested(run: Run, event: CancelRequested) -> Refusal | None:
    if run.root.region is not None:
        return Refusal(f"the run is being stopped already ({run.status})")
    message = "cancelled" + (f" by {event.by}" if event.by else "") + (f": {event.reason}" if event.reason else "")
    run.tell("cancel_requested", "", by=event.by, reason=event.reason, rollback=event.rollback)
    stopping.stop(run, Region(run.root, "cancel", event.rollback, Failure(FailureKind.CANCELLED, message)))
    return None


def on_decided(run: Run, event: Decided) -> Refusal | None:
    reason = deciding.decide(run, event)
    return Refusal(reason) if reason else None


def on_task_delegated(run: Run, event: TaskDelegated) -> Refusal | None:
    reason = deciding.delegate(run, event)
    return Refusal(reason) if reason else None


def on_plan_edited(run: Run, event: PlanEdited) -> Refusal | None:
    if run.root.region is not None:
        return Refusal(f"the run is {run.status}: its plan can no longer be edited")
    reason = apply_edit(run, bytes(event.patch))
    if reason is None and run.teller is not None:
        made = described(read_patch(msgspec.json.decode(event.patch)))
        run.tell("edited", "", by=event.by, reason=event.reason, undoes=event.undoes, **made)
    return Refusal(reason) if reason else None
