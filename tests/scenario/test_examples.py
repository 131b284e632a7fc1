"""The examples do what their READMEs say, through the command line and through Python, in a folder of their own."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from concertato.definition.dump import to_document
from concertato.definition.load import load
from support.command import Done, Folder
from support.environment import environ_of
from support.source import ROOT

APPLICATIONS = ROOT.parent / "shared" / "data" / "german_credit" / "applications.jsonl"


@dataclass
class Example:
    """A copy of an example, and its programs."""

    folder: Path

    def concertato(self, *args: str) -> Done:
        return Folder(self.folder).command(*args)

    def python(self, script: str, *args: str) -> Done:
        done = subprocess.run(
            [sys.executable, script, *args],
            cwd=self.folder,
            env=environ_of(),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def run(self, given: str) -> Done:
        """Run the example's workflow on one of its orders or incidents, by its name."""
        (file,) = self.folder.glob(f"*/{given}.json")
        return self.concertato("run", "workflow.yaml", "-i", f"@{file.relative_to(self.folder)}")

    def decide(self, choice: str, who: str, *more: str) -> Done:
        """Decide the newest open task, as `user` who has the `role`: `user/role`."""
        user, role = who.split("/")
        chosen = ("--choice", choice, "--reason", f"{user} says so", "--as", user, "--role", role)
        return self.concertato("decide", "last", *chosen, *more)

    def balances(self) -> dict[str, str]:
        """What the ledger's own listing says."""
        listing = self.python("ledger.py").out.split("\n\n")[1]
        return {line[:50].strip(): line[50:].strip() for line in listing.splitlines()}

    def bookings(self) -> dict[str, str]:
        """What the courier's own listing says."""
        return dict(line.split(maxsplit=1) for line in self.python("courier.py").out.splitlines())

    def services(self) -> dict[str, str]:
        """What the simulation's own table says, a line for each service."""
        table = self.python("services.py").out.splitlines()
        return {line.split()[0]: " ".join(line.split()[1:]) for line in table}


def copy_of(name: str, folder: Path) -> Example:
    target = folder / name
    shutil.copytree(ROOT / "examples" / name, target, ignore=shutil.ignore_patterns("out", "__pycache__"))
    return Example(target)


@pytest.fixture
def orders(tmp_path: Path) -> Example:
    return copy_of("order_processing", tmp_path)


@pytest.fixture
def incidents(tmp_path: Path) -> Example:
    return copy_of("incident_response", tmp_path)


@pytest.fixture
def credit(tmp_path: Path) -> Example:
    return copy_of("credit_verification", tmp_path)


def outputs(done: Done) -> Any:
    assert done.status == 0, done.err
    return json.loads(done.out[done.out.index("\n{") :])


def test_an_order_is_paid_once_and_shipped_at_the_second_attempt(orders: Example) -> None:
    done = orders.run("coffee")
    assert outputs(done)["payment"]["cents"] == 250_00
    assert outputs(done)["shipping"]["tracking"] == "TRACK-A-1001"
    assert "the booking desk is closed" in done.out + done.err
    assert orders.balances()["customer:alice"] == "99750.00"
    assert orders.balances()["shop"] == "250.00"


def test_the_demo_can_be_run_again_and_again(orders: Example) -> None:
    for times in (1, 2, 3):
        assert outputs(orders.run("coffee"))["payment"]["cents"] == 250_00
        assert orders.balances()["shop"] == f"{250 * times}.00"


def test_an_order_that_cannot_be_shipped_is_paid_back(orders: Example) -> None:
    done = orders.run("no_courier")
    assert done.status == 1
    assert "rolled back" in done.out + done.err
    listing = orders.python("ledger.py").out
    assert "reservation      customer:bob → reserved:bob" in listing
    assert "release          reserved:bob → customer:bob" in listing
    assert orders.balances()["customer:bob"] == "80000.00"
    assert "shop" not in orders.balances()
    assert orders.balances()["all accounts together"] == "0.00"


def test_a_payment_that_fails_for_good_cancels_the_courier_and_releases_the_money(orders: Example) -> None:
    done = orders.run("card_declined")
    assert done.status == 1
    assert "the bank declines" in done.err
    assert done.out.index("↶ shipping") < done.out.index("↶ reservation")
    assert orders.bookings() == {"TRACK-A-1005": "cancelled"}
    balances = orders.balances()
    assert (balances["customer:erik"], balances["reserved:erik"]) == ("5000.00", "0.00")
    assert "shop" not in balances
    assert balances["all accounts together"] == "0.00"


