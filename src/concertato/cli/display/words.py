"""A status as a mark, a colour and a line: the same words in every display and listing."""

from concertato.cli.screen import Part
from concertato.cli.text import one_line, spent
from concertato.engine.contract import NodeChange
from concertato.journal.contract import RunRow
from concertato.run.status import NodeStatus, RunStatus

_N, _R = NodeStatus, RunStatus

# status: (mark, mark where only ASCII can be shown, style)
_MARKS: dict[str, tuple[str, str, str]] = {
    _N.PENDING: ("·", ".", "dim"),
    _N.QUEUED: ("·", ".", "dim"),
    _N.RUNNING: ("●", "*", "cyan"),
    _N.RETRYING: ("↻", "~", "yellow"),
    _N.WAITING: ("◷", "?", "yellow"),
    _N.RECOVERING: ("⤷", "r", "yellow"),
    _N.SUCCEEDED: ("✓", "+", "green"),
    _N.FAILED: ("✗", "x", "bold red"),
    _N.SKIPPED: ("○", "-", "dim"),
    _N.CANCELLED: ("⊘", "/", "dim"),
    _N.COMPENSATING: ("↶", "<", "magenta"),
    _N.COMPENSATED: ("↶", "<", "magenta"),
    _N.COMPENSATION_FAILED: ("✗", "x", "bold red"),
    _R.PAUSED: ("◷", "?", "yellow"),
    _R.STOPPING: ("●", "*", "yellow"),
    _R.ROLLING_BACK: ("↶", "<", "magenta"),
    _R.ROLLED_BACK: ("↶", "<", "magenta"),
}

# A display says a line when a node comes to one of these; the others are on their way to one.
TOLD = frozenset(
    {
        _N.RETRYING,
        _N.WAITING,
        _N.RECOVERING,
        _N.SUCCEEDED,
        _N.FAILED,
        _N.SKIPPED,
        _N.CANCELLED,
        _N.COMPENSATED,
        _N.COMPENSATION_FAILED,
    }
)
ACTIVE = frozenset({_N.RUNNING, _N.RETRYING, _N.WAITING, _N.RECOVERING, _N.COMPENSATING})


def run_status(run: RunRow) -> str:
    """A run's status in one word; of one that goes on only once something reaches it: waiting."""
    return NodeStatus.WAITING if run.parked and run.status == RunStatus.RUNNING else run.status


def style(status: str) -> str:
    return _MARKS[status][2]


def mark(status: str, *, unicode: bool) -> tuple[str, str]:
    sign, plain, colour = _MARKS[status]
    return (sign if unicode else plain, colour)


def node_line(change: NodeChange, took: float | None, *, unicode: bool) -> list[Part]:
    """`  ✓ n1  succeeded  12 ms` and, where there is something to say, why."""
    words = change.status.replace("_", " ")
    if change.status == _N.RETRYING:
        words = f"attempt {change.attempt} failed, trying again" if change.attempt else "trying again"
    parts: list[Part] = [
        "  ",
        mark(change.status, unicode=unicode),
        f" {change.path:<24} ",
        (words, style(change.status)),
    ]
    if took is not None:
        parts.append((f"  {spent(took)}", "dim"))
    if change.message:
        parts.append(f"  {one_line(change.message)}")
    return parts
