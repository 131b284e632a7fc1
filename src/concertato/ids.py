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
_PAIRS = [first + second for first in _CROCKFORD for second in _CROCKFORD]


def run_id(at: float, entropy: bytes) -> RunId:
    """Make a run's id from a time in seconds since the epoch and 10 random bytes.

    Source: the ULID specification (48 bits of milliseconds, 80 bits of entropy, Crockford base 32).
    """
    return RunId(_text(_number(at, entropy)))


def notice_id(at: float, entropy: bytes, after: str = "") -> str:
    """Make the id of news for the world outside, as a run's is made; it sorts behind `after`, another such id."""
    number = _number(at, entropy)
    if after:
        number = max(number, sum(_CROCKFORD.index(digit) << 5 * place for place, digit in enumerate(after[::-1])) + 1)
    return _text(number)


def _number(at: float, entropy: bytes) -> int:
    return (int(at * 1000) << 80) | int.from_bytes(entropy[:10], "big")


def _text(number: int) -> str:
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)])


def task_id(root: str, path: str) -> TaskId:
    """The idempotency key that the agent of the node at `path` sees; `root` is the run whose work this continues."""
    return f"{root}/{path}"  # type: ignore[return-value]  # each call makes one, and NewType's own call costs as much
