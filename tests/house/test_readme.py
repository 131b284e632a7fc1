"""The README is true: its own commands run its workflow and show it, and its picture is the graph of the demo."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from concertato import simulate
from concertato.plan.compile import compile_plan
from concertato.plan.draw import to_mermaid
from support.source import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", README, re.DOTALL))
COMMANDS = [
    (command, 3 if ends == ": waits" else 0)
    for ends, block in re.findall(r"<!-- run(: waits)? -->\n```sh\n(.*?)```", README, re.DOTALL)
    for command in block.splitlines()
]
"""Each with the status that it ends with: 3 where the run then waits for somebody."""
PROGRAMS = {".venv/bin/concertato": ["-m", "concertato"], ".venv/bin/python": []}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each of the README's commands prints, given one after the other in a folder with the README's files."""
    folder = tmp_path_factory.mktemp("newcomer")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {command: give(command, folder, status) for command, status in COMMANDS}


def give(command: str, folder: Path, status: int) -> str:
    program, *arguments = shlex.split(command)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CONCERTATO_")}
    outcome = subprocess.run(
        [sys.executable, *PROGRAMS[program], *arguments],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == status, f"{command}\n{outcome.stdout}{outcome.stderr}"
    return outcome.stdout


def test_the_first_workflow_does_what_the_readme_says(said: dict[str, str]) -> None:
    first, second, runs, show, *_ = said.values()
    assert "trying again" in first
    assert "We found an invoice of 120.00." in first
    assert "skipped" in second
    assert runs.count("ticket") == 2
    assert "skipped" in show


def test_the_builders_workflow_does_the_same(said: dict[str, str]) -> None:
    assert "We found an invoice of 120.00." in said[".venv/bin/python ticket.py"]


def test_people_decide_as_the_readme_says(said: dict[str, str]) -> None:
    tasks, path, audit = (
        said[f".venv/bin/concertato {words}"] for words in ("tasks", "show last --decisions", "audit verify")
    )
    assert "invoice~failed" in tasks
    assert "role:support" in tasks
    for word in ("the archive does not answer", "it is up again", "approve", "a good customer", "ann"):
        assert word in path
    assert "sound" in audit


def test_simulations_come_to_what_the_readme_says(said: dict[str, str]) -> None:
    ticket, refund = (said[f".venv/bin/concertato simulate {name}.yaml"] for name in ("ticket", "refund"))
    assert "no surprises" in ticket
    assert "no surprises" in refund
    assert "waits for ever for a decision on task 'invoice~failed'" in refund
    trip = simulate(
        ROOT / "examples" / "trip_booking" / "booking.yaml", agents=ROOT / "examples/trip_booking/agents.py"
    )
    told = " ".join(README.split())
    assert [each for each in trip.surprises if each.text not in told] == []


def test_the_picture_is_the_demos_graph() -> None:
    file, picture = re.findall(r"<!-- graph: (\S+) -->\n```mermaid\n(.*?)```", README, re.DOTALL)[0]
    assert picture.strip() == to_mermaid(compile_plan(ROOT / file)).strip()
