"""Which workloads there are, and what each is measured against. Nothing is imported before it is measured."""

from dataclasses import dataclass

Side = tuple[str, str]
"""A workload and one function of its file: what one process measures."""


@dataclass(frozen=True, slots=True)
class Workload:
    """`sides` are the functions of `file` that the table shows, `ceiling` what they are compared with.

    `rounds` bounds how often it is measured, for those that take long or that repeat within themselves.
    """

    name: str
    what: str
    file: str
    sides: tuple[str, ...] = ("ours",)
    ceiling: Side | None = None
    rounds: int = 1000

    @property
    def measured(self) -> tuple[Side, ...]:
        return tuple((self.name, side) for side in self.sides)


WORKLOADS = {
    each.name: each
    for each in (
        Workload("W1", "a chain of 10 nodes, 64 runs at a time", "w1_chain", ceiling=("W8", "thread")),
        Workload("W1A", "the same on Python's own event loop", "w1a_plain", ceiling=("W8", "plain")),
        Workload("W2", "the chain, one run at a time", "w2_alone", ceiling=("W2", "ceiling")),
        Workload("W3", "one run: 1,000 nodes side by side, a join", "w3_wide", ceiling=("W3", "ceiling")),
        Workload("W4", "1,000 runs of 3 nodes of 0.1 s each", "w4_naps", ceiling=("W4", "ceiling")),
        Workload("W5", "the chain, passing on 256 KiB at a time", "w5_big", ceiling=("W5", "ceiling")),
        Workload("W6", "import and a first run, in a new process", "w6_first"),
        Workload("W7", "100,000 runs that wait for a signal", "w7_waiting", rounds=2),
        Workload("W8", "the ceiling: W1, a bare loop and writer", "w8_ceiling", sides=("thread", "plain", "inline")),
        Workload("B1", "reading, checking, compiling 10,000 nodes", "b1_compile", rounds=1),
        Workload("B2", "a node in runs of 100 to 10,000 nodes", "b2_size", rounds=3),
    )
}
