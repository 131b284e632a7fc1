"""A person runs, watches and steers workflows from a terminal; everything here goes through the real command."""

import json
import signal
from pathlib import Path

import pytest

from support.command import Command, Folder

ORDER = """
name: order_processing
nodes:
  - {id: n1, type: data_validation, inputs: [order_data]}
  - {id: n2, type: risk_assessment, inputs: [n1.output], retry: {initial: 1ms}}
  - {id: n3, type: payment_processing, inputs: [n2.output]}
edges:
  - {from: n1, to: n2}
  - {from: n2, to: n3}
"""

APPROVAL = """
name: approval
inputs: {amount: number}
nodes:
  - {id: ask, type: wait, signal: approval}
  - {id: pay, type: pay, inputs: {amount: amount}, compensate: {type: refund, inputs: {payment: output}}}
  - {id: ship, type: ship, inputs: {payment: pay.output}, retry: {max_attempts: 1}}
edges:
  - {from: ask, to: pay, when: ask.output.ok == true}
  - {from: pay, to: ship}
"""

AGENTS = '''
import sys
import threading
from pathlib import Path

from concertato import AgentError, agent

asked = set()


@agent
async def data_validation(order_data: dict) -> dict:
    print("the agent prints")
    return order_data


@agent
async def risk_assessment(data: dict) -> dict:
    if "away" not in asked:
        asked.add("away")
        raise AgentError("the risk service is away", kind="unavailable")
    return {**data, "risk": 0.1}


@agent
async def payment_processing(data: dict) -> dict:
    if data["amount"] < 0:
        raise AgentError("no such \\x1b[31maccount", kind="rejected")
    return {"paid": data["amount"]}


@agent
async def pay(amount: float) -> dict:
    return {"paid": amount}


@agent
async def refund(payment: dict) -> str:
    return "refunded"


@agent
async def ship(payment: dict) -> str:
    if payment["paid"] > 100:
        raise AgentError("too heavy", kind="rejected")
    return "shipped"


@agent
def hold() -> str:
    """Says that it works, and works until a file lets it go."""
    Path("working").touch()
    while not Path("go").exists():
        threading.Event().wait(0.01)
    return "done"
'''

HOLD = "name: holding\nnodes:\n  - {id: hold, type: hold}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("order.yaml", ORDER)
    folder.write("approval.yaml", APPROVAL)
    folder.write("hold.yaml", HOLD)
    folder.write("agents.py", AGENTS)
    return folder


@pytest.fixture
def concertato(folder: Folder) -> Command:
    return folder.command


def test_a_run_shows_a_line_for_each_node_and_then_its_outputs(concertato: Command) -> None:
    done = concertato("run", "order.yaml", "-i", 'order_data={"amount": 3}')
    assert done.status == 0
    lines = [line.split() for line in done.out.splitlines()]
    assert [line[1:3] for line in lines if line[1:2] in (["n1"], ["n3"])] == [["n1", "succeeded"], ["n3", "succeeded"]]
    assert "attempt 1 failed, trying again  unavailable: " in done.out
    assert json.loads(done.out[done.out.index("\n{") :]) == {"n3": {"paid": 3}}


def test_quiet_leaves_the_outputs_alone_on_standard_output(concertato: Command) -> None:
    done = concertato("run", "order.yaml", "-i", 'order_data={"amount": 3}', "--quiet")
    assert json.loads(done.out) == {"n3": {"paid": 3}}
    assert "the agent prints" in done.err


