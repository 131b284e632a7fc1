"""docs/status.md, drawn from the tables of the machine. `python tests/support/status_page.py` writes it anew."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from concertato.run.status import NODE_CHANGES, RUN_CHANGES, NodeStatus, RunStatus

S = TypeVar("S", bound=StrEnum)

FILE = Path(__file__).parents[2] / "docs" / "status.md"

_PAGE = """# Statuses

Every status of a run and of a node, and every change that there is: any other is refused by the machine. The pictures
are drawn from the tables in `src/concertato/run/status.py` by `tests/support/status_page.py`; a test keeps them equal.

## A run

{run}

{run_words}

## A node

{node}

{node_words}
"""

_RUN = {
    RunStatus.RUNNING: "something is under way, or is waited for",
    RunStatus.PAUSED: "no agent is asked but to undo what an item did; answers of those at work are recorded",
    RunStatus.STOPPING: "something failed for good, or a cancel was asked for; what is in flight is still to answer",
    RunStatus.ROLLING_BACK: "what succeeded is being undone, last one first",
    RunStatus.SUCCEEDED: "every node has ended well",
    RunStatus.FAILED: "something failed and nothing had to be undone, or something could not be undone",
    RunStatus.ROLLED_BACK: "what succeeded and can be undone has been",
    RunStatus.CANCELLED: "somebody asked for it, and nothing had to be undone",
}

_NODE = {
    NodeStatus.PENDING: "waits for other nodes",
    NodeStatus.QUEUED: "ready, and waits for a place among the run's `max_parallel`, or for a paused run to go on",
    NodeStatus.RUNNING: "its agent is at work, or what is inside it",
    NodeStatus.RETRYING: "an attempt failed; waits for the next",
    NodeStatus.WAITING: "waits for a time, a signal or a person's decision",
    NodeStatus.RECOVERING: "has failed for good, and its ladder is walked: an agent stands in for it or decides about "
    "it, or what stands inside it is being undone first",
    NodeStatus.SUCCEEDED: "has its output",
    NodeStatus.FAILED: "failed for good",
    NodeStatus.SKIPPED: "no way led to it",
    NodeStatus.CANCELLED: "was stopped, or never begun, because something else failed or was cancelled",
    NodeStatus.COMPENSATING: "had succeeded and is being undone",
    NodeStatus.COMPENSATED: "had succeeded and is undone",
    NodeStatus.COMPENSATION_FAILED: "had succeeded and could not be undone; the run lists it as left undone",
}


def page() -> str:
    return _PAGE.format(
        run=_diagram(RUN_CHANGES, RunStatus.RUNNING),
        run_words=_words(_RUN),
        node=_diagram(NODE_CHANGES, NodeStatus.PENDING),
        node_words=_words(_NODE),
    )


def _diagram(changes: Mapping[S, frozenset[S]], first: S) -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    for status, following in changes.items():
        lines += [f"    {status} --> {after}" for after in type(first) if after in following]
        if not following:
            lines.append(f"    {status} --> [*]")
    return "\n".join([*lines, "```"])


def _words(words: Mapping[S, str]) -> str:
    return "\n".join(
        ["| status | what it means |", "|---|---|", *(f"| `{each}` | {what} |" for each, what in words.items())]
    )


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