def test_a_parcel_that_no_program_can_get_back_is_brought_back_by_a_person(orders: Example) -> None:
    assert orders.run("already_collected").status == 3
    assert orders.bookings() == {"TRACK-A-1006": "on its way"}
    shown = orders.concertato("tasks", "last").out
    assert shown.startswith("Parcel TRACK-A-1006 is on its way, and the order is off\n")
    assert "the undoing of shipping failed (rejected)" in shown
    assert orders.balances()["customer:erik"] == "5000.00"
    assert orders.decide("done", "rita/risk_officer").status == 2
    done = orders.decide("done", "dan/dispatcher")
    assert done.status == 1
    assert "↶ rolled back" in done.out


def test_an_order_of_too_great_a_risk_is_refused_unpaid(orders: Example) -> None:
    given = outputs(orders.run("refused"))
    reasons = "reported for fraud; a new customer; a large amount"
    assert given["refusal"] == {"order": "A-1003", "refused": reasons}
    assert given["payment"] is given["shipping"] is None
    assert not (orders.folder / "out").exists()


def test_a_risky_order_waits_for_a_person_and_is_shipped_when_that_approves(orders: Example) -> None:
    waiting = orders.run("high_risk")
    assert waiting.status == 3
    assert "concertato decide" in waiting.err
    shown = orders.concertato("tasks", "last").out
    assert 'It is for 145000 cents, and its risk is 0.7: ["a new customer","a large amount"].' in shown
    initiator = orders.concertato("decide", "last", "--choice", "approve", "--values", "called=true")
    assert initiator.status == 2
    assert orders.decide("approve", "rita/risk_officer").status == 2, "the form asks whether she called"
    assert not (orders.folder / "out").exists()
    assert (
        outputs(orders.decide("approve", "rita/risk_officer", "--values", "called=true"))["payment"]["cents"] == 1450_00
    )
    assert orders.balances()["customer:dora"] == "18550.00"
    path = orders.concertato("show", "last", "--decisions").out
    assert "rita decided task 'review': approve: rita says so" in path
    assert "allowed by it is for role:risk_officer, and not for initiator" in path


def test_a_risky_order_that_a_person_rejects_is_refused(orders: Example) -> None:
    assert orders.run("high_risk").status == 3
    given = outputs(orders.decide("reject", "rita/risk_officer", "--values", "called=false"))
    assert given["refusal"]["by"] == ["rita"]
    assert given["refusal"]["note"] == "rita says so"
    assert not (orders.folder / "out").exists()


def test_what_stands_in_for_a_bureau_that_is_away_grows_with_what_is_at_stake(orders: Example) -> None:
    assert outputs(orders.run("no_bureau"))["risk"]["reasons"] == ["no bureau to ask"]
    assert outputs(orders.run("no_bureau_medium"))["risk"]["reasons"] == ["not known, taken for middling"]
    assert "agent 'supervisor' chose use_output: 268.00" in orders.concertato("show", "last", "--decisions").out
    assert orders.run("no_bureau_large").status == 3
    path = orders.concertato("show", "last", "--decisions").out
    assert "agent 'supervisor' chose escalate: 1450.00 is more than I may answer for" in path
    known = 'output={"score": 0.0, "reasons": ["known to the house"]}'
    done = orders.decide("use_output", "rita/risk_officer", "--values", known)
    assert outputs(done)["risk"] == {"score": 0.0, "reasons": ["known to the house"]}
    assert orders.balances()["shop"] == "1907.00"


def test_a_large_order_is_paid_after_the_identity_check(orders: Example) -> None:
    done = orders.run("large")
    assert outputs(done)["payment"]["cents"] == 1450_00
    assert done.out.index("identity_check") < done.out.index("payment")


def test_the_same_order_from_python_is_the_same_workflow(orders: Example) -> None:
    done = orders.python("run.py")
    assert done.status == 0, done.err
    assert json.loads(done.out)["shipping"]["tracking"] == "TRACK-A-1001"
    (orders.folder / "built.yaml").write_text(orders.python("run.py", "--yaml").out)
    both = [orders.concertato("graph", file).out for file in ("built.yaml", "workflow.yaml")]
    assert both[0] == both[1] != ""
    written = [load(orders.folder / file).definition for file in ("built.yaml", "workflow.yaml")]
    assert to_document(written[0]) == to_document(written[1])
    failed = orders.python("run.py", "orders/no_courier.json")
    assert failed.status == 1
    assert "no courier goes to NZ" in failed.err


