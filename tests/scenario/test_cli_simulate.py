"""`concertato simulate`: what somebody at a shell, or a CI job, sees of it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from support.command import Done, Folder
from support.environment import environ_of

PAY = """\
name: pay
inputs: {order: object}
nodes:
  - {id: risk, type: assess, inputs: [order]}
  - {id: look, type: look_closer, inputs: [risk.output]}
  - id: charge
    type: charge_card
    inputs: {amount: order.amount}
    timeout: 5s
    compensate: {type: refund}
  - {id: ship, type: ship, inputs: [charge.output]}
edges:
  - {from: risk, to: look, when: risk.output.score > 0.7}
"""

SOUND = """\
name: sound
inputs: {text: string}
nodes:
  - {id: topic, type: classify, inputs: [text]}
  - {id: answer, type: reply, inputs: {topic: topic.output.topic}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("pay.yaml", PAY)
    folder.write("sound.yaml", SOUND)
    return folder


def simulate(folder: Folder, *arguments: str) -> Done:
    return folder.command("simulate", *arguments)


def test_a_workflow_without_surprises_ends_with_0_and_one_with_some_with_5(folder: Folder) -> None:
    sound, pay = simulate(folder, "sound.yaml", "-q"), simulate(folder, "pay.yaml", "-q")
    assert (sound.status, sound.err) == (0, "")
    assert "no surprises" in sound.out
    assert pay.status == 5
    assert "charge was done and is not undone" in pay.out
    assert "pay.yaml:6:5" in pay.out


def test_the_report_is_readable_in_80_columns_without_colour(folder: Folder) -> None:
    out = simulate(folder, "pay.yaml").out
    told = [line for line in out.splitlines() if not line.startswith("  concertato simulate ")]
    assert max(map(len, told)) <= 80
    assert "\x1b" not in out
    for word in ("1,000 simulated runs, seed 1", "how they ended", "succeeded", "in virtual time", "the longest"):
        assert word in out
    assert not (folder.path(".concertato")).exists(), "nothing is recorded"


def test_the_command_that_it_ends_with_tells_the_story_of_the_surprise(folder: Folder) -> None:
    command = simulate(folder, "pay.yaml", "--faults", "failure=0.3").out.splitlines()[-1].split()
    assert command[:4] == ["concertato", "simulate", "pay.yaml", "--faults"]
    story = folder.command(*command[1:])
    assert story.status == 5
    assert "charge was done and is not undone" in story.out
    for word in ("the run starts with order =", "the work of charge_card takes effect", "the run ends:"):
        assert word in story.out


def test_the_same_seed_is_the_same_report_whoever_does_the_work(folder: Folder) -> None:
    one, again, shared, other = (
        simulate(folder, "pay.yaml", "--json", "--runs", "2500", *more).out
        for more in (["--workers", "1"], ["--workers", "1"], ["--workers", "2"], ["--seed", "2"])
    )
    assert one == again == shared != other


def test_json_is_the_whole_report(folder: Folder) -> None:
    report = json.loads(simulate(folder, "pay.yaml", "--json").out)
    assert (report["workflow"], report["runs"], report["wanted"], report["seed"]) == ("pay", 1000, 1000, 1)
    assert sum(end["runs"] for end in report["ends"]) == 1000
    assert report["faults"]["failure"] == 0.1
    (surprise,) = report["surprises"]
    assert surprise["kind"] == "not_undone"
    assert surprise.keys() >= {"place", "text", "runs", "share", "seed", "where", "example"}
    assert report["length"]["longest_path"][0]["path"] == "risk"
    story = json.loads(simulate(folder, "pay.yaml", "--json", "--runs", "1").out)["story"]
    assert [story[0]["what"], story[-1]["what"]] == ["started", "ended"]


def test_without_faults_there_are_none(folder: Folder) -> None:
    done = simulate(folder, "pay.yaml", "--no-faults")
    assert done.status == 0
    assert "faults: none" in done.out
    assert "1,000  succeeded" in done.out
    assert "either --faults or --no-faults" in simulate(folder, "pay.yaml", "--no-faults", "--faults", "crash=0").err


def test_a_script_says_how_agents_answer(folder: Folder) -> None:
    folder.write("script.yaml", "agents:\n  assess: {answers: [{score: 0.1}]}\n")
    done = simulate(folder, "pay.yaml", "--script", "script.yaml", "--no-faults")
    assert done.status == 5
    assert "look was never reached: `risk.output.score > 0.7` never held" in " ".join(done.out.split())
    assert "see one of them" not in done.out, "no run shows more than another what none came to"
    folder.write("slow.yaml", "agents:\n  charge_card: {takes: 6s}\n")
    slow = simulate(folder, "pay.yaml", "--script", "slow.yaml", "--no-faults")
    assert "concertato simulate pay.yaml --script slow.yaml --no-faults --seed" in slow.out


def test_a_mistake_in_a_script_is_told_with_its_line(folder: Folder) -> None:
    folder.write("script.yaml", "agents:\n  asses: {}\n  ship: {takes: soon}\n")
    done = simulate(folder, "pay.yaml", "--script", "script.yaml")
    assert done.status == 2
    assert "script.yaml:2:3 CT104" in done.err
    assert "did you mean 'assess'?" in done.err
    assert "script.yaml:3:17 CT105" in done.err
    assert "2 mistakes; nothing ran" in done.err


def test_what_agents_declare_is_looked_at_where_they_are(folder: Folder) -> None:
    folder.write(
        "agents.py",
        "from typing import Literal, TypedDict\n\nfrom concertato import agent\n\n\n"
        "class Topic(TypedDict):\n    topic: Literal['billing']\n\n\n"
        "@agent\nasync def classify(text: str) -> Topic:\n    raise SystemExit('nobody calls it')\n",
    )
    done = simulate(folder, "sound.yaml", "--runs", "1", "--no-faults")
    assert 'classify answers {"topic":"billing"}' in done.out


def test_agents_that_are_called_for_real_are_told(folder: Folder) -> None:
    folder.write(
        "agents.py",
        "from concertato import agent\n\n\n"
        "@agent\ndef classify(text: str) -> dict[str, str]:\n    print('it is called')\n    return {'topic': text}\n",
    )
    call = ("sound.yaml", "--runs", "1", "--no-faults", "-i", "text=cups")
    done = simulate(folder, *call, "--real", "classify")
    assert 'classify answers {"topic":"cups"}' in done.out
    assert "called for real: classify" in done.out
    assert "these agents are called for real, and what they do they really do: classify" in done.err
    assert "it is called" in done.err
    missing = simulate(folder, *call, "--real", "all")
    assert (missing.status, "'reply'" in missing.err) == (2, True)
    assert "did you mean 'classify'?" in simulate(folder, *call, "--real", "clasify").err


def test_definitions_with_mistakes_and_files_that_are_none(folder: Folder) -> None:
    folder.write("wrong.yaml", SOUND.replace("topic.output", "topik.output"))
    wrong = simulate(folder, "wrong.yaml")
    assert (wrong.status, "wrong.yaml:5:" in wrong.err, wrong.out) == (2, True, "")
    assert "there is no such file" in simulate(folder, "nothing.yaml").err
    assert "there is no such file" in simulate(folder, "sound.yaml", "--script", "nothing.yaml").err
    assert "expected at least 1" in simulate(folder, "sound.yaml", "--runs", "0").err
    assert "there is no fault 'crashes'" in simulate(folder, "sound.yaml", "--faults", "crashes=1").err
    unfit = simulate(folder, "sound.yaml", "-i", "txt=hello")
    assert (unfit.status, "did you mean 'text'?" in unfit.err) == (2, True)


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_reports_on_what_was_done_so_far(folder: Folder, number: signal.Signals, workers: str) -> None:
    process = folder.start("simulate", "pay.yaml", "--runs", "10000000", "--workers", workers)
    assert process.stderr is not None
    assert "of 10,000,000 runs, " in process.stderr.readline(), "it says how far it has got, where there is no terminal"
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    (runs,) = re.findall(r"^pay  ([\d,]+) of 10,000,000 simulated runs", out)
    assert f"interrupted after {runs} of 10,000,000 runs; the report is about those" in err
    assert "how they ended" in out
    assert "Traceback" not in err


def processes(column: str) -> dict[int, str]:
    """What `ps` says in this column of every process that is still at work."""
    told = subprocess.run(["ps", "-A", "-o", f"pid=,stat=,{column}="], capture_output=True, text=True, check=True)
    rows = (line.split(maxsplit=2) for line in told.stdout.splitlines())
    return {int(pid): value for pid, state, value in rows if not state.startswith("Z")}


def test_processes_that_share_the_runs_end_with_one_that_is_killed(folder: Folder) -> None:
    process = folder.start("simulate", "pay.yaml", "--runs", "10000000", "--workers", "2")
    assert process.stderr is not None
    assert "of 10,000,000 runs, " in process.stderr.readline()
    helpers = {pid for pid, parent in processes("ppid").items() if parent == str(process.pid)}
    assert len(helpers) >= 2
    deadline = time.monotonic() + 60
    try:
        process.kill()
        process.wait(timeout=30)  # and no more: its pipes are open for as long as its helpers live
        while helpers & processes("ppid").keys():
            assert time.monotonic() < deadline, "they wait for ever for what nobody gives them"
            time.sleep(0.1)
    finally:
        for pid in helpers & processes("ppid").keys():  # none, but where the test fails
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate(timeout=30)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no file here that is always full")
def test_a_report_that_finds_no_room_is_told_without_speaking_of_a_run_in_a_journal(folder: Folder) -> None:
    command = [sys.executable, "-m", "concertato", "simulate", "sound.yaml", "-q"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, cwd=folder.path("."), env=environ_of(), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, "cannot write to standard output: No space left" in done.stderr) == (2, True)
    assert "under way" not in done.stderr


HANGS = """\
import time

from concertato import agent


@agent
def classify(text: str) -> dict[str, str]:
    print("it has begun", flush=True)
    time.sleep(1000)
    return {}
"""


def test_a_real_agent_that_hangs_in_its_thread_holds_nothing_up(folder: Folder) -> None:
    folder.write("agents.py", HANGS)
    folder.write("sound.yaml", SOUND.replace("type: classify,", "type: classify, timeout: 500ms,"))
    done = simulate(folder, "sound.yaml", "--real", "classify", "--runs", "1", "--no-faults")
    assert (done.status, "no answer within 0.5 s" in done.out) == (0, True)


def test_ctrl_c_ends_the_wait_for_a_real_agent(folder: Folder) -> None:
    folder.write("agents.py", HANGS)
    process = folder.start("simulate", "sound.yaml", "--real", "classify", "--runs", "1", "--no-faults")
    assert process.stderr is not None
    while "it has begun" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err == "concertato: interrupted after 0 of 1 runs\n"


def test_an_agent_that_is_called_all_is_the_one_that_is_meant(folder: Folder) -> None:
    folder.write("sound.yaml", SOUND.replace("type: classify,", "type: all,"))
    folder.write(
        "agents.py",
        "from concertato import agent\n\n\n@agent(name='all')\ndef every(text: str) -> dict[str, str]:\n"
        "    return {'topic': 'cups'}\n",
    )
    done = simulate(folder, "sound.yaml", "--real", "all", "--runs", "1", "--no-faults")
    assert "called for real: all" in done.out
    assert 'all answers {"topic":"cups"}' in done.out
