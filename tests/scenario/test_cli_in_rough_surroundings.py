"""The command where agents are noisy, deaf to signals, or nobody takes what it prints."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import pytest

from support.command import Folder

NOISY = """
import subprocess
from concertato import agent

print("printed by the import")


@agent
def shout(text: str) -> str:
    print("printed by a thread", flush=True)
    subprocess.run(["echo", "printed by a subprocess"], check=True)
    return text


@agent(process=True)
def far(text: str) -> str:
    print("printed by a process", flush=True)
    return text
"""

NOISE = """
name: noise
inputs: {text: string}
nodes:
  - {id: near, type: shout, inputs: [text]}
  - {id: away, type: far, inputs: [text]}
outputs: {near: near.output, away: away.output}
"""

DEAF = """
import time
from pathlib import Path
from concertato import agent


@agent
async def deaf() -> None:
    Path("working").touch()
    while True:
        time.sleep(0.01)
"""

STUBBORN = """
import asyncio
import time
from pathlib import Path
from concertato import agent


@agent
async def stubborn() -> None:
    async for _ in numbers():
        pass


async def numbers():
    while True:
        try:
            Path("working").touch()
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            pass
        yield 1


@agent
def sleepy() -> None:
    Path("working").touch()
    time.sleep(1000)


@agent
async def elsewhere() -> None:
    Path("working").touch()
    await asyncio.to_thread(time.sleep, 1000)


KEPT = []


@agent
async def keeper() -> None:
    KEPT.append(lingering())
    await anext(KEPT[0])


async def lingering():
    try:
        yield 1
    finally:
        await asyncio.sleep(1000)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("noise.yaml", NOISE)
    folder.write("agents.py", NOISY)
    folder.write("deaf.yaml", "name: deaf\nnodes:\n  - {id: deaf, type: deaf}\n")
    folder.write("deaf.py", DEAF)
    folder.write("stubborn.py", STUBBORN)
    for name in ("stubborn", "sleepy", "elsewhere", "keeper"):
        folder.write(f"{name}.yaml", f"name: {name}\nnodes:\n  - {{id: x, type: {name}}}\n")
    return folder


def test_whatever_prints_does_not_print_among_the_results(folder: Folder) -> None:
    done = folder.command_afresh("run", "noise.yaml", "-q", "-i", "text=x")
    assert done.out == '{\n  "near": "x",\n  "away": "x"\n}\n'
    for voice in ("the import", "a thread", "a subprocess", "a process"):
        assert f"printed by {voice}" in done.err
    checked = folder.command_afresh("validate", "noise.yaml", "--agents", "agents.py", "--json")
    assert checked.out == '{"ok":true,"problems":[]}\n'


def test_what_must_be_text_is_text_also_where_it_looks_like_a_number(folder: Folder) -> None:
    assert (
        '"near": "12345678901234567890123"'
        in folder.command_afresh("run", "noise.yaml", "-q", "-i", "text=12345678901234567890123").out
    )
    assert '"away": "7"' in folder.command_afresh("fork", "last", "-q", "-i", "text=7").out


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_signal_ends_a_process_whose_agent_holds_up_the_loop(
    folder: Folder, number: signal.Signals, status: int
) -> None:
    process = folder.start("run", "deaf.yaml", "--agents", "deaf.py")
    folder.wait_for("working")
    while process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
    _, err = process.communicate(timeout=30)
    assert process.returncode == status
    assert "interrupted: go on with: concertato resume " in err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("name", ["stubborn", "sleepy", "elsewhere"])
def test_one_signal_ends_a_command_whose_agent_will_not_stop(
    folder: Folder, name: str, number: signal.Signals, status: int
) -> None:
    process = folder.start("run", f"{name}.yaml", "--agents", "stubborn.py")
    folder.wait_for("working")
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == status
    told = [line for line in err.splitlines() if not line.startswith("concertato: interrupted: ")]
    assert [line.partition(": agent")[0] for line in told] == (
        ["concertato: told to stop, did not, and is left behind"] if name == "stubborn" else []
    )
    assert ("agent stubborn (" in err) == (name == "stubborn")


def test_a_generator_that_does_not_close_does_not_hold_the_command_back(folder: Folder) -> None:
    done = folder.command_afresh("run", "keeper.yaml", "--agents", "stubborn.py")
    assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize("name", ["stubborn", "sleepy"])
def test_a_run_that_gave_up_on_its_agent_ends_the_command(folder: Folder, name: str) -> None:
    brief = "timeout: 50ms, retry: {max_attempts: 1}"
    folder.write("brief.yaml", f"name: brief\nnodes:\n  - {{id: x, type: {name}, {brief}}}\n")
    done = folder.command_afresh("run", "brief.yaml", "--agents", "stubborn.py")
    assert (done.status, "error CT311" in done.err, "Traceback" in done.err) == (1, True, False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no file here that is always full")
def test_a_disk_that_is_full_is_told_and_is_no_fault_of_ours(folder: Folder) -> None:
    with Path("/dev/full").open("w") as full:
        done = _call(folder, "run", "noise.yaml", "-i", "text=x", stdout=full)
    assert (done.returncode, done.stderr.count("error CT300 cannot write to standard output: No space left")) == (2, 1)
    folder.write("rows.jsonl", '{"text": "x"}\n')
    done = _call(folder, "batch", "noise.yaml", "-i", "rows.jsonl", "-o", "/dev/full", stdout=subprocess.PIPE)
    assert done.returncode == 2
    assert "error CT300 cannot write the results to /dev/full: No space left" in done.stderr
    assert "give the same command again" in done.stderr


@pytest.mark.parametrize("closed", [(0,), (1,), (0, 1), (0, 1, 2)])
def test_streams_that_the_caller_closed_are_done_without(folder: Folder, closed: tuple[int, ...]) -> None:
    done = _call(folder, "run", "noise.yaml", "-q", "-i", "text=x", stdout=subprocess.PIPE, closed=closed)
    assert done.returncode == 0, done.stderr
    assert '"succeeded"' in folder.command_afresh("runs", "--json").out


def test_a_setting_that_is_wrong_is_told_as_every_mistake_is(folder: Folder) -> None:
    done = folder.command_afresh("runs", environ={"CONCERTATO_DURABILITY": "some"})
    assert (done.status, done.out) == (2, "")
    assert done.err == "concertato: error CT300 expected CONCERTATO_DURABILITY to be full or process, got: 'some'\n"


def _call(
    folder: Folder, *arguments: str, stdout: int | TextIO, closed: tuple[int, ...] = ()
) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "concertato", *arguments]
    if closed:
        command = ["sh", "-c", 'exec "$@" ' + " ".join(f"{number}>&-" for number in closed), "sh", *command]
    with ExitStack() as stack:
        err = stack.enter_context(folder.path("err").open("w+", encoding="utf-8"))
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
        done = subprocess.run(
            command, cwd=folder.path("."), env=environ, stdout=stdout, stderr=err, text=True, timeout=60, check=False
        )
        err.seek(0)
        done.stderr = err.read()
    return done