def test_applications_made_up_are_all_decided(credit: Example) -> None:
    assert credit.python("make_rows.py", "20").status == 0
    done = credit.concertato(
        "batch", "workflow.yaml", "--inputs", "out/rows.jsonl", "--out", "out/results.jsonl", "--quiet"
    )
    assert done.status == 0, done.err
    results = [json.loads(line) for line in (credit.folder / "out/results.jsonl").read_text().splitlines()]
    assert [result["status"] for result in results] == ["succeeded"] * 20
    assert {result["outputs"]["decision"] for result in results} == {"approve", "refer", "decline"}
    assert all(result["outputs"]["detail"] for result in results)


@pytest.mark.skipif(not APPLICATIONS.exists(), reason="the German Credit data are not there")
def test_the_real_applications_give_the_table_of_the_readme(credit: Example) -> None:
    (credit.folder / "out").mkdir()
    rows = str(APPLICATIONS)
    done = credit.concertato("batch", "workflow.yaml", "--inputs", rows, "--out", "out/results.jsonl", "--quiet")
    assert done.status == 0, done.err
    table = credit.python("report.py").out.strip()
    assert table in (credit.folder / "README.md").read_text()


def test_a_first_proposal_with_a_mistake_comes_back_mended_and_the_service_is_well_again(incidents: Example) -> None:
    given = outputs(incidents.run("overload"))
    assert given["report"] == {"incident": "INC-1", "done": "scale_out", "errors_percent": 1.9}
    path = incidents.concertato("show", "last", "--decisions").out
    refused = path.index("'scale_up' is not allowed here; did you mean 'scale_out'?")
    assert refused < path.index("proposed what is done here: logs, scale_out, scale_out_helped")
    assert "replicas 6" in incidents.services()["checkout"]
    grown = incidents.concertato("graph", "--run", "last").out
    assert re.search(r"✓ scale_out +scale_out .*\(proposed\)", grown)


def test_what_makes_it_worse_is_undone_and_something_else_is_planned(incidents: Example) -> None:
    done = incidents.run("slow_search")
    assert outputs(done)["report"] == {"incident": "INC-3", "done": "restart", "errors_percent": 1.9}
    assert done.out.index("↶ response/shift_traffic") < done.out.index("✓ response~2/restart")
    assert incidents.services()["search"].startswith("release 1.9 zone a")
    path = incidents.concertato("show", "last", "--decisions").out
    assert "agent 'incident_lead' chose retry: shift_traffic did not help and was undone; plan again without it" in path
    grown = incidents.concertato("graph", "--run", "last").out
    assert re.search(r"✓ restart +restart .*\(proposed\)", grown)
    assert "removed  response/shift_traffic  (undone before agent 'planner' proposed anew)" in grown


def test_a_run_that_waits_for_a_person_is_edited_and_an_edit_is_taken_back(incidents: Example) -> None:
    assert incidents.run("bad_release").status == 3
    tried = incidents.concertato("edit", "last", "--file", "edits/tell_customers.yaml", "--dry-run")
    assert (tried.status, "would add" in tried.out) == (0, True)
    assert "notice" not in incidents.concertato("graph", "--run", "last").out
    for edit in ("tell_customers", "keep_evidence"):
        asked = ("edit", "last", "--file", f"edits/{edit}.yaml", "--reason", f"because of {edit}", "--no-wait")
        assert incidents.concertato(*asked).status == 0
    grown = incidents.concertato("graph", "--run", "last").out
    assert re.search(r"notice +tell_customers .*\(added by .*: because of tell_customers\)", grown)
    assert re.search(r"○ evidence +\w+ .*\(added by .*: because of keep_evidence\)", grown)
    assert incidents.concertato("edit", "last", "--undo", "--no-wait").status == 0
    done = incidents.decide("go", "olga/on_call")
    assert outputs(done)["report"] == {"incident": "INC-2", "done": "roll_back_release", "errors_percent": 2.2}
    assert incidents.services()["payments"].startswith("release 7.1")
    assert "✓ notice" in done.out
    assert "evidence" not in done.out


