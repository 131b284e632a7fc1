"""The figures as a plain table: of each the median and the best of the rounds, and the ratio to the ceiling."""

from collections.abc import Iterator, Sequence
from statistics import median

from bench.rounds import Outcome, Round
from bench.workloads import Side, Workload

_HEAD = ("", "", "median", "best", "ceiling", "ratio")


def table(workloads: Sequence[Workload], outcome: Outcome) -> str:
    lines = [_HEAD, *(line for workload in workloads for line in _lines(workload, outcome.rounds))]
    return "\n".join([*in_columns(lines, names=2), "", machine(outcome)])


def _lines(workload: Workload, rounds: Sequence[Round]) -> Iterator[tuple[str, ...]]:
    for side in workload.measured:
        title = f"{workload.name} {workload.what}"
        if len(workload.measured) > 1:
            title += f" ({side[1]})"
        ours = [each[side] for each in rounds if side in each]
        for name in ours[0]:
            values = [figures[name] for figures in ours]
            best = max(values) if name.endswith("/s") else min(values)
            yield title, name, short(median(values)), short(best), *_compared(side, workload.ceiling, name, rounds)
            title = ""


def _compared(side: Side, ceiling: Side | None, name: str, rounds: Sequence[Round]) -> tuple[str, str]:
    """The ceiling's median, and the median of the ratios within each round."""
    if ceiling is None:
        return "", ""
    pairs = [(each[side][name], each[ceiling][name]) for each in rounds if name in each.get(ceiling, {})]
    if not pairs:
        return "", ""
    return short(median(its for _, its in pairs)), f"{median(ours / its for ours, its in pairs):.2f}"


def in_columns(lines: Sequence[Sequence[str]], *, names: int) -> Iterator[str]:
    """The lines with their cells one below the other; the first `names` columns are words, the others figures."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = zip(line, widths, range(len(line)), strict=True)
        yield "  ".join(cell.ljust(width) if at < names else cell.rjust(width) for cell, width, at in cells).rstrip()


def short(value: float) -> str:
    """Three digits that count, and none of them in an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else f"{value:.4f}"


def machine(outcome: Outcome) -> str:
    """How often and on what it was measured."""
    at = outcome.machine
    return (
        f"{len(outcome.rounds)} rounds; Python {at['python']}, SQLite {at['sqlite']}, {at['system']}, "
        f"{at['cores']} cores; load {at['load before']:.1f} before and {at['load after']:.1f} after"
    )
