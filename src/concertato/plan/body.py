"""A body compiled: its nodes, joined by its edges."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from concertato.definition.model import (
    BUILT_IN,
    Body,
    Definition,
    HumanNode,
    LoopNode,
    MapNode,
    Node,
    PlanNode,
    SetNode,
    SwitchNode,
    TaskNode,
    WaitNode,
    WorkflowNode,
)
from concertato.definition.model_failure import OnFailure, Rung
from concertato.definition.model_parts import Constant, Retry
from concertato.definition.moment import is_moment
from concertato.definition.problem import Path
from concertato.definition.scope import Scope
from concertato.plan import ladder
from concertato.plan.edges import edges_of
from concertato.plan.model import (
    Binding,
    CompensatePlan,
    EdgePlan,
    HumanPlan,
    Kind,
    LoopPlan,
    MapPlan,
    NodePlan,
    PlannerPlan,
    Program,
    RungPlan,
    ScopePlan,
    SwitchPlan,
    WaitPlan,
)
from concertato.plan.programs import Frame, binding, program

_NO_RETRY = Retry(max_attempts=1)
_NO_BINDING = Binding()

Watch = Callable[[ScopePlan, Path], None]


@dataclass(slots=True)
class _Parts:
    """A node without its edges."""

    kind: Kind
    binding: Binding = _NO_BINDING
    retry: Retry = _NO_RETRY
    agent: str = ""
    compensate: CompensatePlan | None = None
    detail: SwitchPlan | MapPlan | LoopPlan | WaitPlan | HumanPlan | PlannerPlan | None = None
    body: ScopePlan | None = None
    cancellable: bool | None = None


class BodyCompiler:
    """Compiles the bodies of one definition.

    `sub_workflow` finds and compiles what a `workflow` node names; `watch` is shown every body and its place.
    """

    def __init__(self, sub_workflow: Callable[[str], ScopePlan | None], watch: Watch) -> None:
        self._sub_workflow = sub_workflow
        self._watch = watch
        self.agents: set[str] = set()
        self.names_initiator = False

    def compile(self, body: Body | Definition, frame: Frame, path: Path) -> ScopePlan:
        """The plan of `body`, which stands at `path` and whose names `frame` holds."""
        parts: list[_Parts] = []
        reads: list[set[int]] = []
        for number, node in enumerate(body.nodes):
            frame.reads = set()
            parts.append(self._parts(node, frame, (*path, "nodes", number)))
            reads.append(frame.reads)
            self._note_ladder(node.on_failure)
        if isinstance(body, Definition):
            self._note_ladder(body.on_failure)
        plan = _scope(body, parts, edges_of(body, frame, reads), frame)
        self._watch(plan, path)
        return plan

    def _parts(self, node: Node, frame: Frame, path: Path) -> _Parts:
        match node:
            case SwitchNode():
                return _Parts("switch", detail=_switch(node, frame))
            case MapNode():
                over = frame.note(program(node.over, frame))
                detail = MapPlan(over, node.concurrency, node.on_item_failure == "collect")
                return _Parts("map", detail=detail, body=self._inner(node, frame, path))
            case LoopNode():
                return _Parts("loop", detail=_loop(node, frame), body=self._inner(node, frame, path))
            case WorkflowNode():
                bound = _noted(binding(node.inputs, node.with_, frame), frame)
                return _Parts("workflow", binding=bound, body=self._sub_workflow(node.workflow))
            case WaitNode():
                return _Parts("wait", detail=_wait(node, frame))
            case SetNode():
                return _Parts("set", binding=_noted(binding(node.inputs, node.with_, frame), frame))
            case HumanNode():
                self.names_initiator |= "initiator" in node.not_
                return _Parts("human", detail=ladder.human(node, frame))
            case PlanNode():
                self.agents |= {node.agent, *(name for name in node.allow if name not in BUILT_IN)}
                bound = _noted(binding(node.inputs, node.with_, frame), frame)
                planner = PlannerPlan(frozenset(node.allow), node.max_nodes, node.max_depth)
                return _Parts("plan", binding=bound, retry=node.retry, agent=node.agent, detail=planner)
            case TaskNode():
                return self._task(node, frame)

    def _note_ladder(self, rungs: OnFailure | None) -> None:
        """The agents that a ladder asks for, and whether it bars whoever started the run."""
        for rung in rungs or ():
            if isinstance(rung, Rung):
                self.agents |= {asked.type for asked in (rung.fallback, rung.recover) if asked is not None}
                self.names_initiator |= rung.escalate is not None and "initiator" in rung.escalate.not_

    def _inner(self, node: MapNode | LoopNode, frame: Frame, path: Path) -> ScopePlan:
        return self.compile(node, frame.inside(frame.scope.inside(node), node.nodes), path)

    def _task(self, node: TaskNode, frame: Frame) -> _Parts:
        self.agents.add(node.type)
        undo = None
        if node.compensate is not None:
            self.agents.add(node.compensate.type)
            self._note_ladder(node.compensate.on_failure)
            undo = ladder.compensation(node.compensate, frame.undoing())
        bound = _noted(binding(node.inputs, node.with_, frame), frame)
        return _Parts(
            "task", binding=bound, retry=node.retry, agent=node.type, compensate=undo, cancellable=node.cancellable
        )


def _noted(bound: Binding, frame: Frame) -> Binding:
    for _, compiled in bound.programs:
        frame.note(compiled)
    return bound


def _switch(node: SwitchNode, frame: Frame) -> SwitchPlan:
    cases = tuple(frame.note(program(case.when, frame)) for case in node.cases)
    ways = (*(case.to for case in node.cases), node.default)
    return SwitchPlan(cases, tuple(msgspec.json.encode(way) for way in ways))


def _loop(node: LoopNode, frame: Frame) -> LoopPlan:
    inside = frame.inside(frame.scope.testing(node), [])

    def condition(value: str | bool | None) -> Program | None:
        return None if value is None else inside.note(program(value, inside))

    return LoopPlan(condition(node.while_), condition(node.until), node.max_iterations)


def _wait(node: WaitNode, frame: Frame) -> WaitPlan:
    until = None
    if node.until is not None:
        text = f"'{node.until}'" if is_moment(node.until) else node.until
        until = frame.note(program(text, frame))
    return WaitPlan(node.for_, until, node.signal)


def _scope(body: Body | Definition, parts: list[_Parts], edges: tuple[EdgePlan, ...], frame: Frame) -> ScopePlan:
    incoming: list[list[int]] = [[] for _ in parts]
    outgoing: list[list[int]] = [[] for _ in parts]
    needed_by: list[list[int]] = [[] for _ in parts]
    for number, edge in enumerate(edges):
        incoming[edge.target].append(number)
        outgoing[edge.source].append(number)
        for need in edge.needs:
            needed_by[need].append(number)
    nodes = []
    for number, (node, part) in enumerate(zip(body.nodes, parts, strict=True)):
        arriving = tuple(incoming[number])
        control = tuple(each for each in arriving if edges[each].control)
        nodes.append(
            NodePlan(
                number=number,
                id=node.id,
                kind=part.kind,
                join=node.join,
                incoming=arriving,
                outgoing=tuple(outgoing[number]),
                decides=control or arriving,
                brings=tuple(each for each in arriving if not edges[each].control) if control else (),
                plain=part.kind == "task"
                and node.join == "synchronize"
                and node.timeout is None
                and all(program.here >= 0 for _, program in part.binding.programs),
                binding=part.binding,
                retry=ladder.policy(part.retry),
                timeout=node.timeout,
                agent=part.agent,
                compensate=part.compensate,
                detail=part.detail,
                body=part.body,
                ladder=ladder.ladder(node.on_failure, frame.failing()),
                cancellable=part.cancellable,
                description=node.description,
            )
        )
    return ScopePlan(
        nodes=tuple(nodes),
        edges=edges,
        by_id=frame.numbers,
        starts=tuple(node.number for node in nodes if not node.incoming),
        needed_by=tuple(map(tuple, needed_by)),
        edge_needs=tuple(len(edge.needs) for edge in edges),
        outputs=_outputs(body.outputs, nodes, frame),
        simple=all(map(_edge_is_simple, edges)) and all(map(_node_is_simple, nodes)),
        isolated=frame.outer is None,
        ladder=_own_ladder(body),
    )


def _own_ladder(body: Body | Definition) -> tuple[RungPlan, ...]:
    """The ladder of a whole definition: it is walked for any node, so it sees none in particular."""
    if not isinstance(body, Definition):
        return ()
    return ladder.ladder(body.on_failure, Frame(Scope.without_nodes(body).failing(), {}, None))


def _edge_is_simple(edge: EdgePlan) -> bool:
    return edge.when is None and edge.cases is None and len(edge.needs) == 1


def _node_is_simple(node: NodePlan) -> bool:
    return node.join == "synchronize" and len(node.decides) == len(node.incoming)


def _outputs(
    written: dict[str, str | Constant] | None, nodes: list[NodePlan], frame: Frame
) -> tuple[tuple[str, Program], ...]:
    """The outputs as written; left out, those of the last nodes. What they read further out, the holder needs."""
    if written is None:
        written = {node.id: f"{node.id}.output" for node in nodes if not node.outgoing}
    return tuple((name, frame.note(program(value, frame))) for name, value in written.items())
