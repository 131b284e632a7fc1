"""From a request to the event that it is, should the run accept it."""

from typing import assert_never

from concertato.engine.contract import Cancel, Edit, Pause, Request, Resume, Signal
from concertato.engine.values import json_text, sound
from concertato.plan.model import Plan
from concertato.run.edit import edited_plan
from concertato.run.events import AnyEvent, CancelRequested, PlanEdited, Raw, RunPaused, RunResumed, SignalReceived


def as_event(request: Request, plan: Plan, at: float) -> tuple[AnyEvent, Plan | None]:
    """The event, and for an edit the plan that it leads to. Raises `DefinitionError`, `InvalidInput`."""
    event, edited = _read(request, plan, at)
    return sound(event), edited


def _read(request: Request, plan: Plan, at: float) -> tuple[AnyEvent, Plan | None]:
    match request:
        case Signal():
            payload = Raw(json_text(request.payload, "the payload"))
            return SignalReceived(at=at, name=request.name, payload=payload, by=request.by), None
        case Edit():
            patch = json_text(request.patch, "the patch")
            edited = edited_plan(plan, patch)
            event = PlanEdited(at=at, patch=Raw(patch), plan=edited.fingerprint, by=request.by, reason=request.reason)
            return event, edited
        case Pause():
            return RunPaused(at=at, by=request.by, reason=request.reason), None
        case Resume():
            return RunResumed(at=at, by=request.by, reason=request.reason), None
        case Cancel():
            return CancelRequested(at=at, rollback=request.rollback, by=request.by, reason=request.reason), None
        case _:
            assert_never(request)
