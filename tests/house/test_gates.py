"""The gates keep what they promise: under `--no-skips` nothing is left out, and CI runs what a person runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.source import ROOT

SUITE = {
    "test_in_the_test.py": "import pytest\ndef test_it(): pytest.skip('no data here')",
    "test_by_a_mark.py": "import pytest\n@pytest.mark.skip(reason='no data here')\ndef test_it(): ...",
    "test_whole_file.py": "import pytest\npytest.importorskip('a_module_that_nobody_has')\ndef test_it(): ...",
    "test_expected_to_fail.py": "import pytest\n@pytest.mark.xfail(strict=True)\ndef test_it(): assert 0",
}


def run_pytest(folder: Path, *options: str) -> str:
    """What a suite that has the project's conftest says at its end."""
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    for name, text in SUITE.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    bare = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    outcome = subprocess.run([*command, *options], cwd=folder, env=bare, capture_output=True, text=True, check=False)
    return outcome.stdout.strip().rpartition("\n")[2].partition(" in ")[0]


in_one_process_and_in_several = pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")], ids=["one", "two"])


@in_one_process_and_in_several
def test_skips_are_told_and_pass_where_something_may_be_missing(tmp_path: Path, workers: tuple[str, ...]) -> None:
    assert run_pytest(tmp_path, *workers) == "3 skipped, 1 xfailed"


@in_one_process_and_in_several
def test_skips_fail_where_nothing_may_be_left_out(tmp_path: Path, workers: tuple[str, ...]) -> None:
    assert run_pytest(tmp_path, "--no-skips", *workers) == "1 failed, 1 xfailed, 2 errors"


def test_ci_runs_the_commands_that_a_person_runs() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line for line in script if line.startswith("make")] == ["make lint", "make test PYTEST=--no-skips"]
