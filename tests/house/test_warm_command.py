"""The commands that tests fork from a warm process: one that goes wrong costs one test, and none after it."""

import os
import time
from pathlib import Path

import pytest

from support import warm_command
from support.command import Folder

HANGS = """
import subprocess, sys, time
from concertato import agent

@agent
def hang() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    open("child", "w").write(str(child.pid))
    time.sleep(600)
"""


def lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:  # it is gone by now, or this system has no such files
        return not Path("/proc/self/stat").exists()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("sum.yaml", "{name: sum, nodes: [{id: sum, type: set, inputs: {sum: 1 + 1}}]}")
    folder.write("hang.yaml", "{name: hang, nodes: [{id: hang, type: hang}]}")
    folder.write("agents.py", HANGS)
    return folder


def test_one_that_does_not_end_is_killed_with_what_it_started(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("support.command._PATIENCE", 5.0)
        with pytest.raises(TimeoutError, match=r"concertato run hang\.yaml: no end within 5 s"):
            folder.command("run", "hang.yaml")
    child = int(folder.path("child").read_text(encoding="utf-8"))
    ends = time.monotonic() + 30
    while lives(child):  # it was told at once; that it has ended takes it a moment
        assert time.monotonic() < ends
        time.sleep(0.01)
    assert folder.command("run", "sum.yaml").status == 0


def test_a_server_that_died_is_replaced(folder: Folder) -> None:
    assert folder.command("run", "sum.yaml").status == 0
    server = warm_command._WARM._server
    assert server is not None
    server.kill()
    server.wait()
    with pytest.raises((RuntimeError, BrokenPipeError)):
        folder.command("run", "sum.yaml")
    assert folder.command("run", "sum.yaml").status == 0


def test_one_that_somebody_else_kills_has_ended_so(folder: Folder) -> None:
    folder.write("agents.py", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    assert folder.command("run", "hang.yaml").status == -9


def test_what_a_fork_cannot_heed_is_refused(folder: Folder) -> None:
    with pytest.raises(ValueError, match="PYTHONHASHSEED: a fork has its Python already; use command_afresh"):
        folder.command("run", "sum.yaml", environ={"PYTHONHASHSEED": "1"})
