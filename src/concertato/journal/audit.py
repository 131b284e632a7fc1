"""Whether anybody has changed the record of what people and agents decided: the audit chain held against the events."""

from collections.abc import Iterator
from itertools import chain

import msgspec

from concertato.journal.chain import START, link
from concertato.journal.contract import AuditRow, JournalReader


class Problem(msgspec.Struct, frozen=True):
    """What is not as it was recorded, and of which event. `seq` is -1 where that is a whole journal's."""

    run_id: str
    seq: int
    what: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`head` is the chain's last link: whoever notes it elsewhere can tell later that nothing was taken from the end.

    `purged` of the `links` are of runs that have been purged, whose events can no longer be compared.
    """

    head: str
    links: int
    purged: int
    problems: list[Problem]


class _Count:
    """What is counted on the way along the chain."""

    def __init__(self) -> None:
        self.head = START
        self.links = 0
        self.purged = 0


def verify(journal: JournalReader, *, head: str | None = None) -> Verdict:
    """Go along the whole chain, and then through the events for those that it does not know.

    A chain alone cannot show that links are missing at its end, nor that all of it was made anew: with `head`, a chain
    noted earlier, both are found.
    """
    count = _Count()
    noted = _Noted(head)
    problems = list(chain(_links(journal, count, noted), _unlinked(journal), noted.problems()))
    return Verdict(head=count.head, links=count.links, purged=count.purged, problems=problems)


class _Noted:
    """The chain's head as the caller noted it earlier: it must come by."""

    def __init__(self, head: str | None) -> None:
        self._head = None if head is None else head.strip().lower()
        self._seen = self._head in {None, START}

    def passes(self, row: AuditRow) -> None:
        self._seen = self._seen or row.chain == self._head

    def problems(self) -> Iterator[Problem]:
        if not self._seen:
            what = (
                f"records are missing at the end, or all of them were written anew: expected to meet the link "
                f"{self._head} that was noted earlier"
            )
            yield Problem("", -1, what)


def _links(journal: JournalReader, count: _Count, noted: _Noted) -> Iterator[Problem]:
    runs = _Runs(journal)
    for row in journal.audit():
        noted.passes(row)
        if row.chain != link(count.head, row.run_id, row.seq, row.digest):
            what = "the chain is broken here: this record or the one before it was changed, removed or put in"
            yield Problem(row.run_id, row.seq, what)
        count.head = row.chain  # whatever it is: one break is told once
        count.links += 1
        found = journal.event_digest(row.run_id, row.seq)
        if found == row.digest:
            continue
        if found is not None:
            yield Problem(row.run_id, row.seq, "the event was changed after it was recorded")
        elif runs.has(row.run_id):
            yield Problem(row.run_id, row.seq, "the event is missing, and its run is still there")
        else:
            count.purged += 1


def _unlinked(journal: JournalReader) -> Iterator[Problem]:
    for run_id, seq in journal.unlinked():
        yield Problem(run_id, seq, "the event has no record in the chain: it was added, or its record was removed")


class _Runs:
    """Which runs the journal has. A run's records often follow each other."""

    def __init__(self, journal: JournalReader) -> None:
        self._journal = journal
        self._last: tuple[str, bool] = ("", False)

    def has(self, run_id: str) -> bool:
        if self._last[0] != run_id:
            row = self._journal.find(run_id)
            self._last = (run_id, row is not None and row.run_id == run_id)
        return self._last[1]
