"""People decide what a run asks them, from a terminal; everything here goes through the real command."""

import json
import shlex
from typing import Any

import pytest

from concertato.journal.lock import Lock
from support.command import Command, Folder
from support.terminal import at_a_terminal

ORDER = """
name: order
inputs: {order: object}
nodes:
  - {id: score, type: score, inputs: [order]}
  - id: review
    type: human
    to: [role:risk_officer, user:boss]
    title: "Release order {{ order.id }}?"
    instructions: "It is for {{ order.amount }}, and its risk is {{ score.output }}."
    choices: [{name: approve, title: Release it}, reject]
    form: {type: object, properties: {limit: {type: number, minimum: 0}}, additionalProperties: false}
    timeout: 4h
    default: reject
  - {id: pay, type: pay, inputs: {limit: review.output.values.limit}}
  - {id: refuse, type: refuse}
edges:
  - {from: score, to: review}
  - {from: review, to: pay, when: approve}
  - {from: review, to: refuse, when: reject}
"""

FOUR_EYES = """
name: four_eyes
nodes:
  - id: release
    type: human
    to: role:clerk
    approvals: 2
    not: [initiator]
"""

ESCALATE = """
name: escalate
inputs: {amount: number}
nodes:
  - id: pay
    type: bank
    inputs: {amount: amount}
    on_failure:
      - escalate: {to: role:clerk, may: [retry, use_output, abort]}
"""

MANY = """
name: many
nodes:
  - id: each
    type: map
    over: "[1, 2]"
    nodes:
      - {id: look, type: human, to: role:clerk}
"""

AGENTS = """
from concertato import AgentError, agent


@agent
async def score(order: dict) -> str:
    return "high"


@agent
async def pay(limit: float) -> dict:
    return {"paid": limit}


@agent
async def refuse() -> str:
    return "refused"


@agent
async def bank(amount: float) -> dict:
    if amount > 100:
        raise AgentError("no such \\x1b[31maccount", kind="rejected")
    return {"paid": amount}
"""

OFFICER = ("--as", "ann", "--role", "risk_officer")
CLERK = ("--as", "ann", "--role", "clerk")


@pytest.fixture
def folder(tmp_path: Any) -> Folder:
    folder = Folder(tmp_path)
    for name, text in (("order", ORDER), ("four_eyes", FOUR_EYES), ("escalate", ESCALATE), ("many", MANY)):
        folder.write(f"{name}.yaml", text)
    folder.write("agents.py", AGENTS)
    return folder


@pytest.fixture
def concertato(folder: Folder) -> Command:
    return folder.command


@pytest.fixture
def asked(concertato: Command) -> str:
    """A run that waits for a person; the id of it."""
    done = concertato("run", "order.yaml", "-i", 'order={"id": 17, "amount": 1200}', "--json")
    assert done.status == 3
    run_id: str = json.loads(done.out.splitlines()[-1])["run_id"]
    return run_id


def test_a_run_that_waits_for_a_person_says_who_and_what_to_type(concertato: Command, asked: str) -> None:
    done = concertato("resume", asked)
    assert done.status == 3
    assert "waits for a decision on task 'review' by role:risk_officer, user:boss" in done.out
    assert f"see what is to be decided: concertato tasks {asked}/review" in done.err
    assert f"go on with: concertato decide {asked}/review" in done.err
    last = json.loads(concertato("resume", asked, "--json").out.splitlines()[-1])
    assert last["tasks"] == [f"{asked}/review"]


def test_a_task_is_listed_shown_and_decided_and_the_run_goes_on(concertato: Command, asked: str) -> None:
    listed = concertato("tasks").out.splitlines()
    assert listed[1].split("  ")[0] == f"{asked[-6:]}/review"
    assert "role:risk_officer, user:boss" in listed[1]
    assert listed[1].endswith("Release order 17?")
    assert " in 3h 59m " in listed[1]
    shown = concertato("tasks", f"{asked[-6:].lower()}/review").out
    assert "It is for 1200, and its risk is high." in shown
    command = next(line for line in shown.splitlines() if "--choice approve" in line)
    assert command.split()[:3] == ["concertato", "decide", f"{asked[-6:]}/review"]
    digest = command.split()[-1]
    done = concertato(
        "decide", "review", "--choice", "approve", "--reason", "spoke to her", "--values", "limit=1500",
        "--shown", digest, *OFFICER, "--quiet",
    )  # fmt: skip
    assert (done.status, json.loads(done.out)) == (0, {"pay": {"paid": 1500.0}, "refuse": None})
    assert concertato("tasks").out == "no open tasks\n"


def test_json_has_the_task_with_its_form_and_its_digest(concertato: Command, asked: str) -> None:
    view = json.loads(concertato("tasks", "last", "--json").out)
    assert view["question"]["title"] == "Release order 17?"
    assert view["question"]["form"]["properties"] == {"limit": {"type": "number", "minimum": 0}}
    assert (len(view["shown"]), view["default"], view["row"]["run_id"]) == (64, "reject", asked)


