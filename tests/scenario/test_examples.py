"""The examples do what their READMEs say, through the command line and through Python, in a folder of their own."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
APPLICATIONS = ROOT.parent / "shared" / "data" / "german_credit" / "applications.jsonl"


@dataclass
class Example:
    """A copy of an example, and its programs."""

    folder: Path

    def concertato(self, *args: str) -> "subprocess.CompletedProcess[str]":
        return self._call("-m", "concertato", *args)

    def python(self, script: str, *args: str) -> "subprocess.CompletedProcess[str]":
        return self._call(script, *args)

    def run(self, order: str) -> "subprocess.CompletedProcess[str]":
        return self.concertato("run", "workflow.yaml", "-i", f"@orders/{order}.json")

    def balances(self) -> dict[str, str]:
        """What the ledger's own listing says."""
        listing = self.python("ledger.py").stdout.split("\n\n")[1]
        return {line[:50].strip(): line[50:].strip() for line in listing.splitlines()}

    def _call(self, *args: str) -> "subprocess.CompletedProcess[str]":
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CONCERTATO_")}
        environment |= {"PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"}
        return subprocess.run(
            [sys.executable, *args],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )


def copy_of(name: str, folder: Path) -> Example:
    target = folder / name
    shutil.copytree(ROOT / "examples" / name, target, ignore=shutil.ignore_patterns("out", "__pycache__"))
    return Example(target)


@pytest.fixture
def orders(tmp_path: Path) -> Example:
    return copy_of("order_processing", tmp_path)


@pytest.fixture
def credit(tmp_path: Path) -> Example:
    return copy_of("credit_verification", tmp_path)


def outputs(done: "subprocess.CompletedProcess[str]") -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout[done.stdout.index("\n{") :])


def test_an_order_is_paid_once_and_shipped_at_the_second_attempt(orders: Example) -> None:
    done = orders.run("coffee")
    assert outputs(done)["payment"]["cents"] == 250_00
    assert outputs(done)["shipping"]["tracking"] == "TRACK-A-1001"
    assert "the booking desk is closed" in done.stdout + done.stderr
    assert orders.balances()["customer:alice"] == "99750.00"
    assert orders.balances()["shop"] == "250.00"


def test_the_demo_can_be_run_again_and_again(orders: Example) -> None:
    for times in (1, 2, 3):
        assert outputs(orders.run("coffee"))["payment"]["cents"] == 250_00
        assert orders.balances()["shop"] == f"{250 * times}.00"


def test_an_order_that_cannot_be_shipped_is_paid_back(orders: Example) -> None:
    done = orders.run("no_courier")
    assert done.returncode == 1
    assert "rolled back" in done.stdout + done.stderr
    listing = orders.python("ledger.py").stdout
    assert "payment          customer:bob → shop" in listing
    assert "refund           shop → customer:bob" in listing
    assert orders.balances()["customer:bob"] == "80000.00"
    assert orders.balances()["shop"] == "0.00"
    assert orders.balances()["all accounts together"] == "0.00"


def test_an_order_of_too_great_a_risk_is_refused_unpaid(orders: Example) -> None:
    given = outputs(orders.run("refused"))
    assert given["refusal"] == {"order": "A-1003", "refused": "a new customer; a large amount"}
    assert given["payment"] is given["shipping"] is None
    assert "shop" not in orders.balances()


def test_a_large_order_is_paid_after_the_identity_check(orders: Example) -> None:
    done = orders.run("large")
    assert outputs(done)["payment"]["cents"] == 1450_00
    assert done.stdout.index("identity_check") < done.stdout.index("payment")


def test_the_same_order_from_python_is_the_same_workflow(orders: Example) -> None:
    done = orders.python("run.py")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["shipping"]["tracking"] == "TRACK-A-1001"
    (orders.folder / "built.yaml").write_text(orders.python("run.py", "--yaml").stdout)
    both = [orders.concertato("graph", file).stdout for file in ("built.yaml", "workflow.yaml")]
    assert both[0] == both[1] != ""
    failed = orders.python("run.py", "orders/no_courier.json")
    assert failed.returncode == 1
    assert "no courier goes to NZ" in failed.stderr


def test_applications_made_up_are_all_decided(credit: Example) -> None:
    assert credit.python("make_rows.py", "20").returncode == 0
    done = credit.concertato(
        "batch", "workflow.yaml", "--inputs", "out/rows.jsonl", "--out", "out/results.jsonl", "--quiet"
    )
    assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in (credit.folder / "out/results.jsonl").read_text().splitlines()]
    assert [result["status"] for result in results] == ["succeeded"] * 20
    assert {result["outputs"]["decision"] for result in results} == {"approve", "refer", "decline"}
    assert all(result["outputs"]["detail"] for result in results)


@pytest.mark.skipif(not APPLICATIONS.exists(), reason="the German Credit data are not there")
def test_the_real_applications_give_the_table_of_the_readme(credit: Example) -> None:
    (credit.folder / "out").mkdir()
    rows = str(APPLICATIONS)
    done = credit.concertato("batch", "workflow.yaml", "--inputs", rows, "--out", "out/results.jsonl", "--quiet")
    assert done.returncode == 0, done.stderr
    table = credit.python("report.py").stdout.strip()
    assert table in (credit.folder / "README.md").read_text()
