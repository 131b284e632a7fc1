"""The grammar of a workflow definition, once, for YAML, JSON, Python dicts and the builder alike.

These models own the shape: which fields there are, their types and defaults. What a shape cannot say (a name that
refers to nothing, a cycle, a bad expression) is found by `check` and by the plan's compiler. What nodes are made of
stands in `model_parts`, what becomes of those that fail in `model_failure`.
"""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, SerializerFunctionWrapHandler, Tag, model_serializer

from concertato.definition.model_failure import Assignee, Compensate, OnFailure
from concertato.definition.model_parts import Constant, Duration, Inputs, Join, Model, Retry, Timeout


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
    on_failure: OnFailure | None = None

    @model_serializer(mode="wrap")
    def _in_order(self, others: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """`id` and `type` first, and `type` even where it is the model's own; what a node contains comes last.

        Before that stands what becomes of it when it fails.
        """
        fields: dict[str, Any] = others(self)
        last: dict[str, Any] = {
            name: fields.pop(name) for name in ("on_failure", "nodes", "edges", "outputs") if name in fields
        }
        return {"id": self.id, "type": self.type, **fields, **last}


class TaskNode(NodeBase):
    """A node whose `type` names an agent."""

    inputs: Inputs = Field(default_factory=list)
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    retry: Retry = Retry()
    compensate: Compensate | None = None
    cancellable: bool | None = None


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


class Choice(Model):
    """One of the answers that a person can give. `approvals`: how many people have to give it."""

    name: str
    title: str | None = None
    approvals: int | None = Field(default=None, ge=1)


def _choice_form(choice: object) -> str | None:
    return "<word>" if isinstance(choice, str) else "<choice>" if isinstance(choice, dict | Choice) else None


class Handover(Model):
    """Who a task passes to when nobody has decided it in time, and how long they have."""

    to: Assignee
    timeout: Timeout | None = None


class HumanNode(NodeBase):
    """A person decides. The output is `{choice, values, reason, by}`; an edge's `when` may be one of the `choices`.

    `title` and `instructions` are texts with expressions in `{{ }}`; `form` is the JSON Schema of the `values`. After
    `timeout` the task passes on as `escalate` says, then the `default` is chosen, else the node fails with `timeout`.
    """

    type: Literal["human"] = "human"
    to: Assignee
    title: str | None = None
    instructions: str | None = None
    form: dict[str, Any] | None = None
    choices: list[
        Annotated[
            Annotated[str, Tag("<word>")] | Annotated[Choice, Tag("<choice>")],
            Discriminator(_choice_form, custom_error_type="choice", custom_error_message="a choice is expected"),
        ]
    ] = Field(default=["done"], min_length=1)
    default: str | None = None
    remind: list[Timeout] = Field(default_factory=list)
    escalate: Handover | None = None
    approvals: int = Field(default=1, ge=1)
    not_: list[str] = Field(default_factory=list, alias="not")


class PlanNode(NodeBase):
    """An agent proposes nodes and edges, which become this node's body; its output is that body's outputs.

    `allow` are the agent types that it may use, and those of the kinds `human`, `workflow` and `plan` that it may;
    `max_nodes` counts the nodes of all bodies, `max_depth` how deep bodies may stand in each other.
    """

    type: Literal["plan"] = "plan"
    agent: str
    inputs: Inputs = Field(default_factory=list)
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    retry: Retry = Retry()
    allow: list[str] = Field(min_length=1)
    max_nodes: int = Field(default=20, ge=1, le=10_000)
    max_depth: int = Field(default=2, ge=1, le=20)


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
    "human": HumanNode,
    "plan": PlanNode,
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
    | Annotated[HumanNode, Tag("<human>")]
    | Annotated[PlanNode, Tag("<plan>")]
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
    on_failure: OnFailure | None = None
    """The ladder of every node that has none of its own, nor stands in a node that has one."""
    max_recoveries: int = Field(default=100, ge=0)
    workflows: "dict[str, Definition]" = Field(default_factory=dict)
    """The definitions that `workflow` nodes name, carried along so that a stored run needs nothing beside it."""
