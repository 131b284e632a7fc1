"""Who is measured when. Every round measures each side once, in a new process, and what is compared in turn.

The machine may be busy with other things, and is so for seconds or minutes at a time: what stands side by side in one
round had about the same of it. So ratios are taken within a round, and then the median of them.
"""

import json
import os
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.workloads import Side, Workload

ROOT = Path(__file__).parents[1]

Round = dict[Side, dict[str, float]]
"""The figures of each measurement of one round."""


@dataclass
class Outcome:
    rounds: list[Round] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        rounds = [{f"{name} {side}": figures for (name, side), figures in each.items()} for each in self.rounds]
        return {"machine": self.machine, "rounds": rounds}


class WorkloadFailed(Exception):
    """A workload ended without figures; its own complaint is on stderr."""


def measure(
    rounds: int,
    sides: Callable[[int], Iterable[Side]],
    command: Callable[[Side], Sequence[str]],
    tell: Callable[[str], None],
) -> Outcome:
    """Measure in each round what `sides` gives for its number, each by its command. Raises `WorkloadFailed`."""
    outcome = Outcome(machine=_machine())
    for number in range(rounds):
        figures: Round = {}
        for side in sides(number):
            tell(f"round {number + 1} of {rounds}: {' '.join(side)}")
            figures[side] = _in_process(side, command(side))
        outcome.rounds.append(figures)
    outcome.machine["load after"] = os.getloadavg()[0]
    return outcome


def with_ceilings(workloads: Sequence[Workload], number: int) -> Iterator[Side]:
    """What round `number` of these measures, each once: a workload, and right after it what it is compared with."""
    told: set[Side] = set()
    for workload in workloads:
        if number >= workload.rounds:
            continue
        for side in (*workload.measured, *([workload.ceiling] if workload.ceiling else [])):
            if side not in told:
                told.add(side)
                yield side


def in_this_python(side: Side, folder: Path, *, small: bool) -> list[str]:
    """The command that measures a side of a workload's file, Concertato or a ceiling."""
    return [sys.executable, "-m", "bench.process", *side, str(folder), *(["--small"] if small else [])]


def _in_process(side: Side, command: Sequence[str]) -> dict[str, float]:
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise WorkloadFailed(f"{' '.join(side)} ended with exit status {done.returncode}")
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load before": os.getloadavg()[0],
    }
