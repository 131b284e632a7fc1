"""What the benchmark's two commands share on the command line."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from bench.rounds import ROOT, Outcome
from bench.workloads import Workload

_Named = TypeVar("_Named")


def parser(program: str, does: str, workloads: Mapping[str, Workload], *, rounds: int) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog=f"python -m {program}", description=does)
    some = ",".join(list(workloads)[:2])
    options.add_argument(
        "--only", type=some_of(workloads), default=list(workloads.values()), help=f"some of them: {some}"
    )
    options.add_argument("--rounds", type=int, default=rounds, help=f"how often each is measured ({rounds})")
    options.add_argument("--json", type=Path, metavar="FILE", help="write every figure of every round there")
    options.add_argument("--folder", type=Path, default=ROOT / "build" / "bench", help="where journals are written")
    options.add_argument("--small", action="store_true", help="as little as does everything, to see that it works")
    return options


def some_of(known: Mapping[str, _Named]) -> Callable[[str], list[_Named]]:
    """What reads `W1,W8`."""

    def named(text: str) -> list[_Named]:
        unknown = [name for name in text.split(",") if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"expected some of {','.join(known)}, got: {','.join(unknown)}")
        return [known[name] for name in text.split(",")]

    return named


def tell(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


def write(outcome: Outcome, file: Path | None) -> None:
    if file is not None:
        file.write_text(json.dumps(outcome.as_json(), indent=1) + "\n", encoding="utf-8")
