"""The facts of a run, in the past tense: what the journal keeps and all that the machine ever learns.

Values inside events are JSON text (`msgspec.Raw`): they are read by whoever needs them and copied by nobody. What
can be derived from these facts (a skip, a branch taken, a computed `set` node) is not an event. The names and fields
here are a format on disk: add fields with defaults, never rename one.
"""

from typing import Literal

import msgspec

from concertato.errors import FailureKind

Raw = msgspec.Raw

NULL = Raw(b"null")
"""No value. (msgspec reads no `Raw | None`: what is absent is this.)"""


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why something failed. `where` is the path inside the value for `invalid_input` and `invalid_output`."""

    kind: FailureKind
    message: str
    where: str | None = None
    retry_after: float | None = None


class Identity(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who did something, as the caller says, and how the caller knows.

    `established` says so in words: `operating system account`, `asserted on the command line`, `jwt`.
    """

    user: str
    roles: list[str] = []
    established: str = "asserted by the caller"


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event", tag=True, gc=False):
    """`at`: seconds since the epoch, UTC, when the fact became known."""

    at: float


class RunStarted(Event, frozen=True, kw_only=True):
    """`plan` is the content hash of the definition. `taken` are results carried over from the run it continues.

    `machine` is the version of the machine's behaviour, which a run keeps for life. From 2 on a person is asked about
    what cannot be undone; from 3 on what undoes a node in a loop is told the `last` that the node was given.
    """

    run_id: str
    workflow: str
    plan: str
    inputs: dict[str, Raw]
    task_root: str
    key: str | None = None
    continues: str | None = None
    relation: Literal["fork", "retry"] | None = None
    taken: dict[str, Raw] = {}
    machine: int = 1
    by: Identity | None = None


class NodeSucceeded(Event, frozen=True, kw_only=True):
    path: str
    output: Raw
    attempt: int = 1


class AttemptFailed(Event, frozen=True, kw_only=True):
    path: str
    failure: Failure
    attempt: int = 1


class TimerFired(Event, frozen=True, kw_only=True):
    timer: str


class SignalReceived(Event, frozen=True, kw_only=True):
    name: str
    payload: Raw
    by: str | None = None


class PlanEdited(Event, frozen=True, kw_only=True):
    """`patch` is the JSON text of the edit; `plan` the content hash of the definition it leads to.

    `undoes` is the `seq` of the edit that this one takes back.
    """

    patch: Raw
    plan: str
    by: str | None = None
    reason: str | None = None
    undoes: int | None = None


class Decided(Event, frozen=True, kw_only=True):
    """A person has decided a task. `values` fit the form; `rule` is what allowed it, `shown` the digest of what they
    saw.

    `shown` is the SHA-256, in hex, of the task's question as JSON text (`concertato.run.question`).
    """

    task: str
    choice: str
    by: Identity
    reason: str | None = None
    values: Raw = NULL
    rule: str = ""
    shown: str = ""


class TaskDelegated(Event, frozen=True, kw_only=True):
    """Somebody who could decide a task has handed it to somebody else, who decides it from now on."""

    task: str
    to: str
    by: Identity
    reason: str | None = None


class RecoveryDecided(Event, frozen=True, kw_only=True):
    """A recovery agent has answered. `answer` is what it gave, whole; whether it may be is for the machine to say.

    `misfit` is what the node's own agent has against the inputs that it is to be tried again with.
    """

    path: str
    answer: Raw
    attempt: int = 1
    misfit: str | None = None


class RunPaused(Event, frozen=True, kw_only=True):
    by: str | None = None
    reason: str | None = None


class RunResumed(Event, frozen=True, kw_only=True):
    by: str | None = None
    reason: str | None = None


class CancelRequested(Event, frozen=True, kw_only=True):
    rollback: bool = False
    by: str | None = None
    reason: str | None = None


class CompensationSucceeded(Event, frozen=True, kw_only=True):
    path: str
    attempt: int = 1
    output: Raw = NULL


class CompensationFailed(Event, frozen=True, kw_only=True):
    path: str
    failure: Failure
    attempt: int = 1


class RunFinished(Event, frozen=True, kw_only=True):
    """The end. `undone_left` are the paths of what should have been undone and could not be.

    Outputs stand one by one, as inputs do: a big one is often a node's whole output, and is then stored once.
    """

    status: Literal["succeeded", "failed", "rolled_back", "cancelled"]
    outputs: dict[str, Raw] = {}
    failure: Failure | None = None
    path: str | None = None
    undone_left: list[str] = []


class LateResult(Event, frozen=True, kw_only=True):
    """An answer that came after it could matter. Kept for the record; it changes nothing."""

    path: str
    attempt: int
    outcome: Literal["succeeded", "failed"]
    output: Raw = NULL
    failure: Failure | None = None


AnyEvent = (
    RunStarted
    | NodeSucceeded
    | AttemptFailed
    | TimerFired
    | SignalReceived
    | PlanEdited
    | Decided
    | TaskDelegated
    | RecoveryDecided
    | RunPaused
    | RunResumed
    | CancelRequested
    | CompensationSucceeded
    | CompensationFailed
    | RunFinished
    | LateResult
)

AUDITED = (Decided, TaskDelegated, RecoveryDecided, PlanEdited, RunPaused, RunResumed, CancelRequested)


def has_author(event: AnyEvent) -> bool:
    """Whether somebody did this: the journal chains the hashes of such events, so that a later change is found."""
    return isinstance(event, AUDITED) or (isinstance(event, RunStarted) and event.by is not None)


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(AnyEvent).decode
