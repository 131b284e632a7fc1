"""What one process measures of itself: time on the wall and of the processor, memory, bytes on disk."""

import gc
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    import cProfile

Figures = dict[str, float]
"""Value by name, and the name says the unit. The first is what the workload is about."""


class Meter:
    """Times what is done within it.

    `cpu` is the processor time of the whole process, `loop` that of the thread that it is used in: on a machine that
    others use as well these are steadier than the wall's. What was there before (the modules, above all) is kept from
    the garbage collector, as a program that runs for long does it: the same for whoever is measured. `profile` is on
    meanwhile, where somebody wants to know more (`bench.profile`).
    """

    profile: "ClassVar[cProfile.Profile | None]" = None

    def __enter__(self) -> Self:
        gc.collect()
        gc.freeze()
        if self.profile is not None:
            self.profile.enable()
        self._cpu, self._loop, self._wall = time.process_time(), time.thread_time(), time.perf_counter()
        return self

    def __exit__(self, *exc: object) -> None:
        self.wall = time.perf_counter() - self._wall
        self.loop = time.thread_time() - self._loop
        self.cpu = time.process_time() - self._cpu
        if self.profile is not None:
            self.profile.disable()

    def per_node(self, nodes: int) -> Figures:
        """What a node cost the processor."""
        return {"cpu us/node": self.cpu / nodes * 1e6, "loop us/node": self.loop / nodes * 1e6}


def peak() -> Figures:
    """The most memory that this process has had. A process starts with what its parent had: keep parents small."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return {"peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20}


def on_disk(file: Path) -> int:
    """The bytes of a database and of the files that SQLite keeps beside it."""
    return sum(each.stat().st_size for each in file.parent.glob(f"{file.name}*"))
