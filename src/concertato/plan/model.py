"""The compiled form of a definition: what the machine reads and never changes.

Nodes of a scope are numbered in document order and everything else speaks in those numbers, so that a step of the
machine is list indexing. A plan holds no positions, no text to parse and no choice left open.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from concertato.definition.expression import Expression
from concertato.errors import FailureKind

Kind = Literal["task", "switch", "map", "loop", "workflow", "wait", "set", "human", "plan"]


@dataclass(frozen=True, slots=True)
class Name:
    """Where a name in an expression gets its value.

    `up` counts scopes outwards from the scope of the node that holds the expression (0: its own). `what`:
    `node` (number `node` there), `input` (the workflow's input called `name`), `item`, `index` (of the map whose body
    that scope is), `iteration`, `last` (of the loop), `run`, and, of the node that is being undone or has failed,
    `output` and `input_of` (what it gave and got) and `failure` (why it failed).
    """

    what: Literal["node", "input", "item", "index", "iteration", "last", "run", "output", "input_of", "failure"]
    up: int = 0
    node: int = -1
    name: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """An expression with every name resolved.

    `whole` is set when the expression is nothing but one value kept as JSON text (`n1.output`, or a workflow's input
    by name): then that text is passed on as it is, without being read. `here` is then the number of the node, if that
    is one of the same scope: the usual case, found at one look.
    """

    expression: Expression
    names: Mapping[str, Name]
    whole: Name | None = None
    here: int = -1


@dataclass(frozen=True, slots=True)
class Binding:
    """What a node hands to its agent: fields with programs, then constants as JSON text."""

    programs: tuple[tuple[str, Program], ...] = ()
    constants: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Seconds throughout. `on` is already resolved to the kinds that retry."""

    max_attempts: int
    initial: float
    factor: float
    max: float
    jitter: float
    on: frozenset[FailureKind]


Template = tuple["str | Program", ...]
"""A text with values in it: what stands as it is, and what is computed."""


@dataclass(frozen=True, slots=True)
class ChoicePlan:
    """An answer to a task. `approvals`: how many people have to give it."""

    name: str
    title: str | None
    approvals: int


@dataclass(frozen=True, slots=True)
class AskPlan:
    """A task for people. `to` and `barred` are `role:…` and `user:…` (`barred` also `initiator`); seconds throughout.

    `form` is the JSON text of a JSON Schema. `handover` is who it passes to at the time-out, and for how long.
    """

    to: tuple[str, ...]
    title: Template
    instructions: Template
    choices: tuple[ChoicePlan, ...]
    form: bytes | None = None
    timeout: float | None = None
    remind: tuple[float, ...] = ()
    default: str | None = None
    handover: tuple[tuple[str, ...], float | None] | None = None
    barred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompensatePlan:
    """`ask` is who decides when it cannot be done; None: it is left undone."""

    agent: str
    binding: Binding
    retry: RetryPolicy
    timeout: float | None
    ask: AskPlan | None = None


@dataclass(frozen=True, slots=True)
class FallbackPlan:
    """`binding` is None where the agent gets what the node got, and the `constants`."""

    agent: str
    binding: Binding | None
    constants: Mapping[str, bytes]
    retry: RetryPolicy
    timeout: float | None


@dataclass(frozen=True, slots=True)
class RecoverPlan:
    agent: str
    may: tuple[str, ...]
    max_times: int
    constants: Mapping[str, bytes]
    retry: RetryPolicy
    timeout: float | None


@dataclass(frozen=True, slots=True)
class EscalatePlan:
    ask: AskPlan


RungPlan = FallbackPlan | RecoverPlan | EscalatePlan | Literal["rollback", "fail", "continue"]
"""One rung of a ladder, walked from the first to the last once a node has failed for good."""


@dataclass(frozen=True, slots=True)
class HumanPlan:
    ask: AskPlan


@dataclass(frozen=True, slots=True)
class PlannerPlan:
    """What the agent of a `plan` node may propose."""

    allow: frozenset[str]
    max_nodes: int
    max_depth: int


