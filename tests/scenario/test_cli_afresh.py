"""Every command finds what it imports in a Python of its own; the other tests mostly fork it with that imported."""

from pathlib import Path

import pytest
from typer.main import get_command

from concertato.cli.app import app
from support.command import Folder

ORDER = """
name: order
nodes:
  - {id: ask, type: human, to: user:ann, choices: ["yes", "no"]}
  - {id: sum, type: set, inputs: {sum: "1 + 1"}}
edges:
  - {from: ask, to: sum, when: "yes"}
"""

CALLS = {
    "run order.yaml": 3,
    "batch order.yaml -i rows.jsonl -o results.jsonl": 3,
    "validate order.yaml": 0,
    "graph order.yaml": 0,
    "schema": 0,
    "simulate order.yaml --runs 10": 0,
    "runs": 0,
    "show last": 0,
    "events last": 0,
    "resume last": 3,
    "cancel last": 0,
    "pause last": 0,
    "signal last go": 3,
    "retry last": 1,
    "fork last": 3,
    "edit last --file patch.yaml --no-wait": 0,
    "tasks": 0,
    "decide last --choice yes --reason so --as ann": 0,
    "delegate last --to user:bob --reason so --as ann": 0,
    "outbox": 0,
    "gc --older-than 1d": 0,
    "audit verify": 0,
}
"""With the status that each ends with, where a run waits for ann."""

BEFORE = {"retry last": "run failing.yaml"}
"""What is done before, for a command that has something to do only then."""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("order.yaml", ORDER)
    folder.write("failing.yaml", "{name: failing, nodes: [{id: sum, type: set, inputs: {sum: 1 / 0}}]}")
    folder.write("rows.jsonl", "{}\n")
    folder.write("patch.yaml", "add:\n  nodes:\n    - {id: more, type: set, inputs: {sum: 1 + 2}}\n")
    assert folder.command("run", "order.yaml").status == 3
    return folder


@pytest.mark.parametrize(("call", "status"), CALLS.items())
def test_a_command_does_its_work_in_a_python_of_its_own(folder: Folder, call: str, status: int) -> None:
    if call in BEFORE:
        folder.command(*BEFORE[call].split())
    done = folder.command_afresh(*call.split())
    assert done.status == status, done


def test_there_is_no_other_command() -> None:
    assert {call.split()[0] for call in CALLS} == set(get_command(app).commands)  # type: ignore[attr-defined]
