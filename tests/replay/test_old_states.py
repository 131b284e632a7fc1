"""States that older versions wrote go on from there as their runs did. Files are added, and never edited."""

from pathlib import Path

import pytest

from concertato.plan.compile import compile_document
from concertato.run.codec import decode_state
from concertato.run.stored import VERSION
from support.golden import HISTORIES, STATES, go_on, read, read_state, replayed

FILES = sorted(STATES.glob("*/*.json"))


@pytest.mark.parametrize("file", FILES, ids=[f"{file.parent.name}/{file.stem}" for file in FILES])
def test_an_old_state_goes_on_to_where_its_run_came(file: Path) -> None:
    stored = read_state(file)
    history = read(HISTORIES / stored.history)
    run = decode_state(compile_document(bytes(stored.document)), stored.bytes)
    go_on(run, history.events[stored.seen :])
    assert run.status == history.status
    assert run.finished == replayed(bytes(history.document), history.events).finished
    at_the_end = {node.id: run.root.status[node.number].value for node in run.root.plan.nodes}
    assert at_the_end == {path: status for path, status in history.nodes.items() if "/" not in path}


def test_every_version_of_the_format_has_its_states() -> None:
    assert {file.parent.name for file in FILES} == {str(version) for version in range(1, VERSION + 1)}
