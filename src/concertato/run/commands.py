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
    purpose: Literal["node", "compensation"] = "node"


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


class FinishRun(msgspec.Struct, frozen=True, gc=False):
    """The run has ended: record `RunFinished` with these, together with the event that led to it."""

    status: Literal["succeeded", "failed", "rolled_back", "cancelled"]
    outputs: bytes | None = None
    failure: Failure | None = None
    path: str | None = None
    undone_left: list[str] = []


Command = CallAgent | CancelCall | StartTimer | CancelTimer | FinishRun
