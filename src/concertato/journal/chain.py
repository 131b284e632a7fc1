"""The audit chain: how an event is digested and a link made, and the chain's end, to which the writer adds.

Both are a format on disk: what they give for the same facts never changes.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from typing import Any

import msgspec

from concertato.journal.statements import SQL, Fetch
from concertato.run.events import decode, has_author

START = "0" * 64
"""What stands before the first link."""

_PAGE = 1000


def digest(body: bytes, refs: str | None) -> str:
    """The SHA-256, in hex, of an event's text as it is stored; where it has big values, of what says which, too.

    The length before the two keeps one from passing into the other: no event's text begins with a digit.
    """
    if refs is None:
        return sha256(body).hexdigest()
    return sha256(b"%d\n%b%b" % (len(body), body, refs.encode())).hexdigest()


def link(previous: str, run_id: str, seq: int, digest: str) -> str:
    """The SHA-256, in hex, of the JSON array of the link before it and of what this one says."""
    return sha256(msgspec.json.encode([previous, run_id, seq, digest])).hexdigest()


def unlinked(fetch: Fetch) -> Iterator[tuple[str, int, bytes, str | None]]:
    """Run id, seq and stored text of every event that somebody did and that has no link, in the order written."""
    after = 0
    while page := fetch("unlinked_page", after=after, limit=_PAGE):
        for _, run_id, seq, body, refs in page:
            with suppress(msgspec.MsgspecError):  # what is no event was done by nobody
                if has_author(decode(body)):
                    yield run_id, seq, body, refs
        after = page[-1][0]


class Chain:
    """The end of a journal's chain; a link is made in the transaction that writes its event."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._write = connection
        end: tuple[int, str] = connection.execute(SQL["head_of_chain"]).fetchone() or (0, START)
        self._position, self._head = end
        if connection.execute(SQL["links_are_due"]).fetchone():
            self._catch_up()

    def link(self, number: int, seq: int, body: bytes, refs: str | None) -> None:
        """Link the event of this number and seq, whose stored text and refs these are."""
        found = self._write.execute(SQL["run_id_of"], (number,)).fetchone()
        if found is not None:  # otherwise the run was purged meanwhile, and its event is nobody's
            self._add(found[0], seq, digest(body, refs))

    def _add(self, run_id: str, seq: int, digest_: str) -> None:
        self._head = link(self._head, run_id, seq, digest_)
        self._position += 1
        self._write.execute(SQL["insert_link"], (self._position, run_id, seq, digest_, self._head))

    def _catch_up(self) -> None:
        """Link what was done before the journal had a chain."""

        def fetch(statement: str, **parameters: object) -> list[tuple[Any, ...]]:
            return self._write.execute(SQL[statement], parameters).fetchall()

        self._write.execute("BEGIN IMMEDIATE")
        try:
            for run_id, seq, body, refs in unlinked(fetch):
                self._add(run_id, seq, digest(body, refs))
            self._write.execute(SQL["links_are_made"])
        except BaseException:
            self._write.execute("ROLLBACK")
            raise
        self._write.execute("COMMIT")
