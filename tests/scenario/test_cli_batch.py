"""A batch goes on where it was, whatever stopped it, and gives no row a second run."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from support.command import Done, Folder

WORKFLOW = """
name: scoring
inputs: {amount: number}
nodes:
  - {id: score, type: score, inputs: {amount: amount}}
outputs: {score: score.output}
"""

# Each call of the agent leaves a mark, so that a row which is run twice is seen. Row 30 waits to be let go.
AGENTS = """
import asyncio
from pathlib import Path

from concertato import AgentError, agent


@agent
async def score(amount: float) -> float:
    with open("calls", "a") as calls:
        calls.write(f"{amount:g}\\n")
    if amount == 13:
        raise AgentError("unlucky", kind="rejected")
    if amount == 30 and Path("slow").exists():
        Path("working").touch()
        await asyncio.Event().wait()
    return amount * 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("scoring.yaml", WORKFLOW)
    folder.write("agents.py", AGENTS)
    rows(folder, range(1, 41))
    return folder


def rows(folder: Folder, amounts: range) -> None:
    folder.write("rows.jsonl", "".join(f'{{"amount": {amount}}}\n' for amount in amounts))


def arguments(*more: str) -> list[str]:
    return ["batch", "scoring.yaml", "--inputs", "rows.jsonl", "--out", "results.jsonl", "--concurrency", "4", *more]


def summary(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.out)
    return found


def results(folder: Folder) -> list[dict[str, Any]]:
    return [json.loads(line) for line in folder.path("results.jsonl").read_text(encoding="utf-8").splitlines()]


def calls(folder: Folder) -> list[int]:
    return sorted(int(line) for line in folder.path("calls").read_text(encoding="utf-8").split())


def test_each_row_has_its_line_in_the_rows_order(folder: Folder) -> None:
    done = folder.command(*arguments())
    assert done.status == 1
    assert "39 succeeded, 1 failed" in done.out
    lines = results(folder)
    assert [line["row"] for line in lines] == list(range(1, 41))
    assert lines[0]["outputs"] == {"score": 2.0}
    assert lines[12]["error"]["kind"] == "rejected"


def test_the_same_command_again_reads_back_and_runs_nothing(folder: Folder) -> None:
    first = folder.command(*arguments("--json"))
    before = results(folder)
    again = folder.command(*arguments("--json"))
    assert (summary(first)["begun_before"], summary(again)["begun_before"]) == (0, 40)
    assert results(folder) == before
    assert calls(folder) == list(range(1, 41))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_batch_that_was_stopped_goes_on_with_the_same_command(folder: Folder, number: signal.Signals) -> None:
    folder.write("slow", "")
    process = folder.start(*arguments())
    folder.wait_for("working")
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert number == signal.SIGKILL or "go on with the same command" in err
    done_before = len(results(folder))
    with folder.path("results.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"row":31,"ru')  # half a line, as a power cut leaves it
    folder.path("slow").unlink()
    again = summary(folder.command(*arguments("--json")))
    assert again["counts"] == {"succeeded": 39, "failed": 1}
    assert again["begun_before"] >= done_before > 0
    assert [line["row"] for line in results(folder)] == list(range(1, 41))
    assert len({line["run_id"] for line in results(folder)}) == 40
    # Whoever was at work when it stopped may be asked again, and nobody else.
    twice = [amount for amount in set(calls(folder)) if calls(folder).count(amount) > 1]
    assert 30 in twice
    assert len(twice) <= 4


def test_a_bad_row_is_told_with_its_line_and_stops_no_other(folder: Folder) -> None:
    folder.write("rows.jsonl", '{"amount": 1}\n\nnope\n[1]\n{"amount": "x"}\n{"amont": 1}\n{"amount": 2}')
    done = folder.command(*arguments())
    assert done.status == 1
    assert [line.split()[0] for line in done.err.splitlines() if line.startswith("rows")] == [
        f"rows.jsonl:{line}" for line in (3, 4, 5, 6)
    ]
    assert {line["row"]: line["status"] for line in results(folder)} == {
        1: "succeeded",
        3: "invalid",
        4: "invalid",
        5: "invalid",
        6: "invalid",
        7: "succeeded",
    }


def test_another_name_or_another_definition_is_another_batch(folder: Folder) -> None:
    rows(folder, range(1, 4))
    folder.command(*arguments())
    assert summary(folder.command(*arguments("--json", "--batch", "again")))["begun_before"] == 0
    folder.write("scoring.yaml", WORKFLOW + "version: '2'\n")
    assert summary(folder.command(*arguments("--json")))["begun_before"] == 0


def test_a_row_that_only_waits_is_told_so_and_goes_on_later(folder: Folder) -> None:
    folder.write("scoring.yaml", WORKFLOW.replace("nodes:", "nodes:\n  - {id: ask, type: wait, signal: go}"))
    rows(folder, range(1, 3))
    done = folder.command(*arguments())
    assert (done.status, "2 waiting" in done.out) == (3, True)
    folder.command("signal", results(folder)[0]["run_id"], "go")
    folder.command(*arguments())
    assert [line["status"] for line in results(folder)] == ["succeeded", "running"]


@pytest.mark.parametrize("out", ["rows.jsonl", "scoring.yaml"])
def test_a_file_that_is_no_results_is_never_written_over(folder: Folder, out: str) -> None:
    before = folder.path(out).read_bytes()
    done = folder.command("batch", "scoring.yaml", "--inputs", "rows.jsonl", "--out", out)
    assert (done.status, folder.path(out).read_bytes()) == (2, before)


def test_rows_that_are_not_there_are_told(folder: Folder) -> None:
    done = folder.command("batch", "scoring.yaml", "--inputs", "missing.jsonl", "--out", "results.jsonl")
    assert (done.status, "cannot read the rows from missing.jsonl" in done.err) == (2, True)


def test_a_second_call_of_a_batch_under_way_is_refused_and_leaves_the_firsts_results(folder: Folder) -> None:
    folder.write("slow", "")
    process = folder.start(*arguments())
    folder.wait_for("working")
    second = folder.command(*arguments())
    assert (second.status, second.out) == (4, "")
    assert second.err.splitlines()[-1].startswith("concertato: error CT401 ")
    assert "Traceback" not in second.err
    assert len(results(folder)) > 4
    process.kill()
    process.communicate(timeout=30)


def test_a_mistyped_name_of_the_rows_costs_no_results(folder: Folder) -> None:
    folder.command(*arguments())
    before = results(folder)
    assert folder.command("batch", "scoring.yaml", "-i", "row.jsonl", "-o", "results.jsonl").status == 2
    assert results(folder) == before


def test_rows_come_from_standard_input_and_results_go_to_a_file_only(folder: Folder) -> None:
    done = folder.command("batch", "scoring.yaml", "-i", "-", "-o", "results.jsonl")
    assert (done.status, "no rows" in done.out) == (0, True)
    refused = folder.command("batch", "scoring.yaml", "-i", "rows.jsonl", "-o", "-")
    assert (refused.status, "expected --out to be a file" in refused.err) == (2, True)
    assert not folder.path("-").exists()
