"""Who is compared when: in each round a workload in Concertato, and right after it the same in every peer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from bench.peers import Peer
from bench.rounds import Outcome, in_this_python, measure
from bench.workloads import Side, Workload

WIDTH = 1000
"""The nodes that a run of W3 has side by side."""


def compare(
    workloads: Sequence[Workload],
    peers: Sequence[Peer],
    pythons: Mapping[str, Path],
    *,
    rounds: int,
    folder: Path,
    small: bool,
    tell: Callable[[str], None],
) -> Outcome:
    """`pythons` has the interpreter of each peer's project. Raises `WorkloadFailed`."""
    named = {peer.name: peer for peer in peers}

    def command(side: Side) -> list[str]:
        workload, name = side
        if name not in named:
            return in_this_python(side, folder, small=small)
        peer = named[name]
        size = ["--runs", "2" if small else str(peer.runs[workload]), "--width", "4" if small else str(WIDTH)]
        measured = [workload, peer.module, peer.opens, str(folder), *size]
        return [str(pythons[peer.project]), "-m", "bench.peers.process", *measured]

    return measure(rounds, lambda _: sides(workloads, peers), command, tell)


def sides(workloads: Sequence[Workload], peers: Sequence[Peer]) -> Iterator[Side]:
    for workload in workloads:
        yield from workload.measured
        yield from ((workload.name, peer.name) for peer in peers if workload.name in peer.runs)
