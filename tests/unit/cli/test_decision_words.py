"""A decision path in words: every step has them, in every form, and nothing that an agent says breaks out of one."""

import io
import json
import re
from typing import Any

import msgspec
import pytest

from concertato.cli.decisions.markdown import document, text, utc
from concertato.cli.decisions.timeline import tell_timeline
from concertato.cli.decisions.words import WORDS, told
from concertato.cli.screen import Screen
from concertato.cli.text import moment
from concertato.engine.contract import DecisionStep, RunView
from concertato.journal.contract import RunRow
from concertato.run.chronicle import STEPS
from concertato.run.events import Identity

RUN = "01J00000000000000000000ABC"
ANN = Identity("ann", ["risk_officer"], "operating-system account")
DIGEST = "5f" * 32

DETAILS: dict[str, dict[str, Any]] = {
    "attempt_failed": {"agent": "pay", "attempt": 1, "kind": "unavailable", "message": "no bank", "delay": 1.5},
    "failed": {"kind": "unavailable", "message": "no bank", "attempts": 3},
    "rung": {"rung": 1, "of": 3, "what": "fallback to agent 'cash'", "ladder": "node"},
    "passed_over": {"what": "recover by agent 'sage'", "why": "it has been asked 3 times"},
    "fallback_succeeded": {"agent": "cash"},
    "recovery_asked": {"agent": "sage", "problem": {"failure": {"kind": "rejected"}, "long": "x" * 300}},
    "recovery_decided": {"agent": "sage", "accepted": True, "action": "skip", "reason": "nobody needs it"},
    "task_opened": {
        "task": "pay~1", "about": "failure", "to": ["role:ops"], "title": "Pay?", "due": 20.0, "shown": DIGEST,
        "question": '{"title":"Pay?"}',
    },
    "task_reminded": {"task": "pay~1"},
    "task_delegated": {"task": "pay~1", "to": "user:bob", "by": ANN, "reason": "away"},
    "task_handed_over": {"task": "pay~1", "to": ["role:boss"], "due": 30.0},
    "task_timed_out": {"task": "pay~1", "default": "skip"},
    "task_cancelled": {"task": "pay~1"},
    "decided": {
        "task": "pay~1", "choice": "use_output", "by": ANN, "reason": "paid in cash", "values": {"output": {"paid": 3}},
        "rule": "role:risk_officer may decide it", "shown": DIGEST, "final": True, "approvals": ["ann: use_output"],
    },
    "action": {"action": "retry", "inputs": ["amount"]},
    "stopping": {"cause": "failure", "rollback": True, "kind": "rejected", "message": "no"},
    "compensating": {"agent": "refund", "attempt": 1},
    "compensated": {"by_hand": True},
    "compensation_failed": {"attempt": 1, "kind": "unavailable", "message": "no bank", "delay": 2.0},
    "compensation_left": {"kind": "unavailable", "message": "no bank"},
    "edited": {"by": "ann", "reason": "he asked", "in": "checks", "added": ["audit"], "removed": ["old"],
               "replaced": [], "undoes": 4},
    "proposed": {"agent": "planner", "added": ["look", "mend"]},
    "proposal_refused": {"agent": "planner", "mistakes": ["CT104 node 'x' refers to 'y'"]},
    "cancel_requested": {"by": "ann", "reason": "enough", "rollback": True},
    "paused": {"by": None, "reason": None},
    "resumed": {"by": "ann", "reason": None},
    "ended": {"status": "rolled_back", "kind": "rejected", "message": "no", "path": "pay", "undone_left": ["ship"]},
}  # fmt: skip

SAID = {
    "attempt_failed": "attempt 1 of agent 'pay' failed (unavailable): no bank; the next one comes 1.50 s later",
    "failed": "failed for good after 3 attempts (unavailable): no bank",
    "rung": "rung 1 of 3 of its own ladder: fallback to agent 'cash'",
    "recovery_decided": "agent 'sage' chose skip: nobody needs it",
    "task_opened": "role:ops asked to decide task 'pay~1', by at 20: Pay?",
    "task_delegated": "ann handed task 'pay~1' on to user:bob: away",
    "task_timed_out": "nobody decided task 'pay~1' in time: skip by default",
    "decided": "ann decided task 'pay~1': use_output: paid in cash",
    "action": "retry: it is tried again, with other amount",
    "compensated": "undone by hand, as a person said",
    "edited": "ann edited the plan in checks: added audit, removed old, taking back the edit of event 4: he asked",
    "paused": "somebody paused the run",
    "ended": "the run ended: rolled back at pay (rejected): no",
}


def step(name: str, path: str = "pay", seq: int = 3, **detail: Any) -> DecisionStep:
    return DecisionStep(seq=seq, at=10.0, step=name, path=path, detail={**DETAILS[name], **detail})


def view(**fields: Any) -> RunView:
    row = RunRow(
        number=1, run_id=RUN, workflow="order", plan="d1", status="rolled_back", started_at=10.0, ended_at=12.5
    )
    return RunView(run=row, inputs={"amount": msgspec.Raw(b"3")}, nodes=(), **fields)


def timeline(*steps: DecisionStep) -> str:
    stream = io.StringIO()
    tell_timeline(view(), ANN, steps, Screen(stream, colour=False))
    return stream.getvalue()


def test_every_step_of_a_decision_path_has_words_and_no_other() -> None:
    assert set(WORDS) == set(STEPS)


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_step_is_told_in_every_form(name: str) -> None:
    words = told(step(name), lambda at: f"at {at:.0f}")
    assert words.sentence == SAID.get(name, words.sentence)
    assert "None" not in words.sentence
    assert told(step(name), moment).sentence in timeline(step(name))
    assert f"event 3, **pay**: {text(told(step(name), utc).sentence)}\n" in document(view(), ANN, [step(name)])