def test_tasks_are_filtered(concertato: Command, asked: str) -> None:
    concertato("run", "many.yaml")

    def named(*options: str) -> list[str]:
        return [json.loads(line)["task"] for line in concertato("tasks", "--json", *options).out.splitlines()]

    every = named()
    assert every[0] == "review", "what is due stands before what is not"
    assert len(every) == 3
    assert named("--for", "boss") == named("--for", "user:boss") == named("--workflow", "order") == ["review"]
    assert len(named("--for", "role:clerk", "--for", "user:boss", "--limit", "2")) == 2
    assert named("--run", asked) == ["review"]
    assert named("--overdue") == named("--mine") == named("--status", "decided") == []
    assert len(named("--status", "all")) == 3
    assert concertato("tasks", "--status", "opne").status == 2


def test_who_may_not_decide_is_refused_with_the_reason(concertato: Command, asked: str) -> None:
    done = concertato("decide", "review", "--choice", "approve", "--as", "bob", "--role", "intern")
    assert done.status == 2
    assert "CT303" in done.err
    assert "bob with the roles intern may not decide it: it is for role:risk_officer or user:boss" in done.err
    assert concertato("tasks").out.count("review") == 1


def test_what_does_not_fit_the_form_is_told_with_its_field(concertato: Command, asked: str) -> None:
    done = concertato("decide", "review", "--choice", "approve", "--values", "limit=-1", *OFFICER)
    assert done.status == 2
    assert "values.limit: it is less than the minimum of 0" in done.err
    done = concertato("decide", "review", "--choice", "approve", "--values", "limits=1", *OFFICER)
    assert "limits" in done.err


def test_a_choice_that_there_is_not_is_told_with_the_nearest(concertato: Command, asked: str) -> None:
    done = concertato("decide", "review", "--choice", "aprove", *OFFICER)
    assert (done.status, "did you mean 'approve'?" in done.err) == (2, True)


def test_without_a_choice_and_a_terminal_the_choices_are_told(concertato: Command, asked: str) -> None:
    done = concertato("decide", "review", *OFFICER)
    assert done.status == 2
    assert "add --choice with one of approve, reject" in done.err


def test_a_second_decision_is_refused_with_the_first(concertato: Command, asked: str) -> None:
    assert concertato("decide", "review", "--choice", "reject", *OFFICER).status == 0
    done = concertato("decide", "review", "--choice", "approve", *OFFICER)
    assert done.status == 2
    assert "CT303" in done.err
    assert "has been decided already on " in done.err
    assert ": reject;" in done.err
    shown = concertato("tasks", "review").out
    assert "decided: reject, for role:risk_officer" in shown
    assert "ann decided task 'review': reject" in shown


def test_what_is_decided_about_something_else_than_was_shown_is_refused(concertato: Command, asked: str) -> None:
    done = concertato("decide", "review", "--choice", "reject", "--shown", "0" * 64, *OFFICER)
    assert (done.status, "is not what you were shown" in done.err) == (2, True)


def test_a_task_is_handed_on_and_decided_by_whom_it_is_for_then(concertato: Command, asked: str) -> None:
    assert concertato("delegate", "review", "--to", "bob", "--reason", "on holiday", *OFFICER).status == 0
    late = concertato("decide", "review", "--choice", "reject", *OFFICER)
    assert (late.status, "it is for user:bob" in late.err) == (2, True)
    assert concertato("decide", "review", "--choice", "reject", "--as", "bob").status == 0
    told = concertato("show", "last", "--decisions").out
    assert "ann handed task 'review' on to user:bob: on holiday" in told


def test_two_pairs_of_eyes_are_two_people_and_none_of_them_started_the_run(concertato: Command) -> None:
    assert concertato("run", "four_eyes.yaml").status == 3
    own = concertato("decide", "release", "--choice", "done", "--role", "clerk")
    assert (own.status, "it is not for whoever started the run" in own.err) == (2, True)
    assert concertato("decide", "release", "--choice", "done", *CLERK).status == 3
    assert "ann has chosen done" in concertato("tasks", "release").out
    twice = concertato("decide", "release", "--choice", "done", *CLERK)
    assert (twice.status, "ann has decided it already" in twice.err) == (2, True)
    assert concertato("decide", "release", "--choice", "done", "--as", "bob", "--role", "clerk").status == 0


def test_a_failure_is_a_persons_to_decide_and_its_inputs_can_be_changed(concertato: Command) -> None:
    done = concertato("run", "escalate.yaml", "-i", "amount=200")
    assert done.status == 3
    shown = concertato("tasks", "last").out
    assert "\npay failed after 1 attempt (rejected): agent 'bank': no such \\u001b[31maccount" in shown
    assert "--choice use_output --reason TEXT --values output=VALUE" in shown
    again = concertato(
        "decide", "last", "--choice", "retry", "--values", '{"inputs": {"amount": 50}}', "--quiet", *CLERK
    )
    assert (again.status, json.loads(again.out)) == (0, {"pay": {"paid": 50.0}})