@dataclass(frozen=True, slots=True)
class EdgePlan:
    """An edge of a scope. Resolved once every node in `needs` is (the source, and whatever `when` refers to).

    `control` edges were written by the author (or are a switch's ways out) and decide whether the target runs; the
    others were inferred from what expressions refer to and only order, unless the target has no control edge at all.
    `cases` is set on a switch's ways out: the numbers of the cases that take this edge (-1 is the default); and on
    those of a human node that name a choice: the number of that choice.
    """

    source: int
    target: int
    control: bool
    needs: tuple[int, ...]
    when: Program | None = None
    cases: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class SwitchPlan:
    """The first case that holds wins. `ways[i]` is the JSON text of its `to`; `ways[-1]` of the default, or null."""

    cases: tuple[Program, ...]
    ways: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class MapPlan:
    over: Program
    concurrency: int | None
    collect: bool


@dataclass(frozen=True, slots=True)
class LoopPlan:
    while_: Program | None
    until: Program | None
    max_iterations: int


@dataclass(frozen=True, slots=True)
class WaitPlan:
    """Exactly one is set: seconds, a program that yields a timestamp, or a signal's name."""

    seconds: float | None = None
    until: Program | None = None
    signal: str | None = None


@dataclass(frozen=True, slots=True)
class NodePlan:
    """One node. `incoming` and `outgoing` are numbers into the scope's `edges`.

    `decides` are the incoming edges whose being taken makes the node run (its control edges, or all when it has none),
    `brings` those that only bring data. `plain` says that its agent is given nothing but constants and whole outputs of
    the nodes beside it, within no time, once all that came before is over: the usual case.
    """

    number: int
    id: str
    kind: Kind
    join: Literal["synchronize", "all", "first"]
    incoming: tuple[int, ...]
    outgoing: tuple[int, ...]
    decides: tuple[int, ...]
    brings: tuple[int, ...]
    plain: bool
    binding: Binding
    retry: RetryPolicy
    timeout: float | None = None
    agent: str = ""
    compensate: CompensatePlan | None = None
    detail: SwitchPlan | MapPlan | LoopPlan | WaitPlan | HumanPlan | PlannerPlan | None = None
    body: "ScopePlan | None" = None
    ladder: tuple[RungPlan, ...] = ()
    cancellable: bool | None = None
    description: str | None = None

    @property
    def replaceable(self) -> bool:
        """Whether somebody else can give its output: that of a switch is one of its ways."""
        return self.kind != "switch"

    @property
    def collects(self) -> bool:
        """Whether this is a map that keeps a failed item as that item's output."""
        return isinstance(self.detail, MapPlan) and self.detail.collect


@dataclass(frozen=True, slots=True)
class ScopePlan:
    """The body of a workflow, map or loop. `needed_by[n]` are the edges that node `n`'s end may resolve.

    `simple` says that no edge of this scope has a condition, a case or a need beyond its source, every join is
    `synchronize` and so on: an edge is then resolved and taken exactly when its source succeeds.
    """

    nodes: tuple[NodePlan, ...]
    edges: tuple[EdgePlan, ...]
    by_id: Mapping[str, int]
    starts: tuple[int, ...]
    needed_by: tuple[tuple[int, ...], ...]
    edge_needs: tuple[int, ...]
    outputs: tuple[tuple[str, Program], ...]
    simple: bool
    isolated: bool = False
    """True for the root and for a `workflow` node's body: nothing outside it is visible from inside."""
    ladder: tuple[RungPlan, ...] = ()
    """That of the definition, for the nodes that have none; on isolated scopes only."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole workflow, ready to run. `document` is the canonical definition that the journal keeps."""

    name: str
    version: str | None
    root: ScopePlan
    inputs: Mapping[str, Any]
    timeout: float | None
    max_parallel: int
    fingerprint: str
    document: bytes
    agents: frozenset[str]
    max_recoveries: int = 100
    names_initiator: bool = False
    """Whether a task may not be decided by whoever started the run, who must then be known."""
