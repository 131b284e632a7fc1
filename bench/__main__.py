"""`python -m bench`: measures the workloads and prints the table; `make bench` is this."""

import argparse
import json
import sys
from pathlib import Path

from bench.rounds import ROOT, WorkloadFailed, measure
from bench.table import table
from bench.workloads import WORKLOADS, Workload


def main() -> int:
    given = _parser().parse_args()
    folder: Path = given.folder
    folder.mkdir(parents=True, exist_ok=True)
    try:
        outcome = measure(given.only, rounds=given.rounds, folder=folder, small=given.small, tell=_tell)
    except WorkloadFailed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    print(table(given.only, outcome))
    if given.json is not None:
        given.json.write_text(json.dumps(outcome.as_json(), indent=1) + "\n", encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Concertato's workloads.")
    parser.add_argument("--only", type=_named, default=list(WORKLOADS.values()), help="some of them: W1,W8")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure of every round there")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench", help="where journals are written")
    parser.add_argument("--small", action="store_true", help="as little as still does everything, to see that it works")
    return parser


def _named(text: str) -> list[Workload]:
    unknown = [name for name in text.split(",") if name not in WORKLOADS]
    if unknown:
        raise argparse.ArgumentTypeError(f"expected some of {','.join(WORKLOADS)}, got: {','.join(unknown)}")
    return [WORKLOADS[name] for name in text.split(",")]


def _tell(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
