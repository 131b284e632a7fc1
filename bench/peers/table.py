"""The comparison as plain tables, one for each workload: a line for Concertato and one for each peer.

What a figure shows is the median over the rounds; `ours/peer` is that of the first figure's ratios within each round.
"""

from collections.abc import Iterator, Sequence
from statistics import median

from bench.peers import Peer
from bench.peers.environments import pins_of
from bench.rounds import Outcome, Round
from bench.table import in_columns, machine, short
from bench.workloads import Side, Workload

_NOT_COMPARED = ("loop us/node",)
"""Who works in threads has little of it, and is not the quicker for that."""


def table(workloads: Sequence[Workload], peers: Sequence[Peer], outcome: Outcome) -> str:
    wide = max(len(title) for title in [*(_title(each) for each in workloads), *(peer.what for peer in peers)])
    tables = [_table(workload, peers, outcome.rounds, wide) for workload in workloads]
    return "\n".join([*(f"{each}\n" for each in tables), machine(outcome), _versions(peers)])


def _table(workload: Workload, peers: Sequence[Peer], rounds: Sequence[Round], wide: int) -> str:
    (ours,) = workload.measured
    first, *others = (name for name in rounds[0][ours] if name not in _NOT_COMPARED)
    lines = [(_title(workload).ljust(wide), first, "ours/peer", *others)]
    lines.append(("Concertato", *_line(ours, ours, [first, *others], rounds)))
    theirs = [peer for peer in peers if workload.name in peer.runs]
    lines += [(peer.what, *_line((workload.name, peer.name), ours, [first, *others], rounds)) for peer in theirs]
    return "\n".join(in_columns(lines, names=1))


def _line(side: Side, ours: Side, names: Sequence[str], rounds: Sequence[Round]) -> Iterator[str]:
    first, *others = names
    yield _median(side, first, rounds)
    ratio = median(each[ours][first] / each[side][first] for each in rounds)
    yield "" if side == ours else f"{ratio:.3g}"
    for name in others:
        yield _median(side, name, rounds)


def _median(side: Side, name: str, rounds: Sequence[Round]) -> str:
    value = median(each[side][name] for each in rounds)
    return short(value) if value else "-"  # on disk is nothing of a peer that keeps nothing


def _title(workload: Workload) -> str:
    return f"{workload.name} {workload.what}"


def _versions(peers: Sequence[Peer]) -> str:
    projects = dict.fromkeys(peer.project for peer in peers)
    return ", ".join(" ".join(next(iter(pins_of(project)))) for project in projects)
