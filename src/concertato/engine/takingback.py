"""Edits of a run, tried without being made, and taken back: which one, and the edit that is its opposite."""

from itertools import takewhile

from concertato.engine.contract import Edit
from concertato.engine.replay import replay, replay_events
from concertato.engine.values import json_text
from concertato.errors import Refused
from concertato.journal.contract import JournalReader, RunRow, StoredEvent
from concertato.plan.model import Plan
from concertato.run.edit import check_edit, opposite
from concertato.run.events import PlanEdited


def checked_edit(journal: JournalReader, row: RunRow, edit: Edit) -> Plan:
    """The plan that the run would have. Raises `DefinitionError`, and `Refused` where the run does not allow it."""
    run, _ = replay(journal, row)
    if run.finished is not None:
        raise Refused(f"run {row.run_id} has ended ({row.status}): its plan can no longer be edited")
    try:
        return check_edit(run, json_text(edit.patch, "the patch"))
    except Refused as refused:
        raise Refused(f"run {row.run_id}: {refused}") from None


def edit_that_takes_back(journal: JournalReader, row: RunRow, seq: int | None) -> tuple[int, bytes]:
    """The `seq` of the edit that is taken back (the last that still stands, if none is named), and its opposite.

    Raises `Refused` where there is no such edit, or it has been taken back already.
    """
    edits = {stored.seq: stored.event for stored in journal.events(row.number) if isinstance(stored.event, PlanEdited)}
    taken_back = {event.undoes: number for number, event in edits.items() if event.undoes is not None}
    standing = [number for number in edits if number not in taken_back and edits[number].undoes is None]
    if seq is None and not standing:
        raise Refused(f"run {row.run_id}: no edit of it stands, and none can be taken back")
    chosen = standing[-1] if seq is None else seq
    if chosen not in edits:
        known = f"its edits are {', '.join(map(str, edits))}" if edits else "it was never edited"
        raise Refused(f"run {row.run_id}: event {chosen} is not an edit; {known}")
    if chosen in taken_back:
        raise Refused(f"run {row.run_id}: edit {chosen} has been taken back already, by edit {taken_back[chosen]}")

    def before(stored: StoredEvent) -> bool:
        return stored.seq < chosen

    run, _ = replay_events(journal, row, takewhile(before, journal.events(row.number)))
    return chosen, opposite(run, bytes(edits[chosen].patch))
