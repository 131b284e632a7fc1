"""Decisions against how the credits ended, from the results of a batch: `python report.py out/results.jsonl`."""

import json
import sys
from collections import Counter
from pathlib import Path

DECISIONS = ("approve", "refer", "decline")


def table(results: Path) -> str:
    """How many ended well and badly under each decision, and what share of the decisions was right."""
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    done = [line["outputs"] for line in lines if line["status"] == "succeeded"]
    known = Counter((each["decision"], each["good"]) for each in done if each["good"] is not None)
    rows = [f"{'decision':10} {'all':>6} {'good':>6} {'bad':>6} {'good in %':>10}"]
    for decision in DECISIONS:
        good, bad = known[decision, True], known[decision, False]
        share = f"{100 * good / (good + bad):10.1f}" if good + bad else f"{'':10}"
        rows.append(f"{decision:10} {good + bad:6} {good:6} {bad:6} {share}")
    decided = sum(known[decision, ended] for decision in ("approve", "decline") for ended in (True, False))
    right = known["approve", True] + known["decline", False]
    if decided:
        rows.append(f"\ndecided without an officer: {decided}, of which right: {right} ({100 * right / decided:.1f} %)")
    if len(done) < len(lines):
        rows.append(f"not decided, since the run failed: {len(lines) - len(done)}")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "out" / "results.jsonl")))
