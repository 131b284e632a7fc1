"""docs/python.md is true: its files, put in one folder, do what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from concertato import Engine, Run, TaskContext
from support.source import ROOT

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def said(folder: Path, program: str) -> list[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CONCERTATO_")}
    done = subprocess.run(
        [sys.executable, program], cwd=folder, env=clean, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_script_runs_a_workflow_and_is_told_how_it_failed(folder: Path) -> None:
    well, ill = said(folder, "once.py")
    assert well == "{'pay': 'paid 1200 under pay'}"
    assert ill.startswith("rejected price run ")
    assert "there is no 'spoon' in the catalogue" in ill


def test_a_program_starts_runs_and_follows_them_and_a_key_is_one_run(folder: Path) -> None:
    first = said(folder, "many.py")
    assert (first[0], "RunFinished" in first[-4]) == ("0 RunStarted", True)
    assert first[-3:] == [f"{{'pay': 'paid {600 * n} under pay'}}" for n in (1, 2, 3)]
    assert said(folder, "many.py") == first


def test_a_program_shows_a_task_and_hands_back_who_decided_it(folder: Path) -> None:
    task, refused, result, *path = said(folder, "deciding.py")
    assert task == "release ['role:manager'] Sell for 600 cents?"
    assert "joe may not decide it: it is not for whoever started the run" in refused
    assert result == "{'pay': 'paid 550 under pay'}"
    assert path[0] == "True task_opened release"
    assert "True decided release" in path
    assert path[-1] == "True ended "


def test_a_simulation_is_a_test(folder: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_order.py"]
    bare = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=bare, capture_output=True, text=True, check=False, timeout=60)
    assert "1 passed" in done.stdout, done.stdout


def test_every_method_of_a_run_an_engine_and_a_task_is_named() -> None:
    left_out = {"cancel", "close", "open"}  # a task's `cancel` is the engine's; the other two are the `async with`
    for kind in (Run, Engine, TaskContext):
        for name in {name for name in vars(kind) if not name.startswith("_")} - left_out:
            assert re.search(rf"\b{name}\b", PAGE), f"{kind.__name__}.{name}"
