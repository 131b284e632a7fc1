"""Who is measured when. Every round measures each of them once, in a new process, Concertato and ceiling in turn.

The machine may be busy with other things, and is so for seconds or minutes at a time: what stands side by side in one
round had about the same of it. So ratios are taken within a round, and then the median of them.
"""

import json
import os
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
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
    workloads: Sequence[Workload], *, rounds: int, folder: Path, small: bool, tell: Callable[[str], None]
) -> Outcome:
    """Measure the workloads and what they are compared with. Raises `WorkloadFailed`."""
    outcome = Outcome(machine=_machine())
    for number in range(rounds):
        figures: Round = {}
        for side in _sides(workloads, number):
            tell(f"round {number + 1} of {rounds}: {' '.join(side)}")
            figures[side] = _in_process(side, folder, small=small)
        outcome.rounds.append(figures)
    outcome.machine["load after"] = os.getloadavg()[0]
    return outcome


def _sides(workloads: Sequence[Workload], number: int) -> Iterator[Side]:
    """What round `number` measures, each once: what is compared stands side by side."""
    told: set[Side] = set()
    for workload in workloads:
        if number >= workload.rounds:
            continue
        for side in (*workload.measured, *([workload.ceiling] if workload.ceiling else [])):
            if side not in told:
                told.add(side)
                yield side


def _in_process(side: Side, folder: Path, *, small: bool) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.process", *side, str(folder), *(["--small"] if small else [])]
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
