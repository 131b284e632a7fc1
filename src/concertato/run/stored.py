"""The format of a run's state as bytes: what `codec` writes today, and has to read for ever.

Add fields with defaults, never rename or reuse one; a change that cannot be said so gets the next `VERSION` and keeps
a reader for each older one. Scopes refer to each other, and all else to scopes, by their place in `StoredRun.scopes`.
Nothing here speaks in numbers of edges: how a compiler numbers them is its own affair.
"""

from typing import Literal

import msgspec

from concertato.run.events import Failure
from concertato.run.question import Tried
from concertato.run.status import NodeStatus, RunStatus
from concertato.run.task import Vote

VERSION = 1


class Envelope(msgspec.Struct, array_like=True):
    """The version comes first, and is read before anything else is."""

    version: int
    run: msgspec.Raw


class StoredMap(msgspec.Struct, omit_defaults=True):
    items: list[bytes]
    results: list[bytes | None]
    next: int


class StoredRegion(msgspec.Struct, omit_defaults=True):
    cause: Literal["failure", "cancel"]
    rollback: bool
    failure: Failure | None = None
    path: str | None = None
    undone: int = 0


class StoredWalk(msgspec.Struct, omit_defaults=True):
    failure: Failure
    path: str
    own: bool
    rung: int
    idle: bool = False
    attempts: int = 0
    tried: list[Tried] = []
    times: dict[int, int] = {}
    shown: bytes | None = None
    given: dict[str, bytes] | None = None


class StoredTrouble(msgspec.Struct, omit_defaults=True):
    """By node number, but for `tasks`, which is by name."""

    walks: dict[int, StoredWalk] = {}
    since: dict[int, int] = {}
    inputs: dict[int, dict[str, bytes]] = {}
    changes: dict[int, int] = {}
    rounds: dict[int, int] = {}
    mistakes: dict[int, list[str]] = {}
    replaced: dict[int, bool] = {}
    undos: dict[int, int] = {}
    undone_before: dict[int, int] = {}
    tasks: dict[str, int] = {}
    regions: dict[int, StoredRegion] = {}


class StoredScope(msgspec.Struct, omit_defaults=True):
    """`node` and `index` say where in `parent` it stands; `held`: the parent has it among its children.

    `needs` are (source, target, how many needs of that edge are still open), for edges that need more than one.
    """

    status: list[NodeStatus]
    outputs: list[bytes | None]
    waiting: list[int]
    taken: list[int]
    parent: int = -1
    node: int = -1
    index: int = -1
    held: bool = True
    item: bytes = b"null"
    last: bytes = b"null"
    inputs: dict[str, bytes] | None = None
    needs: list[tuple[int, int, int]] = []
    attempts: dict[int, int] = {}
    failures: dict[int, Failure] = {}
    maps: dict[int, StoredMap] = {}
    chosen: dict[int, int | None] = {}
    given: dict[int, dict[str, bytes]] = {}
    undoing: dict[int, dict[str, bytes]] = {}
    region: StoredRegion | None = None
    outcome: bytes | None = None
    trouble: StoredTrouble | None = None
    body: bytes | None = None


class StoredCall(msgspec.Struct, omit_defaults=True):
    scope: int
    node: int
    attempt: int = 1
    undo: bool = False
    dropped: bool = False
    role: Literal["fallback", "recovery"] | None = None
    rung: int = -1
    time: int = 0


class StoredTimer(msgspec.Struct, omit_defaults=True):
    name: str
    purpose: Literal["retry", "undo", "attempt", "node", "wait", "run", "due", "remind"]
    scope: int
    node: int
    due: float
    attempt: int = 1
    task: str = ""


class StoredTask(msgspec.Struct, omit_defaults=True):
    name: str
    about: Literal["human", "failure", "undo"]
    scope: int
    node: int
    question: bytes
    to: tuple[str, ...]
    due: float | None = None
    default: str | None = None
    handover: tuple[tuple[str, ...], float | None] | None = None
    barred: tuple[str, ...] = ()
    votes: list[Vote] = []
    reminders: int = 0


class StoredRun(msgspec.Struct, omit_defaults=True):
    """`plan` is the fingerprint of the plan in force; `started` is the event, as the journal has it."""

    plan: str
    started: bytes
    status: RunStatus
    scopes: list[StoredScope]
    calls: list[StoredCall] = []
    queue: list[tuple[int, int, int]] = []
    timers: list[StoredTimer] = []
    mailbox: dict[str, list[bytes]] = {}
    waits: dict[str, list[tuple[int, int]]] = {}
    undo: list[tuple[int, int]] = []
    undone_left: list[str] = []
    outputs: bytes | None = None
    opening: list[tuple[int, int]] = []
    tasks: list[StoredTask] = []
    recoveries: int = 0
