"""The grammar of a workflow definition, once, for YAML, JSON, Python dicts and the builder alike.

These models own the shape: which fields there are, their types and defaults. What a shape cannot say (a name that
refers to nothing, a cycle, a bad expression) is found by `check` and by the plan's compiler.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    Tag,
    WithJsonSchema,
    model_serializer,
)

from concertato.definition.duration import DURATION_PATTERN, parse_duration, write_duration
from concertato.errors import FailureKind

Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    PlainSerializer(write_duration),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": DURATION_PATTERN}]}),
]
"""Seconds; written `500ms`, `10s`, `1m30s`, `4h`, or as a number."""

Timeout = Annotated[Duration, Field(gt=0)]

Constant = bool | int | float | None


def _form(inputs: object) -> str | None:
    """Which branch of `Inputs` a value is meant for, so that a mistake in it is told once, not once per branch."""
    return "<list>" if isinstance(inputs, list) else "<map>" if isinstance(inputs, dict) else None


Inputs = Annotated[
    Annotated[list[str], Tag("<list>")] | Annotated[dict[str, str | Constant], Tag("<map>")],
    Discriminator(_form, custom_error_type="inputs", custom_error_message="a list or a mapping is expected"),
]
"""References (`["order", "n1.output"]`), or name → CEL expression (a bare number, boolean, null stands for itself)."""

Join = Literal["synchronize", "all", "first"]


class Model(BaseModel):
    """Strict about field names; `from` and `with`, which Python reserves, are `from_` and `with_` here."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_by_name=True, validate_by_alias=True)


class Retry(Model):
    """How a failed attempt is tried again: waits of `initial * factor ** n`, at most `max`, spread by `jitter`."""

    max_attempts: int = Field(default=3, ge=1, le=1_000_000)
    initial: Duration = 1.0
    factor: float = Field(default=2.0, ge=1.0)
    max: Duration = 60.0
    jitter: float = Field(default=0.2, ge=0.0, le=1.0)
    on: list[Annotated[FailureKind, Field(strict=False)]] | None = None


class Compensate(Model):
    """How to undo a node that succeeded. Its expressions also see the node's own `output` and `input`."""

    type: str
    inputs: Inputs | None = None
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    retry: Retry = Retry()
    timeout: Timeout | None = None


class Edge(Model):
    """Order, and a condition, between two nodes of the same body."""

    from_: str = Field(alias="from")
    to: str
    when: str | bool | None = None


class NodeBase(Model):
    """What every node has."""

    id: str
    type: str
    description: str | None = None
    join: Join = "synchronize"
    timeout: Timeout | None = None

    @model_serializer(mode="wrap")
    def _in_order(self, others: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """`id` and `type` first, and `type` even where it is the model's own; what a node contains comes last."""
        fields: dict[str, Any] = others(self)
        body: dict[str, Any] = {name: fields.pop(name) for name in ("nodes", "edges", "outputs") if name in fields}
        return {"id": self.id, "type": self.type, **fields, **body}


class TaskNode(NodeBase):
    """A node whose `type` names an agent."""

    inputs: Inputs = Field(default_factory=list)
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    retry: Retry = Retry()
    compensate: Compensate | None = None


class Case(Model):
    """One way out of a switch. `to` names a node, or several, of the same body."""

    when: str | bool
    to: str | list[str]


class SwitchNode(NodeBase):
    """Takes the edges of the first case that holds; its output is that case's `to`."""

    type: Literal["switch"] = "switch"
    cases: list[Case] = Field(min_length=1)
    default: str | list[str] | None = None


class Body(Model):
    """A small workflow inside a node: it sees the names outside it."""

    nodes: "list[Node]" = Field(min_length=1)
    edges: list[Edge] = Field(default_factory=list)
    outputs: dict[str, str | Constant] | None = None


class MapNode(NodeBase, Body):
    """Runs its body once for each item of the list `over`; its output is the items' outputs, in input order."""

    type: Literal["map"] = "map"
    over: str
    as_: str = Field(default="item", alias="as")
    concurrency: int | None = Field(default=None, ge=1)
    on_item_failure: Literal["fail", "collect"] = "fail"


class LoopNode(NodeBase, Body):
    """Runs its body again and again; its output is the last iteration's outputs."""

    type: Literal["loop"] = "loop"
    while_: str | bool | None = Field(default=None, alias="while")
    until: str | bool | None = None
    max_iterations: int = Field(default=100, ge=1, le=1_000_000)


class WorkflowNode(NodeBase):
    """Another definition as one node; its output is that workflow's outputs."""

    type: Literal["workflow"] = "workflow"
    workflow: str
    inputs: Inputs = Field(default_factory=list)
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")


class WaitNode(NodeBase):
    """Waits for a length of time, until a moment (RFC 3339), or for a signal, whose payload becomes its output."""

    type: Literal["wait"] = "wait"
    for_: Duration | None = Field(default=None, alias="for")
    until: str | None = None
    signal: str | None = None


class SetNode(NodeBase):
    """Computes its `inputs`; they are its output. No agent is asked."""

    type: Literal["set"] = "set"
    inputs: Inputs = Field(default_factory=dict)
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")


BUILT_IN: dict[str, type[NodeBase]] = {
    "switch": SwitchNode,
    "map": MapNode,
    "loop": LoopNode,
    "workflow": WorkflowNode,
    "wait": WaitNode,
    "set": SetNode,
}


def _kind(node: object) -> str:
    """Which model a node is meant for: its `type` alone decides."""
    kind = node.get("type") if isinstance(node, dict) else getattr(node, "type", None)
    return f"<{kind}>" if isinstance(kind, str) and kind in BUILT_IN else "<task>"


Node = Annotated[
    Annotated[SwitchNode, Tag("<switch>")]
    | Annotated[MapNode, Tag("<map>")]
    | Annotated[LoopNode, Tag("<loop>")]
    | Annotated[WorkflowNode, Tag("<workflow>")]
    | Annotated[WaitNode, Tag("<wait>")]
    | Annotated[SetNode, Tag("<set>")]
    | Annotated[TaskNode, Tag("<task>")],
    Discriminator(_kind),
]


class Definition(Model):
    """A workflow as written."""

    name: str
    version: str | None = None
    description: str | None = None
    inputs: dict[str, Any] = Field(default_factory=dict)
    nodes: list[Node] = Field(min_length=1)
    edges: list[Edge] = Field(default_factory=list)
    outputs: dict[str, str | Constant] | None = None
    timeout: Timeout | None = None
    max_parallel: int = Field(default=256, ge=1)
    workflows: "dict[str, Definition]" = Field(default_factory=dict)
    """The definitions that `workflow` nodes name, carried along so that a stored run needs nothing beside it."""
