"""One measurement, in a process of its own: `python -m bench.process W1 ours FOLDER [--small]` prints its figures."""

import argparse
import json
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from pathlib import Path

import uvloop

from bench.meter import Figures, peak
from bench.workloads import WORKLOADS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.process", description=__doc__)
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("side", help="the function of the workload's file that is measured")
    parser.add_argument("folder", type=Path, help="where its files are written, and removed again")
    parser.add_argument(
        "--small", action="store_true", help="as little as still does everything; the figures mean nothing"
    )
    given = parser.parse_args()
    file = import_module(f"bench.workloads.{WORKLOADS[given.workload].file}")
    report(partial(getattr(file, given.side), small=given.small), given.folder)


def report(measure: Callable[[Path], Awaitable[Figures]], within: Path) -> None:
    """Print what `measure` finds, as JSON and with this process's memory. It has a folder to itself."""

    async def measured() -> Figures:
        with tempfile.TemporaryDirectory(dir=within) as folder:
            return await measure(Path(folder))

    figures = uvloop.run(measured())
    figures = figures | peak() | figures  # a workload that asks another process for its memory has said it already
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
