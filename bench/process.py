"""One measurement, in a process of its own: `python -m bench.process W1 ours FOLDER [--small]` prints its figures."""

import argparse
import tempfile
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path

import msgspec
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
    measure: Callable[..., Awaitable[Figures]] = getattr(file, given.side)

    async def measured() -> Figures:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            return await measure(Path(folder), small=given.small)

    figures = uvloop.run(measured())
    figures = figures | peak() | figures  # a workload that asks another process for its memory has said it already
    print(msgspec.json.encode(figures).decode())


if __name__ == "__main__":
    main()
