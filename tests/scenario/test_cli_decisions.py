"""What went wrong in a run and what was done about it, read from the command line in every form."""

import json
from pathlib import Path

import pytest

from support.command import Command, Folder

TRIP = """
name: trip
nodes:
  - {id: seat, type: book, retry: {initial: 1ms, jitter: 0}, compensate: {type: cancel}}
  - id: room
    type: reserve
    inputs: [seat.output]
    on_failure:
      - fallback: {type: other_house}
      - recover: {type: sage, may: [skip, rollback]}
  - id: taxi
    type: call
    inputs: [room.output]
"""

AGENTS = """
from concertato import AgentError, agent

asked = []


@agent
async def book() -> str:
    asked.append(1)
    if len(asked) == 1:
        raise AgentError("nobody answers", kind="unavailable")
    return "seat 12"


@agent
async def cancel(input: dict, output: str) -> None:
    pass


@agent
async def reserve(seat: str) -> str:
    raise AgentError("the house is full", kind="rejected")


@agent
async def other_house(seat: str) -> str:
    raise AgentError("<b>closed</b> | *for the winter*", kind="rejected")


@agent
async def sage(problem: dict) -> dict:
    return {"action": "rollback", "reason": "no room, no trip"}


@agent
async def call(room: str) -> str:
    return "called"
"""


@pytest.fixture
def concertato(tmp_path: Path) -> Command:
    folder = Folder(tmp_path)
    folder.write("trip.yaml", TRIP)
    folder.write("agents.py", AGENTS)
    done = folder.command("run", "trip.yaml")
    assert done.status == 1, done.err
    assert "recovering" in done.out
    return folder.command


def test_the_decision_path_has_every_rung_in_order(concertato: Command) -> None:
    told = concertato("show", "last", "--decisions").out
    in_order = [
        "attempt 1 failed (unavailable): agent 'book': nobody answers",
        "; the next one comes ",
        "attempt 1 failed (rejected): ",
        "failed for good after 1 attempt (rejected): agent 'reserve'",
        "rung 1 of 2 of its own ladder: ",
        "attempt 1 failed (rejected): ",
        "rung 2 of 2 of its own ladder: ",
        "agent 'sage' is asked what is to become of it",
        "agent 'sage' chose rollback: no room, no trip",
        "rollback: what was done is undone",
        "being undone by agent 'cancel', attempt 1",
        "undone\n",
        "the run ended: rolled back at room (rejected): ",
    ]
    place = 0
    for said in in_order:
        assert said in told[place:], said
        place = told.index(said, place)
    headings = [line for line in told.splitlines() if line in ("seat", "room", "taxi", "the run")]
    assert headings[:2] == ["seat", "room"]


def test_as_json_it_is_whole_and_each_step_has_its_event(concertato: Command) -> None:
    found = json.loads(concertato("show", "last", "--decisions", "--json").out)
    assert found["run"]["status"] == "rolled_back"
    assert found["by"]["established"] == "operating-system account"
    steps = found["steps"]
    assert [step["seq"] for step in steps] == sorted(step["seq"] for step in steps)
    saw = next(step for step in steps if step["step"] == "recovery_asked")["detail"]["problem"]
    assert "rollback" in json.dumps(saw)
    assert {"attempt_failed", "rung", "recovery_decided", "compensated", "ended"} <= {step["step"] for step in steps}


def test_as_a_document_nothing_is_shortened_and_nothing_is_markup(concertato: Command) -> None:
    page = concertato("show", "last", "--decisions", "--format", "markdown").out
    assert page.startswith("# Decisions of run ")
    assert "| status | rolled back |" in page
    assert "\\<b\\>closed\\</b\\> \\| \\*for the winter\\*" in page
    assert "Nobody decided anything." in page
    assert "…" not in page
    saw = json.loads(page.split("```json\n")[1].split("```")[0])
    assert saw["failure"]["message"].startswith("agent 'other_house': <b>closed</b> | *for the winter*")


def test_a_form_is_for_the_decision_path_alone(concertato: Command) -> None:
    done = concertato("show", "last", "--format", "markdown")
    assert (done.status, "expected --format beside --decisions" in done.err) == (2, True)
