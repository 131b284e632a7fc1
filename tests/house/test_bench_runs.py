"""The benchmark does not rot: every workload, and what it is compared with, still runs. Nothing is timed here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.source import ROOT

FILES = {file.stem.partition("_")[0].upper() for file in (ROOT / "bench" / "workloads").glob("[a-z]*_*.py")}


def bench(*options: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "error", "-m", "bench", *map(str, options)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_workload_runs_at_its_smallest(name: str, tmp_path: Path) -> None:
    outcome = bench("--only", name, "--small", "--rounds", "1", "--folder", tmp_path, "--json", tmp_path / "out.json")
    assert outcome.returncode == 0, outcome.stderr
    (figures,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["rounds"]
    assert all(value > 0 for side in figures.values() for value in side.values())
    assert [line for line in outcome.stdout.splitlines() if line.startswith(name)]


def test_every_workload_is_known_and_an_unknown_one_refused() -> None:
    outcome = bench("--only", "W9")
    assert outcome.returncode == 2
    known = outcome.stderr.rpartition("expected some of ")[2].partition(", got: W9")[0]
    assert set(known.split(",")) == FILES


def test_a_profile_says_which_room_took_how_much(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "bench.profile", "W1", "ours", str(tmp_path), "--small"]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    _, *lines = outcome.stdout.partition("\n\n")[0].splitlines()  # the figures come first
    shares = {room: float(share) for share, _, room in (line.partition("%  ") for line in lines)}
    assert {"engine", "run", "agents", "journal"} <= shares.keys(), outcome.stdout
    assert abs(sum(shares.values()) - 100) < 1, outcome.stdout
