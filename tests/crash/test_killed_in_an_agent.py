"""A process that is really killed while an agent works, and the next one, which opens its journal and goes on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from support.source import ROOT, SRC


def pay(folder: Path, dies_in: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tests" / "crash" / "order.py"), str(folder), dies_in]
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def killed_and_continued(folder: Path, dies_in: str) -> list[str]:
    """The nodes whose agents were called, in order, over both processes."""
    first = pay(folder, dies_in)
    assert first.returncode == -signal.SIGKILL, first.stderr
    second = pay(folder, dies_in)
    assert second.stdout.strip() == "seven reserved, charged", second.stderr
    task_ids = (folder / "calls").read_text(encoding="utf-8").split()
    runs = {task_id.partition("/")[0] for task_id in task_ids}
    assert len(runs) == 1, "every call carries the task id of the one run"
    return [task_id.partition("/")[2] for task_id in task_ids]


def test_an_agent_whose_answer_was_not_durable_is_called_again_with_the_same_task_id(tmp_path: Path) -> None:
    assert killed_and_continued(tmp_path, "reserve") == ["reserve", "reserve", "charge"]


def test_an_agent_whose_answer_was_durable_is_not_called_again(tmp_path: Path) -> None:
    assert killed_and_continued(tmp_path, "charge") == ["reserve", "charge", "charge"]