def test_json_is_an_object_per_line_whatever_agents_print(concertato: Command) -> None:
    done = concertato("run", "order.yaml", "-i", 'order_data={"amount": 3}', "--json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [lines[0]["event"], lines[-1]["event"]] == ["started", "ended"]
    assert (lines[-1]["status"], lines[-1]["outputs"]) == ("succeeded", {"n3": {"paid": 3}})
    assert {line["run_id"] for line in lines} == {json.loads(concertato("runs", "--json").out)["run_id"]}
    assert ("n3", "succeeded") in {(line.get("path"), line.get("status")) for line in lines}


def test_a_failed_run_says_where_and_why_and_what_to_do(concertato: Command) -> None:
    done = concertato("run", "order.yaml", "-i", 'order_data={"amount": -1}')
    assert done.status == 1
    assert "error CT311" in done.err
    assert "failed at n3 (rejected)" in done.err
    assert "concertato retry " in done.err
    assert "\x1b" not in done.out + done.err


def test_every_mistake_of_a_definition_is_told_and_nothing_runs(concertato: Command, folder: Folder) -> None:
    folder.write("order.yaml", ORDER.replace("n1.output", "n9.output").replace("to: n3", "to: n8"))
    done = concertato("run", "order.yaml", "-i", "order_data=1")
    assert done.status == 2
    assert "order.yaml:5:46 CT104 node 'n2' refers to 'n9'" in done.err
    assert "error CT100 2 mistakes; nothing ran" in done.err
    assert concertato("runs").status == 4


def test_missing_agents_are_told_before_anything_is_started(concertato: Command, folder: Folder) -> None:
    folder.path("agents.py").unlink()
    done = concertato("run", "order.yaml", "-i", "order_data=1")
    assert done.status == 2
    assert "CT302 nothing says where the agents are" in done.err
    assert "--agents" in done.err


def test_a_run_that_only_waits_says_how_to_go_on_and_the_signal_finishes_it(concertato: Command) -> None:
    waits = concertato("run", "approval.yaml", "-i", "amount=3")
    assert waits.status == 3
    assert "waits for signal 'approval' at ask" in waits.out
    assert "go on with: concertato signal " in waits.err
    listed = concertato("runs")
    assert ("waiting" in listed.out, listed.err) == (True, "")
    done = concertato("signal", "last", "approval", '{"ok": true}', "--quiet")
    assert (done.status, json.loads(done.out)) == (0, {"ship": "shipped"})


def test_a_run_that_fails_is_rolled_back_and_shown_as_a_tree(concertato: Command) -> None:
    concertato("run", "approval.yaml", "-i", "amount=300")
    done = concertato("signal", "last", "approval", '{"ok": true}')
    assert done.status == 1
    assert "CT312" in done.err
    shown = concertato("show", "last").out
    assert "compensated" in shown
    assert "failed at ship (rejected)" in shown


def test_retry_and_fork_take_over_what_succeeded(concertato: Command) -> None:
    concertato("run", "order.yaml", "-i", 'order_data={"amount": -1}')
    assert concertato("retry", "last").status == 1
    forked = concertato("fork", "last", "--at", "n1", "-i", 'order_data={"amount": 5}', "--quiet")
    assert json.loads(forked.out) == {"n3": {"paid": 5}}
    relations = [json.loads(line)["relation"] for line in concertato("runs", "--json").out.splitlines()]
    assert relations == ["fork", "retry", None]


def test_a_paused_run_begins_nothing_until_it_is_resumed(concertato: Command) -> None:
    concertato("run", "approval.yaml", "-i", "amount=3")
    assert concertato("pause", "last", "--reason", "lunch").status == 0
    assert concertato("signal", "last", "approval", '{"ok": true}').status == 3
    assert concertato("resume").out == "0 unfinished runs\n"
    assert concertato("resume", "last").status == 0


def test_a_live_run_can_be_edited_and_drawn(concertato: Command, folder: Folder) -> None:
    concertato("run", "approval.yaml", "-i", "amount=3")
    folder.write("patch.yaml", "add:\n  nodes:\n    - {id: note, type: ship, inputs: {payment: pay.output}}\n")
    assert concertato("edit", "last", "--file", "patch.yaml").status == 3
    assert "note" in concertato("graph", "--run", "last").out
    assert "note" not in concertato("graph", "approval.yaml", "--format", "mermaid").out
    assert "PlanEdited" in concertato("events", "last").out
    folder.write("empty.yaml", "")
    assert (
        "expected a mapping with add, remove or replace, got: nothing"
        in concertato("edit", "last", "-f", "empty.yaml").err
    )


def test_a_cancelled_run_is_ended_and_says_no_to_signals(concertato: Command) -> None:
    concertato("run", "approval.yaml", "-i", "amount=3")
    assert concertato("cancel", "last", "--reason", "changed my mind").status == 0
    shown = concertato("show", "last").out
    assert "changed my mind" in shown
    assert "failed" not in shown
    refused = concertato("signal", "last", "approval")
    assert (refused.status, "CT303" in refused.err) == (2, True)


def test_a_key_starts_one_run_only(concertato: Command) -> None:
    concertato("run", "approval.yaml", "-i", "amount=3", "--key", "k", "--no-wait")
    concertato("run", "approval.yaml", "-i", "amount=3", "--key", "k")
    assert len(concertato("runs", "--json").out.splitlines()) == 1
    assert "CT304" in concertato("run", "approval.yaml", "-i", "amount=4", "--key", "k").err


def test_old_runs_are_removed(concertato: Command) -> None:
    concertato("run", "order.yaml", "-i", 'order_data={"amount": 3}')
    assert concertato("gc", "--older-than", "1d").out == "removed 0 runs\n"
    assert concertato("gc", "--older-than", "0s", "--dry-run").out == "would remove 1 run\n"
    assert concertato("gc", "--older-than", "0s").out == "removed 1 run\n"
    assert concertato("runs").out == "no runs\n"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_was_interrupted_is_finished_by_resume(folder: Folder, number: signal.Signals, status: int) -> None:
    process = folder.start("run", "hold.yaml")
    folder.wait_for("working")
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == status
    assert "interrupted: go on with: concertato resume " in err
    folder.write("go", "")
    assert json.loads(folder.command("resume", "last", "-q").out) == {"hold": "done"}


def test_a_run_whose_process_was_killed_is_finished_by_resume(folder: Folder) -> None:
    process = folder.start("run", "hold.yaml")
    folder.wait_for("working")
    locked = folder.command("run", "order.yaml", "-i", "order_data=1")
    assert (locked.status, "CT401" in locked.err) == (4, True)
    listed = folder.command("runs")
    assert ("running" in listed.out, listed.err) == (True, "")
    process.kill()
    process.communicate(timeout=30)
    left = "concertato: 1 run is unfinished and no process drives this journal: concertato resume"
    assert folder.command("runs").err == f"{left}\n"
    by_name = folder.command("runs", "--journal", str(folder.path(".concertato/journal.db")), "--json")
    assert by_name.err.startswith(f"{left} --journal ")
    folder.write("go", "")
    done = folder.command("resume")
    assert (done.status, "1 unfinished run: 1 succeeded" in done.out) == (0, True)


def test_a_reader_that_goes_away_ends_the_command_quietly(folder: Folder) -> None:
    folder.command("run", "order.yaml", "-i", 'order_data={"amount": 3}')
    process = folder.start("events", "last", "--json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert (process.wait(timeout=30), process.stderr.read()) == (141, "")
    process.stderr.close()


def test_following_events_ends_with_the_run(folder: Folder) -> None:
    folder.command("run", "approval.yaml", "-i", "amount=3")
    follower = folder.start("events", "last", "--follow", "--json")
    assert follower.stdout is not None
    assert json.loads(follower.stdout.readline())["event"]["event"] == "RunStarted"
    folder.command("signal", "last", "approval", '{"ok": true}')
    out, _ = follower.communicate(timeout=30)
    assert json.loads(out.splitlines()[-1])["event"]["event"] == "RunFinished"


def test_a_run_is_named_by_its_id_its_ending_or_last(concertato: Command) -> None:
    concertato("run", "order.yaml", "-i", 'order_data={"amount": 3}')
    run_id = json.loads(concertato("runs", "--json").out)["run_id"]
    for named in (run_id, run_id[-8:], run_id[-8:].lower(), "last"):
        assert json.loads(concertato("show", named, "--json").out)["run"]["run_id"] == run_id
    unknown = concertato("show", "ZZZZZZ")
    assert (unknown.status, "CT301" in unknown.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bogus"], "No such command 'bogus'"),
        (["run"], "Missing argument 'FILE'"),
        (["run", "order.yaml", "--bogus"], "No such option: --bogus"),
        (["run", "missing.yaml"], "CT101"),
        (["run", "order.yaml", "-i", "x"], "CT305 expected -i to be"),
        (["run", "order.yaml", "--agents", "missing.py"], "CT306"),
        (["graph"], "expected either a FILE or --run RUN"),
        (["gc", "--older-than", "soon"], "expected a duration"),
        (["runs", "--status", "fine"], "expected --status to be one of"),
    ],
)
def test_a_mistake_is_one_line_and_never_a_traceback(concertato: Command, arguments: list[str], said: str) -> None:
    done = concertato(*arguments)
    assert done.status == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_debug_shows_the_traceback_wherever_it_stands(concertato: Command) -> None:
    assert "Traceback" in concertato("show", "last", "--debug", "--journal", "missing.db").err


def test_help_and_version_are_there_without_a_journal(concertato: Command, folder: Folder) -> None:
    assert "Exit status:" in concertato("--help").out
    assert concertato().out == concertato("--help").out
    assert concertato("--version").out.startswith("concertato")
    assert not folder.path(".concertato").exists()


def test_a_folder_without_a_journal_is_told_as_one(concertato: Command) -> None:
    done = concertato("runs")
    assert (done.status, "CT406 there is no journal in this folder" in done.err) == (4, True)


def test_the_schema_is_json(concertato: Command) -> None:
    assert json.loads(concertato("schema").out)["$schema"]


def test_validate_tells_agents_that_nothing_answers_to(concertato: Command, folder: Folder) -> None:
    assert concertato("validate", "order.yaml", "approval.yaml", "--agents", "agents.py").status == 0
    folder.write("few.py", "from concertato import agent\n\n\n@agent\ndef ship() -> None: ...\n")
    done = concertato("validate", "order.yaml", "--agents", "few.py", "--json")
    problems = json.loads(done.out)["problems"]
    assert (done.status, problems[0]["code"]) == (2, "CT302")
    folder.write("few.py", "from concertato import agent\n\n\n@agent\ndef shipp() -> None: ...\n")
    folder.write("ship.yaml", "name: ship\nnodes:\n  - {id: n1, type: set, with: {a: 1}}\n  - {id: n2, type: ship}\n")
    done = concertato("validate", "ship.yaml", "--agents", "few.py")
    told = "ship.yaml:4:20 CT302 node 'n2' needs the agent 'ship', which nobody registered; did you mean 'shipp'?"
    assert (done.status, told in done.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("runs", "-n", "0"), "Invalid value for '--limit' / '-n': expected at least 1"),
        (("runs", "-n", "x"), "Invalid value for '--limit' / '-n': expected a whole number"),
        (("graph", "--format", "xml"), "Invalid value for '--format' / '-f': 'xml' is not one of 'text', 'mermaid'."),
    ],
)
def test_a_command_typed_wrongly_is_told_in_plain_words(
    concertato: Command, arguments: tuple[str, ...], said: str
) -> None:
    done = concertato(*arguments)
    assert done.status == 2
    assert done.err.splitlines()[0] == f"concertato: error {said}"


def test_a_terminal_that_knows_only_ascii_is_served(folder: Folder) -> None:
    done = folder.command_afresh(
        "run", "order.yaml", "-i", 'order_data={"amount": 3}', environ={"PYTHONIOENCODING": "ascii"}
    )
    assert (done.status, "+ n1" in done.out) == (0, True)


def test_a_journal_elsewhere_is_used_and_named_in_what_to_type(concertato: Command, folder: Folder) -> None:
    done = concertato("run", "approval.yaml", "-i", "amount=1", "--journal", "other.db")
    assert "--journal other.db" in done.err
    assert not folder.path(".concertato").exists()