def test_what_was_added_to_a_proposal_is_done_before_what_it_was_put_before(incidents: Example) -> None:
    assert incidents.run("bad_release").status == 3
    assert incidents.concertato("edit", "last", "--file", "edits/keep_evidence.yaml", "--no-wait").status == 0
    done = incidents.decide("go", "olga/on_call")
    assert done.status == 0, done.err
    assert done.out.index("✓ response/evidence") < done.out.index("✓ response/roll_back_release ")


def test_a_risky_step_that_nobody_wants_is_left_and_people_are_asked_after_six_looks(incidents: Example) -> None:
    assert incidents.run("bad_release").status == 3
    left = incidents.decide("leave", "olga/on_call")
    assert left.status == 3
    assert "○ response/roll_back_release" in left.out
    assert "payments is not well after six looks" in incidents.concertato("tasks").out
    given = outputs(incidents.decide("skip", "olga/on_call"))
    assert given["report"] == {"incident": "INC-2", "done": "nothing", "errors_percent": None}
    assert incidents.services()["payments"].startswith("release 7.2")


def test_what_only_its_provider_can_mend_is_watched_again_when_a_person_says_so(incidents: Example) -> None:
    assert incidents.run("provider_down").status == 3
    assert "provider down" in incidents.services()["mail"]
    assert incidents.python("services.py", "mend", "mail").status == 0
    assert outputs(incidents.decide("retry", "olga/on_call"))["report"]["errors_percent"] == 2.5
    assert "Done: nothing. In the end: 2.5 % errors." in (incidents.folder / "out/reports/INC-4.md").read_text()


def test_a_simulation_finds_that_a_trip_is_paid_for_twice_and_nothing_in_the_mended_one(tmp_path: Path) -> None:
    trip = copy_of("trip_booking", tmp_path)
    found = trip.concertato("simulate", "booking.yaml", "--json")
    assert found.status == 5
    surprises = {(each["kind"], each["place"]) for each in json.loads(found.out)["surprises"]}
    assert surprises >= {("done_twice", "charge"), ("not_undone", "flight"), ("never_reached", "review")}
    mended = trip.concertato("simulate", "mended.yaml", "--script", "script.yaml", "--json")
    assert (mended.status, json.loads(mended.out)["surprises"]) == (0, [])
    booked = trip.concertato("run", "mended.yaml", "-i", 'trip={"city": "Lisbon", "nights": 3, "card": "4111 1111"}')
    assert outputs(booked)["ticket"].startswith("ticket for LIS-")


def test_what_is_shown_of_the_trips_simulations_is_what_they_print(tmp_path: Path) -> None:
    example = copy_of("trip_booking", tmp_path / "examples")
    _write_program(tmp_path / ".venv/bin/concertato", "-m concertato")
    readme = (example.folder / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"```sh\n((?:(?!```).)*)```\n\n```text\n(.*?)```", readme, re.DOTALL)
    assert len(shown) == 3
    for commands, text in shown:
        command = commands.replace("\\\n", " ").splitlines()[-1]
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, env=environ_of(), capture_output=True, encoding="utf-8", check=False
        )
        assert done.stdout == text


STATUS = re.compile(r"#.*\bexit status (\d+)")


@pytest.mark.parametrize("name", sorted(file.parent.name for file in (ROOT / "examples").glob("*/README.md")))
def test_every_command_of_a_readme_ends_as_it_says(name: str, tmp_path: Path) -> None:
    """In a folder that holds `examples/` and `.venv/bin`, as the READMEs have it. Without a word on it the end is 0."""
    example = copy_of(name, tmp_path / "examples")
    _write_program(tmp_path / ".venv/bin/concertato", "-m concertato")
    _write_program(tmp_path / ".venv/bin/python", "")
    blocks = re.findall(r"```sh\n(.*?)```", (example.folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    commands = [line for line in "".join(blocks).replace("\\\n", " ").splitlines() if line]
    assert len(commands) > 3
    expected = [int(said[1]) if (said := STATUS.search(command)) else 0 for command in commands]
    script = "\n".join(f'{command}\necho $? >> "$STATUSES"' for command in commands)
    environment = environ_of() | {"STATUSES": str(tmp_path / "statuses")}
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    ended = [int(status) for status in (tmp_path / "statuses").read_text().split()]
    assert list(zip(commands, ended, strict=True)) == list(zip(commands, expected, strict=True)), done.stderr


def _write_program(file: Path, arguments: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
    file.chmod(0o755)
