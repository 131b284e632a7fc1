"""From a journal to a run as it stood: the same machine, fed the same events, its commands dropped."""

from collections.abc import Iterable
from functools import lru_cache

from concertato.errors import JournalCorrupt, UnknownRun
from concertato.journal.contract import JournalReader, RunRow, StoredEvent
from concertato.plan.compile import compile_document
from concertato.plan.fingerprint import fingerprint
from concertato.plan.model import Plan
from concertato.run.chronicle import Chronicler
from concertato.run.events import RunStarted
from concertato.run.machine import begin, step
from concertato.run.refusal import Refusal
from concertato.run.state import Observer, Run


@lru_cache(maxsize=256)
def plan_of(document: bytes) -> Plan:
    """The plan of a stored definition. Many runs share few definitions, so they are compiled once.

    Raises `JournalCorrupt`.
    """
    try:
        return compile_document(document)
    except Exception as error:  # it was checked when it was stored, so what is wrong with it now can be anything
        raise JournalCorrupt(
            f"the stored definition {fingerprint(document)} cannot be compiled ({type(error).__name__}): expected one "
            "that was checked when it was stored. Restore the journal from a backup, or, if a newer Concertato has "
            "written it, read it with that one"
        ) from error


def row_of(journal: JournalReader, run_id: str) -> RunRow:
    """The run with this id, or the only one whose id ends so. Raises `UnknownRun`."""
    row = journal.find(run_id)
    if row is None:
        raise UnknownRun(
            f"no run '{run_id}' in this journal; expected a run's id, or an ending of it (6 characters at least) "
            "that only one run has"
        )
    return row


def replay(
    journal: JournalReader, row: RunRow, *, observer: Observer | None = None, keep: bool = False
) -> tuple[Run, int]:
    """The run as its journal leaves it, and the `seq` of its last event. Raises `JournalCorrupt`."""
    return replay_events(journal, row, journal.events(row.number), observer=observer, keep=keep)


def replay_events(
    journal: JournalReader,
    row: RunRow,
    events: Iterable[StoredEvent],
    *,
    observer: Observer | None = None,
    teller: Chronicler | None = None,
    keep: bool = False,
) -> tuple[Run, int]:
    run: Run | None = None
    seq = -1
    for stored in events:
        seq, event = stored.seq, stored.event
        if run is None:
            if not isinstance(event, RunStarted):
                break
            run, _ = begin(plan_of(journal.document(event.plan)), event, observer=observer, teller=teller, keep=keep)
        elif isinstance(refusal := step(run, event), Refusal):
            raise JournalCorrupt(f"run {row.run_id}, event {seq}: the journal contradicts itself: {refusal.reason}")
    if run is None:
        raise JournalCorrupt(f"run {row.run_id}: expected its first event to be RunStarted; restore it from a backup")
    return run, seq