@pytest.mark.parametrize("name", sorted(STEPS))
def test_every_detail_that_a_step_may_have_is_in_the_example_of_it(name: str) -> None:
    described = STEPS[name].split("(")[0] if name == "action" else STEPS[name]
    assert set(re.findall(r"`(\w+)`", described)) - {"node", "workflow", "why"} <= set(DETAILS[name])


def test_an_answer_that_does_not_count_says_why() -> None:
    words = told(step("recovery_decided", accepted=False, why="expected one of skip, got: 'fly'"), str)
    assert words.sentence == "the answer of agent 'sage' does not count: expected one of skip, got: 'fly'"


def test_an_approval_of_several_says_that_more_are_needed() -> None:
    words = told(step("decided", final=False, approvals=["bob: skip", "ann: use_output"]), str)
    assert "(so far bob: skip, ann: use_output: more people are needed)" in words.sentence


def test_a_timeline_has_a_heading_for_each_node_and_steps_in_a_scope_to_its_right() -> None:
    lines = timeline(step("failed"), step("rung"), step("compensated", "checks[0]/book")).splitlines()
    assert lines[2] == "started by ann (risk_officer), operating-system account"
    headings = [line for line in lines[3:] if line.strip() in ("pay", "checks[0]/book")]
    assert headings == ["pay", "  checks[0]/book"]
    assert lines[-1].startswith("    ")


def test_what_a_recovery_agent_saw_is_shortened_on_the_screen_and_whole_in_a_document() -> None:
    assert "x" * 300 not in timeline(step("recovery_asked"))
    assert "x" * 300 in document(view(), None, [step("recovery_asked")])


def test_each_mistake_in_a_proposal_has_a_line_of_its_own_to_its_end() -> None:
    mistakes = [
        f"CT127 node 'response/{name}': '{'x' * 99}' is not allowed here; did you mean '{name}'?" for name in "ab"
    ]
    lines = timeline(step("proposal_refused", mistakes=mistakes)).splitlines()
    assert [line.split("mistake ")[1] for line in lines if "CT127" in line] == mistakes


def test_a_document_has_what_people_did_with_who_why_by_which_rule_and_what_was_shown() -> None:
    page = document(view(undone_left=("ship",)), ANN, [step("task_opened"), step("decided"), step("edited")])
    row = next(line for line in page.splitlines() if "decided, task" in line)
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    assert cells[0] == "3"
    assert cells[1].endswith(" UTC")
    assert cells[4:] == [
        "use\\_output",
        "ann (risk\\_officer), operating-system account",
        "paid in cash",
        "role:risk\\_officer may decide it",
        f"`{DIGEST}`",
    ]
    assert f'- task pay\\~1: `{DIGEST}`\n\n  ```json\n  {{\n    "title": "Pay?"\n  }}\n  ```\n' in page
    assert "| left undone | ship |" in page
    assert page.index("## What people did") < page.index("## Step by step") < page.index("## What was shown")


@pytest.mark.parametrize(
    "evil",
    [
        "<script>",
        "a | b",
        "# h",
        "`x`",
        "[a](http://b)",
        "**bold**",
        "http://b.example",
        "www.b.example",
        "&lt;",
        "~~x~~",
    ],
)
def test_nothing_that_an_agent_says_is_markup_in_a_document(evil: str) -> None:
    page = document(view(), ANN, [step("failed", message=evil), step("decided", reason=evil)])
    assert not re.search(r"(?<!\\)" + re.escape(evil), page)
    assert text(evil).replace("\\", "") == evil


def test_what_an_agent_says_can_end_neither_its_line_nor_its_block() -> None:
    evil = "one\n## two\n````\n\x1b[2J"
    page = document(view(), ANN, [step("failed", message=evil), step("recovery_asked", problem={"said": evil})])
    assert "\x1b" not in page
    assert "\n## two" not in page
    assert "`````json" in page
    assert "\x1b" not in timeline(step("failed", message=evil))


def test_a_run_in_which_nothing_went_wrong_says_so() -> None:
    assert "nothing had to be decided" in timeline()
    assert "Nothing had to be decided." in document(view(), None, [])


def test_what_was_edited_and_proposed_stands_whole_in_a_document() -> None:
    patch, body = {"add": {"nodes": [{"id": "audit", "type": "tell"}]}}, {"nodes": [{"id": "look", "type": "x" * 200}]}
    page = document(view(), ANN, [step("edited", path="", patch=patch), step("proposed", body=body)])
    blocks = [json.loads(part.split("```")[0]) for part in page.split("```json\n")[1:]]
    assert blocks == [patch, body]
    row = next(line for line in page.splitlines() if line.startswith("| 3 |"))
    assert row.split(" | ")[3] == "edited checks: added audit, removed old"


def test_where_nothing_is_undone_it_is_not_said_to_be() -> None:
    said = [told(step("stopping", rollback=rollback), str).sentence for rollback in (True, False)]
    assert said == [
        "stopped because of a failure; what was done and can be undone is undone next (rejected): no",
        "stopped because of a failure; nothing is undone (rejected): no",
    ]


def test_a_run_that_only_waits_is_said_to_wait_in_every_form() -> None:
    waits = msgspec.structs.replace(view().run, status="running", parked=True, ended_at=None)
    assert "| status | waiting |" in document(msgspec.structs.replace(view(), run=waits), None, [])
