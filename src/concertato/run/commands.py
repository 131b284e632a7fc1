"""What the machine asks an engine to do, in the imperative. A command is performed only after its event is durable."""

from typing import Literal

import msgspec

from concertato.run.events import Failure


class CallAgent(msgspec.Struct, frozen=True, gc=False):
    """Ask an agent. `fields` are its input's fields as JSON text; `timeout` is that of this attempt, in seconds."""

    path: str
    agent: str
    task_id: str
    fields: dict[str, bytes]
    attempt: int = 1
    timeout: float | None = None
    purpose: Literal["node", "compensation", "fallback", "recovery"] = "node"


class CancelCall(msgspec.Struct, frozen=True, gc=False):
    """Stop asking. An event must still say how the attempt ended, unless it is `answered`: then it counts as failed."""

    path: str
    attempt: int
    answered: bool = False


class StartTimer(msgspec.Struct, frozen=True, gc=False):
    """Send `TimerFired(timer)` once the time is `at` (seconds since the epoch)."""

    timer: str
    at: float


class CancelTimer(msgspec.Struct, frozen=True, gc=False):
    timer: str


class OpenTask(msgspec.Struct, frozen=True, gc=False):
    """Ask people. `task` is its name in the run, `about` why it is opened, `question` what is shown, as JSON text."""

    task: str
    path: str
    about: Literal["human", "failure", "undo"]
    to: tuple[str, ...]
    title: str
    question: bytes
    due: float | None = None


class ReassignTask(msgspec.Struct, frozen=True, gc=False):
    """The task is for somebody else from now on: it was `delegated`, or nobody decided it in time (`handed_over`)."""

    task: str
    to: tuple[str, ...]
    why: Literal["delegated", "handed_over"]
    due: float | None = None


class RemindTask(msgspec.Struct, frozen=True, gc=False):
    task: str


class CloseTask(msgspec.Struct, frozen=True, gc=False):
    """Nobody is asked any more. `outcome`: the choice that was made; None when it was cancelled or ran out of time."""

    task: str
    status: Literal["decided", "timed_out", "cancelled"]
    outcome: str | None = None


class FinishRun(msgspec.Struct, frozen=True, gc=False):
    """The run has ended: record `RunFinished` with these, together with the event that led to it."""

    status: Literal["succeeded", "failed", "rolled_back", "cancelled"]
    outputs: bytes | None = None
    failure: Failure | None = None
    path: str | None = None
    undone_left: list[str] = []


TaskCommand = OpenTask | ReassignTask | RemindTask | CloseTask
Command = CallAgent | CancelCall | StartTimer | CancelTimer | TaskCommand | FinishRun
