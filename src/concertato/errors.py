"""Every exception that Concertato raises, split by who must act. Each carries a stable code that people can search for.

ConcertatoError
├── DefinitionError        the author of the workflow mends the definition; `.problems` lists every mistake
├── AgentError             raised by an agent to say what kind of failure it met
├── RequestError           the caller asked for something that cannot be done
│   ├── UnknownRun             CT301
│   ├── UnknownAgent           CT302
│   ├── Refused                CT303  the run exists and does not accept the request, with the reason
│   ├── KeyConflict            CT304  the idempotency key belongs to a run of something else
│   ├── InvalidInput           CT305  the inputs do not fit what the definition declares
│   ├── AgentsNotLoaded        CT306  the module or file that holds the agents cannot be imported
│   └── UnknownTask            CT307  no task for people of this name
├── RunError               the run ended otherwise than by succeeding; `.run_id`, `.failure`
│   ├── RunFailed              CT311
│   ├── RunRolledBack          CT312
│   └── RunCancelled           CT313
├── InternalFault          CT900  a fault of ours; the run is in the journal as it was before it
└── JournalError           the operator mends the machine
    ├── JournalLocked          CT401  another live process drives this journal
    ├── JournalCorrupt         CT402
    ├── JournalFull            CT403  the disk is full
    ├── JournalReadOnly        CT404
    ├── JournalTooNew          CT405  written by a newer Concertato
    └── JournalNotFound        CT406
"""

from enum import StrEnum
from typing import ClassVar


class FailureKind(StrEnum):
    """Why an attempt failed. `TRANSIENT` are retried unless `retry.on` says otherwise."""

    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    RATE_LIMITED = "rate_limited"
    INVALID_INPUT = "invalid_input"
    INVALID_OUTPUT = "invalid_output"
    REJECTED = "rejected"
    INTERNAL = "internal"
    CANCELLED = "cancelled"


TRANSIENT = frozenset(
    {FailureKind.TIMEOUT, FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED, FailureKind.INVALID_OUTPUT}
)


class ConcertatoError(Exception):
    """Whatever Concertato raises on purpose."""

    code: ClassVar[str] = "CT000"


class AgentError(ConcertatoError):
    """Raise it in an agent to say what went wrong.

    `kind` is a `FailureKind` or its name; `retry_after` is the least number of seconds to wait before the next attempt,
    or its text, as a server's header has it.
    """

    code = "CT201"

    def __init__(
        self, message: str, *, kind: FailureKind | str = FailureKind.INTERNAL, retry_after: float | str | None = None
    ) -> None:
        super().__init__(message)
        try:
            self.kind = FailureKind(kind)
        except ValueError:
            raise ValueError(f"expected kind to be one of {', '.join(FailureKind)}, got: {kind!r}") from None
        self.retry_after = None if retry_after is None else _seconds(retry_after)

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword-only arguments do not cross a process border by themselves.
        return (_rebuild_agent_error, (str(self), self.kind.value, self.retry_after))


def _seconds(retry_after: float | str) -> float:
    # What is no length of time would go into a journal, and could neither be waited for nor be read again.
    try:
        seconds = float(retry_after)
    except (TypeError, ValueError):
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"expected retry_after to be a number of seconds, got: {retry_after!r}")
    return seconds


def _rebuild_agent_error(message: str, kind: str, retry_after: float | None) -> AgentError:
    return AgentError(message, kind=kind, retry_after=retry_after)


class RequestError(ConcertatoError):
    """The caller asked for something that cannot be done as asked."""

    code = "CT300"


class UnknownRun(RequestError):
    code = "CT301"


class UnknownAgent(RequestError):
    code = "CT302"


class Refused(RequestError):
    """The run exists and does not accept the request; the message says why."""

    code = "CT303"


class KeyConflict(RequestError):
    code = "CT304"


class InvalidInput(RequestError):
    code = "CT305"


class AgentsNotLoaded(RequestError):
    code = "CT306"


class UnknownTask(RequestError):
    code = "CT307"


class RunError(ConcertatoError):
    """The run ended otherwise than by succeeding. `kind` and `path` say what failed and where, when something did."""

    code = "CT310"

    def __init__(self, message: str, *, run_id: str, kind: FailureKind | None = None, path: str | None = None) -> None:
        super().__init__(message)
        self.run_id = run_id
        self.kind = kind
        self.path = path


class RunFailed(RunError):
    code = "CT311"


class RunRolledBack(RunError):
    code = "CT312"


class RunCancelled(RunError):
    code = "CT313"


class JournalError(ConcertatoError):
    """The journal cannot do its work; the message says what was kept and what to do."""

    code = "CT400"


class JournalLocked(JournalError):
    code = "CT401"


class JournalCorrupt(JournalError):
    code = "CT402"


class JournalFull(JournalError):
    code = "CT403"


class JournalReadOnly(JournalError):
    code = "CT404"


class JournalTooNew(JournalError):
    code = "CT405"


class JournalNotFound(JournalError):
    code = "CT406"


class InternalFault(ConcertatoError):
    """A fault in Concertato itself, met while it worked on one run. What the journal holds of that run is whole."""

    code = "CT900"
