"""What few scopes have: nodes that failed or that people were asked about, and the ladders that are walked for them."""

from typing import TYPE_CHECKING

from concertato.run.events import Failure
from concertato.run.question import Tried

if TYPE_CHECKING:
    from concertato.run.scope import Region


class Walk:
    """A ladder that a failed node is on. `failure` is the latest and `path` where it was met (further in, for a node
    that holds scopes); `rung` is where it stands; `own`: it is the node's own ladder, and not its definition's.

    `tried` is what came of it so far; `attempts` are those of the present agent of the ladder. `times` counts how often
    the agent of a `recover` rung was asked; `shown` is what the present one was asked with, `given` what a fallback is.
    `idle`: the node itself is being tried again, by somebody's decision.
    """

    __slots__ = ("attempts", "failure", "given", "idle", "own", "path", "rung", "shown", "times", "tried")

    def __init__(self, failure: Failure, path: str, *, own: bool) -> None:
        self.failure = failure
        self.path = path
        self.own = own
        self.rung = -1
        self.idle = False
        self.attempts = 0
        self.times: dict[int, int] = {}
        self.tried: list[Tried] = []
        self.shown: bytes | None = None
        self.given: dict[str, bytes] | None = None


class Trouble:
    """What few scopes have: nodes that failed or that people were asked about. By node number throughout.

    `walks` are the ladders under way; `since` the attempt after which a node's retries count anew; `inputs` what a
    decision changed of a node's inputs, and `changes` how often; `rounds` how often a node that holds scopes has begun
    anew; `mistakes` what was wrong with a plan node's proposal; `regions` the nodes whose inside is being stopped;
    `replaced` those whose result is another's than their own; `undos` the present attempt to undo a node, where it is
    not the first, and `undone_before` the one after which those count anew. `tasks` alone is by name: how many tasks
    bear it.
    """

    __slots__ = (
        "changes", "inputs", "mistakes", "regions", "replaced", "rounds", "since", "tasks", "undone_before", "undos",
        "walks",
    )  # fmt: skip

    def __init__(self) -> None:
        self.walks: dict[int, Walk] = {}
        self.since: dict[int, int] = {}
        self.inputs: dict[int, dict[str, bytes]] = {}
        self.changes: dict[int, int] = {}
        self.tasks: dict[str, int] = {}
        self.replaced: dict[int, bool] = {}
        self.undos: dict[int, int] = {}
        self.undone_before: dict[int, int] = {}
        self.rounds: dict[int, int] = {}
        self.mistakes: dict[int, list[str]] = {}
        self.regions: dict[int, Region] = {}
