"""The comparison with peers does not rot, as far as that shows without installing them: no peer is measured here."""

import ast
import re
import sys
from pathlib import Path

import pytest

from bench.peers import PEERS, SHARED, Peer, environments
from bench.peers.compare import compare
from bench.peers.environments import PINS, pins_of, python_of
from bench.peers.table import table
from bench.rounds import Outcome, WorkloadFailed
from support.source import ROOT

FOLDER = ROOT / "bench" / "peers"
PROJECTS = sorted({peer.project for peer in PEERS.values()})
MACHINE = {"python": "3.11", "sqlite": "3.40", "system": "Linux", "cores": 2, "load before": 0.5, "load after": 1.0}


def stand_in(opens: str) -> Peer:
    """A peer that needs no environment: it is run by the Python that the tests are run by."""
    return Peer("stand-in", "A stand-in", "burr", "tests.support.peer", opens, dict.fromkeys(SHARED, 2))


def compared(peer: Peer, *workloads: str, folder: Path) -> Outcome:
    some, pythons = [SHARED[name] for name in workloads], {peer.project: Path(sys.executable)}
    return compare(some, [peer], pythons, rounds=1, folder=folder, small=True, tell=lambda _: None)


@pytest.mark.parametrize("project", PROJECTS)
def test_every_package_of_a_peer_is_pinned_to_one_version(project: str) -> None:
    lines = (PINS / f"{project}.txt").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if not line.startswith("#")]
    assert [line for line in packages if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    assert dict(pins_of(project)).keys() >= {"uvloop"}, "a peer is measured on the loop that Concertato is measured on"


def test_every_peer_is_opened_by_a_function_of_its_file_and_no_file_is_left_over() -> None:
    files = {f"bench.peers.{file.stem}": file for file in FOLDER.glob("with_*.py")}
    assert {peer.module for peer in PEERS.values()} == files.keys()
    assert {file.stem for file in PINS.iterdir()} == set(PROJECTS)
    for peer in PEERS.values():
        body = ast.parse(files[peer.module].read_text(encoding="utf-8")).body
        assert peer.opens in {node.name for node in body if isinstance(node, ast.AsyncFunctionDef)}


def test_a_peer_is_measured_right_after_concertato_in_every_workload(tmp_path: Path) -> None:
    peer = stand_in("honest")
    outcome = compared(peer, *SHARED, folder=tmp_path)
    (figures,) = outcome.rounds
    assert list(figures) == [(name, side) for name in SHARED for side in ("ours", "stand-in")]
    for name in SHARED:
        ours, its = figures[name, "ours"], figures[name, "stand-in"]
        assert list(its) == list(ours)
        assert all(value > 0 for value in [*ours.values(), *its.values()])
    words = [line.split()[0] for line in table(list(SHARED.values()), [peer], outcome).splitlines() if line]
    assert words[:-2] == [word for name in SHARED for word in (name, "Concertato", "A")]


@pytest.mark.parametrize("workload", ["W1", "W3", "W5"])
def test_a_peer_that_comes_to_a_wrong_result_is_not_measured(workload: str, tmp_path: Path) -> None:
    with pytest.raises(WorkloadFailed, match=f"{workload} stand-in ended with exit status 1"):
        compared(stand_in("hasty"), workload, folder=tmp_path)


def test_the_table_has_medians_and_the_ratios_within_each_round() -> None:
    def figures(speed: float, disk: float) -> dict[str, float]:
        return {"nodes/s": speed, "disk/logical closed": disk, "loop us/node": 1.0}

    ours, its = ("W5", "ours"), ("W5", "stand-in")
    speeds = [(100.0, 10.0), (300.0, 100.0), (250.0, 50.0)]
    rounds = [{ours: figures(one, 1.25), its: figures(other, 0.0)} for one, other in speeds]
    elsewhere = Peer("elsewhere", "Measured in W1 alone", "burr", "", "", {"W1": 1})
    shown = table([SHARED["W5"]], [stand_in("honest"), elsewhere], Outcome(rounds, MACHINE))
    assert [re.split("  +", line) for line in shown.splitlines()[:4]] == [
        ["W5 the chain, passing on 256 KiB at a time", "nodes/s", "ours/peer", "disk/logical closed"],
        ["Concertato", "250", "1.25"],
        ["A stand-in", "50", "5", "-"],
        [""],
    ]
    assert shown.splitlines()[-1].startswith("apache-burr ")


def test_an_environment_is_made_once_and_again_when_its_pins_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "PINS", tmp_path)
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path)
    told: list[str] = []
    pins = tmp_path / "none.txt"
    pins.write_text("# Nothing.\n", encoding="utf-8")
    python = python_of("none", told.append)
    assert python.exists()
    assert python_of("none", told.append) == python
    assert len(told) == 1
    pins.write_text("--no-index\nno-such-package==1\n", encoding="utf-8")
    with pytest.raises(WorkloadFailed, match="no-such-package"):
        python_of("none", told.append)
    assert len(told) == 2
