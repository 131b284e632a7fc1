"""The identifiers that cross room borders, as distinct types; every id a person meets is made here."""

from typing import NewType

RunId = NewType("RunId", str)
"""One execution of a workflow: 26 characters, sortable by the time the run was started (ULID)."""

NodePath = NewType("NodePath", str)
"""A node of a run, scopes included: `score`, `checks[3]/score`, `refine[0]/review/draft`."""

TaskId = NewType("TaskId", str)
"""`<run id>/<node path>`: the same for every attempt and every repeat after a crash, so agents can know the repeat."""

TimerId = NewType("TimerId", str)
"""What a timer is for and whose it is: `retry:<path>#<attempt>`, `timeout:<path>#<attempt>`, `wait:<path>`, `run:`."""

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def run_id(at: float, entropy: bytes) -> RunId:
    """Make a run's id from a time in seconds since the epoch and 10 random bytes.

    Source: the ULID specification (48 bits of milliseconds, 80 bits of entropy, Crockford base 32).
    """
    number = (int(at * 1000) << 80) | int.from_bytes(entropy[:10], "big")
    return RunId("".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5)))


def task_id(root: str, path: str) -> TaskId:
    """The idempotency key that the agent of the node at `path` sees; `root` is the run whose work this continues."""
    return TaskId(f"{root}/{path}")
