"""Every exit status of the command line and which error leads to which."""

from enum import IntEnum

from concertato.errors import ConcertatoError, InternalFault, JournalError, RunError
from concertato.run.status import RunStatus


class Exit(IntEnum):
    """128 + the signal's number for a run that a signal stopped, as shells count."""

    OK = 0
    FAILED = 1
    USAGE = 2
    WAITING = 3
    JOURNAL = 4
    SURPRISES = 5
    BUG = 70
    INTERRUPTED = 130
    PIPE = 141
    TERMINATED = 143


MEANING = {
    Exit.OK: "done: the run succeeded, or what was asked for was done",
    Exit.FAILED: "the run failed, was rolled back or was cancelled; of a batch: at least one row did not succeed; "
    "of an audit: the record is not as it was made",
    Exit.USAGE: "a mistake in the command, the definition, the agents or the inputs, or a request that the run refuses",
    Exit.WAITING: "the run is whole but not finished: it waits for a signal, a person, a time, or to be resumed",
    Exit.JOURNAL: "the journal cannot do its work: in use by another process, missing, full, read-only or corrupt",
    Exit.SURPRISES: "a simulation has come upon surprises",
    Exit.BUG: "a fault in Concertato itself",
    Exit.INTERRUPTED: "stopped by Ctrl-C; `concertato resume` goes on",
    Exit.PIPE: "whoever read the output stopped reading; `concertato resume` goes on",
    Exit.TERMINATED: "stopped by SIGTERM; `concertato resume` goes on",
}


class Interrupted(Exception):
    """The work was stopped by a signal and everything is closed. `exit` is the process's exit status."""

    def __init__(self, number: int) -> None:
        self.exit = Exit(128 + number)
        super().__init__(self.exit.name)


def of_error(error: Exception) -> Exit:
    match error:
        case JournalError():
            return Exit.JOURNAL
        case RunError():
            return Exit.FAILED
        case InternalFault():
            return Exit.BUG
        case ConcertatoError():
            return Exit.USAGE
        case _:
            return Exit.BUG


def of_status(status: str) -> Exit:
    """The exit status of a run that stands at `status`."""
    known = RunStatus(status)
    if known is RunStatus.SUCCEEDED:
        return Exit.OK
    return Exit.FAILED if known.ended else Exit.WAITING
