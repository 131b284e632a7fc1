"""Journals that older versions wrote replay to where they led then. Histories are added, and never edited."""

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from concertato.run.events import AnyEvent, RunFinished
from support.golden import HISTORIES, read, replayed, statuses

FILES = sorted(HISTORIES.glob("*/*.json"))


@pytest.mark.parametrize("file", FILES, ids=[f"{file.parent.name}/{file.stem}" for file in FILES])
def test_an_old_journal_leads_where_it_led(file: Path) -> None:
    history = read(file)
    run = replayed(bytes(history.document), history.events)
    assert run.status == history.status
    assert statuses(run) == history.nodes
    for recorded in history.events:
        if isinstance(recorded, RunFinished):
            assert run.finished is not None
            assert run.finished.outputs in {None, msgspec.json.encode(recorded.outputs)}
            assert (run.finished.outputs is None) == (recorded.status != "succeeded")
            assert (run.finished.failure, run.finished.path) == (recorded.failure, recorded.path)


def test_there_are_histories_of_this_version() -> None:
    assert len(FILES) >= 10


def test_every_field_of_every_event_is_in_a_history() -> None:
    """What has its default is not written: a field that is added needs a story in which it has another value."""
    written: dict[str, set[str]] = {}
    for file in FILES:
        for event in msgspec.json.decode(file.read_bytes())["events"]:
            written.setdefault(event["event"], set()).update(event)
    missing = {kind.__name__: {*kind.__struct_fields__} - written[kind.__name__] for kind in get_args(AnyEvent)}
    assert not any(missing.values()), missing


def test_every_kind_of_event_is_in_a_history() -> None:
    assert {type(event) for file in FILES for event in read(file).events} == set(get_args(AnyEvent))