def test_tasks_of_one_name_are_told_apart(concertato: Command) -> None:
    concertato("run", "many.yaml")
    names = [line.split()[0] for line in concertato("tasks").out.splitlines()[1:]]
    assert len(set(names)) == 2
    for name in names:
        concertato("decide", name, "--choice", "done", *CLERK)
    assert json.loads(concertato("runs", "--json").out)["status"] == "succeeded"


def test_a_batch_whose_rows_wait_for_people_ends_and_goes_on_with_the_same_command(
    concertato: Command, folder: Folder
) -> None:
    folder.write("rows.jsonl", '{"amount": 5}\n{"amount": 500}\n')
    words = ("batch", "escalate.yaml", "--inputs", "rows.jsonl", "--out", "results.jsonl", "--quiet")
    assert concertato(*words).status == 3
    assert [json.loads(line)["task"] for line in concertato("tasks", "--json").out.splitlines()] == ["pay~failed"]
    paid = ("--choice", "use_output", "--values", "output=paid")
    assert concertato("decide", "last", *paid, *CLERK).status == 0
    assert concertato(*words).status == 0
    results = [json.loads(line) for line in folder.path("results.jsonl").read_text().splitlines()]
    assert [result["outputs"] for result in results] == [{"pay": {"paid": 5.0}}, {"pay": "paid"}]


def test_ctrl_c_at_a_question_leaves_all_as_it_was(folder: Folder, concertato: Command, asked: str) -> None:
    status, page = at_a_terminal(folder, "decide", "review", *OFFICER, typed=["1\n", "\x03"])
    assert status == 130
    assert "nothing is recorded" in page
    assert len(concertato("tasks", "--json").out.splitlines()) == 1


def test_at_a_terminal_a_person_is_asked_for_everything(folder: Folder, concertato: Command, asked: str) -> None:
    status, page = at_a_terminal(
        folder, "decide", "review", *OFFICER, typed=["approve\n", "1500\n", "spoke to her\n", "yes\n"]
    )
    assert status == 0
    assert "Release order 17?" in page
    assert "limit (a number, at least 0): " in page
    decided = [json.loads(line) for line in concertato("events", "last", "--json").out.splitlines()]
    event = next(each["event"] for each in decided if each["event"]["event"] == "Decided")
    assert (event["choice"], event["values"], event["reason"]) == ("approve", {"limit": 1500}, "spoke to her")
    assert len(event["shown"]) == 64


def test_who_may_not_decide_is_told_before_anything_is_asked(folder: Folder, asked: str) -> None:
    status, page = at_a_terminal(folder, "decide", "review", "--as", "ann", "--role", "cook", typed=[])
    assert status == 2
    assert "error CT303" in page
    assert "may not decide it: it is for role:risk_officer or user:boss" in page
    assert "choice (" not in page


def test_a_refusal_after_the_questions_gives_the_command_to_repeat(folder: Folder, asked: str) -> None:
    folder.path("agents.py").rename(folder.path("away.py"))
    status, page = at_a_terminal(
        folder, "decide", "review", *OFFICER, typed=["approve\n", "1500\n", "spoke to her\n", "yes\n"]
    )
    assert status == 2
    again = next(line for line in page.splitlines() if "nothing is recorded; to try again: " in line)
    words = shlex.split(again.partition("to try again: ")[2])
    assert words[:2] == ["concertato", "decide"]
    assert words[3:8] == ["--choice", "approve", "--reason", "spoke to her", "--values"]
    folder.path("away.py").rename(folder.path("agents.py"))
    assert folder.command(*words[1:]).status == 0


def test_what_only_records_writes_one_object_too(concertato: Command, asked: str) -> None:
    done = concertato("delegate", "review", "--to", "ann", *OFFICER, "--json")
    told = json.loads(done.out)
    assert (done.status, told["event"], told["status"], told["tasks"]) == (
        *(0, "recorded", "running"),
        [f"{told['run_id']}/review"],
    )
    assert json.loads(concertato("signal", "last", "go", "--no-wait", "--json").out)["run_id"] == told["run_id"]


def test_a_task_is_handed_to_nobody_with_a_blank_in_their_name(concertato: Command, asked: str) -> None:
    done = concertato("delegate", "review", "--to", "bob bob", *OFFICER)
    assert (done.status, "expected --to to be one user:NAME or role:NAME" in done.err) == (2, True)


def test_that_another_process_drives_the_journal_is_told_before_anything_is_asked(folder: Folder, asked: str) -> None:
    lock = Lock(folder.path(".concertato/journal.db"))
    try:
        status, page = at_a_terminal(folder, "decide", "review", *OFFICER, typed=[])
    finally:
        lock.release()
    assert status == 4
    assert "error CT401" in page
    assert "choice (" not in page
