"""From a request to the event that it is, should the run accept it."""

from typing import assert_never

from concertato.engine.contract import Cancel, Decide, Delegate, Edit, Pause, Request, Resume, Signal
from concertato.engine.values import json_text, sound
from concertato.errors import Refused
from concertato.plan.model import Plan
from concertato.run.edit import check_edit
from concertato.run.events import (
    AnyEvent,
    CancelRequested,
    Decided,
    PlanEdited,
    Raw,
    RunPaused,
    RunResumed,
    SignalReceived,
    TaskDelegated,
)
from concertato.run.permission import rule_for
from concertato.run.question import digest
from concertato.run.state import Run


class TakingBack(Edit, frozen=True, kw_only=True):
    """An edit that takes back the one recorded as event `undoes`: nobody but the engine knows that it is the opposite
    of that.
    """

    undoes: int


def as_event(request: Request, run: Run, at: float) -> tuple[AnyEvent, Plan | None]:
    """The event, and for an edit the plan that it leads to. Raises `DefinitionError`, `InvalidInput`, `Refused`."""
    event, edited = _read(request, run, at)
    return sound(event), edited


def _read(request: Request, run: Run, at: float) -> tuple[AnyEvent, Plan | None]:
    match request:
        case Decide():
            return _decided(request, run, at), None
        case Delegate():
            return TaskDelegated(at=at, task=request.task, to=request.to, by=request.by, reason=request.reason), None
        case Signal():
            payload = Raw(json_text(request.payload, "the payload"))
            return SignalReceived(at=at, name=request.name, payload=payload, by=request.by), None
        case Edit():
            patch = json_text(request.patch, "the patch")
            edited = check_edit(run, patch)
            event = PlanEdited(
                at=at,
                patch=Raw(patch),
                plan=edited.fingerprint,
                by=request.by,
                reason=request.reason,
                undoes=request.undoes if isinstance(request, TakingBack) else None,
            )
            return event, edited
        case Pause():
            return RunPaused(at=at, by=request.by, reason=request.reason), None
        case Resume():
            return RunResumed(at=at, by=request.by, reason=request.reason), None
        case Cancel():
            return CancelRequested(at=at, rollback=request.rollback, by=request.by, reason=request.reason), None
        case _:
            assert_never(request)


def _decided(request: Decide, run: Run, at: float) -> Decided:
    """With what allowed it and what was shown: a record of its own, whatever the run makes of it."""
    values = Raw(json_text(request.values, "the values"))
    task = run.tasks.get(request.task)
    rule = shown = ""
    if task is not None:
        rule, _ = rule_for(run, task, request.by)
        shown = digest(task.question)
        if request.shown is not None and request.shown != shown:
            raise Refused(
                f"run {run.started.run_id}: task '{request.task}' is not what you were shown: expected the digest "
                f"{shown}, got: {request.shown}; look at it again and decide anew"
            )
    return Decided(
        at=at,
        task=request.task,
        choice=request.choice,
        by=request.by,
        reason=request.reason,
        values=values,
        rule=rule,
        shown=shown,
    )
