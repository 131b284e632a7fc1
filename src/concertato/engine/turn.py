"""The turn: one event of one run, taken whole. What every engine shares, and nothing in it waits."""

import msgspec

from concertato.run.commands import Command, FinishRun
from concertato.run.events import AnyEvent, AttemptFailed, LateResult, NodeSucceeded, Raw, RecoveryDecided, RunFinished
from concertato.run.machine import step
from concertato.run.refusal import Refusal
from concertato.run.state import Run

_fields = msgspec.json.Decoder(dict[str, Raw]).decode


def take(run: Run, event: AnyEvent) -> tuple[AnyEvent, list[Command]] | Refusal:
    """Step the machine. What comes back is to be recorded, and then performed.

    An answer that nobody waits for any more comes back as the record of that, and leads to nothing.
    """
    outcome = step(run, event)
    if isinstance(outcome, list):
        return event, outcome
    late = late_result(event) if outcome.late else None
    return outcome if late is None else (late, [])


def late_result(event: AnyEvent) -> LateResult | None:
    """The record of an answer that came too late, if the event is an answer."""
    if isinstance(event, NodeSucceeded):
        return LateResult(at=event.at, path=event.path, attempt=event.attempt, outcome="succeeded", output=event.output)
    if isinstance(event, RecoveryDecided):
        return LateResult(at=event.at, path=event.path, attempt=event.attempt, outcome="succeeded", output=event.answer)
    if isinstance(event, AttemptFailed):
        return LateResult(at=event.at, path=event.path, attempt=event.attempt, outcome="failed", failure=event.failure)
    return None


def finished(commands: list[Command], at: float) -> RunFinished | None:
    """The record of the run's end, if it is among the commands; it is committed with the event that led to it."""
    # The end is always the last command; an ordinary turn pays one look.
    last = commands[-1] if commands else None
    if not isinstance(last, FinishRun):
        return None
    return RunFinished(
        at=at,
        status=last.status,
        outputs={} if last.outputs is None else _fields(last.outputs),
        failure=last.failure,
        path=last.path,
        undone_left=last.undone_left,
    )
