"""Idempotency keys: the same start, asked for again, is the run of the first."""

from collections.abc import Mapping

import msgspec

from concertato.errors import JournalCorrupt, KeyConflict
from concertato.ids import RunId
from concertato.journal.contract import JournalReader
from concertato.plan.model import Plan
from concertato.run.events import Raw, RunStarted


class Keys:
    """`starting` are the starts whose commit is still under way; the others are found in the journal."""

    def __init__(self, journal: JournalReader) -> None:
        self._journal = journal
        self._starting: dict[str, RunStarted] = {}

    def begin(self, started: RunStarted) -> None:
        if started.key is not None:
            self._starting[started.key] = started

    def done(self, started: RunStarted) -> None:
        if started.key is not None:
            del self._starting[started.key]

    def run_of(self, key: str, plan: Plan, inputs: Mapping[str, Raw]) -> RunId | None:
        """The run that was started with this key. Raises `KeyConflict` when that was another start."""
        started = self._starting.get(key) or self._stored(key)
        if started is None:
            return None
        if started.plan != plan.fingerprint:
            what = "another definition"
        elif _values(started.inputs) != _values(inputs):
            what = "other inputs"
        else:
            return RunId(started.run_id)
        raise KeyConflict(f"key {key!r} belongs to run {started.run_id}, which has {what}; use another key")

    def _stored(self, key: str) -> RunStarted | None:
        row = self._journal.find_key(key)
        if row is None:
            return None
        for stored in self._journal.events(row.number):
            if isinstance(stored.event, RunStarted):
                return stored.event
            break
        raise JournalCorrupt(f"run {row.run_id}: expected its first event to be RunStarted; restore it from a backup")


def _values(inputs: Mapping[str, Raw]) -> dict[str, object]:
    """As values: the order of an object's fields makes no other input."""
    return {name: msgspec.json.decode(text) for name, text in inputs.items()}
