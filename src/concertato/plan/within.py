"""A body in the place of the one that a definition has there: checked and compiled alone, as it stands inside.

A run may have such bodies: an edit changed one map item, an agent proposed what a `plan` node does. Everything around
is known to be right, so only the body is looked at; what it reads further out is told, for whoever knows the run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from concertato.definition.check import check_place
from concertato.definition.check_expressions import ExpressionCheck, undeclared_in
from concertato.definition.check_workflows import WorkflowCheck
from concertato.definition.codes import Code
from concertato.definition.dump import to_document
from concertato.definition.finding import Findings
from concertato.definition.library import Found, Library, workflow_names
from concertato.definition.load import Document
from concertato.definition.model import Body, Definition, LoopNode, MapNode, Node, WorkflowNode
from concertato.definition.problem import DefinitionError
from concertato.definition.scope import Scope
from concertato.definition.source import Source
from concertato.definition.walk import Place, places_in
from concertato.plan.compile import Compiler
from concertato.plan.model import ScopePlan
from concertato.plan.programs import Frame
from concertato.plan.topology import tell_faults


class Step(NamedTuple):
    """One step inwards: the id of a node that holds a body, and that body where it is not what the definition says."""

    node: str
    body: Body | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """A compiled body. `reads` are the nodes that it reads further out: first of the body around it, then outwards.

    `undeclared` are the names that it takes for inputs of a workflow which declares none.
    """

    plan: ScopePlan
    reads: tuple[frozenset[int], ...]
    undeclared: tuple[str, ...]
    agents: frozenset[str]
    names_initiator: bool


@dataclass(slots=True)
class _Standing:
    """How far inwards a way has led. `around` are the definitions gone through, by their names."""

    found: Found
    body: Definition | Body
    frame: Frame
    prefix: str = ""
    holder: Node | None = None
    around: list[Definition] = field(default_factory=list)

    def enter(self, step: Step) -> None:
        node = next(node for node in self.body.nodes if node.id == step.node)
        self.holder = node
        if isinstance(node, WorkflowNode):
            found = self.found.library.find(node.workflow)
            assert found is not None
            self.found, self.body, self.prefix = found, found.definition, ""
            self.frame = Frame.of(found.definition)
            self.around.append(found.definition)
            return
        body = step.body or node
        assert isinstance(body, Body)
        self.body = body
        self.frame = self.frame.inside(_sees(self.frame.scope, node, body), body.nodes)
        self.prefix += f"{node.id}/"

    @property
    def place(self) -> Place:
        """Where it has come to; paths are those in the body."""
        around = self.frame.outer.scope if self.frame.outer is not None else None
        holder = self.holder if isinstance(self.holder, MapNode | LoopNode) else None
        return Place(self.body, (), self.frame.scope, around, holder, self.prefix)


def _sees(outside: Scope, holder: Node, body: Body) -> Scope:
    if isinstance(holder, MapNode | LoopNode):
        return outside.inside(holder.model_copy(update={"nodes": body.nodes}))
    return outside.holding(body.nodes)


def place_at(definition: Definition, way: Sequence[Step]) -> Place:
    """The body to which `way` leads, with the names that it sees; paths are those in it."""
    return _stand(definition, way).place


def compile_within(definition: Definition, way: Sequence[Step], source: Source) -> Within:
    """The plan of the body that the last step of `way` has. Raises DefinitionError with every mistake in it.

    Paths in mistakes are those in the body, which `source` names.
    """
    standing = _stand(definition, way)
    body, frame, found = standing.body, standing.frame, standing.found
    place = standing.place
    findings = Findings(Document(definition, source, to_document(body)))
    _check(place, standing, findings)
    compiler = Compiler(definition, lambda plan, path: tell_faults(plan, path, findings))
    plan = compiler.body(found, body, frame, ())
    if problems := findings.in_order():
        raise DefinitionError(problems)
    undeclared = () if found.definition.inputs else tuple(undeclared_in(places_in(place)))
    reads = tuple(frozenset(outer.reads) for outer in _outwards(frame.outer))
    return Within(plan, reads, undeclared, frozenset(compiler.agents), compiler.names_initiator)


def _stand(definition: Definition, way: Sequence[Step]) -> _Standing:
    found = Found(definition, (), Library.of(definition))
    standing = _Standing(found, definition, Frame.of(definition), around=[definition])
    for step in way:
        standing.enter(step)
    return standing


def _outwards(frame: Frame | None) -> Iterator[Frame]:
    while frame is not None:
        yield frame
        frame = frame.outer


def _check(outermost: Place, standing: _Standing, findings: Findings) -> None:
    """What `gather` does for a whole definition."""
    library = standing.found.library
    alone = standing.found.definition.model_copy(update={"nodes": outermost.body.nodes})
    expressions = ExpressionCheck(alone, findings)
    workflows = WorkflowCheck(findings)
    for place in places_in(outermost):
        check_place(place, library, workflows, expressions, findings)
        _check_nesting(place, library, standing.around, findings)


def _check_nesting(place: Place, library: Library, around: list[Definition], findings: Findings) -> None:
    """That no workflow is used within itself, however far in."""
    for index, node in enumerate(place.body.nodes):
        found = library.find(node.workflow) if isinstance(node, WorkflowNode) else None
        if found is not None and any(inner is outer for inner in _contained(found) for outer in around):
            message = f"{place.who(node)}: the workflow '{found.path[-1]}' contains what it would stand in here"
            findings.add(Code.WORKFLOW_RECURSION, f"{message}; name another", place.of_node(index, "workflow"))


def _contained(found: Found) -> Iterator[Definition]:
    """A definition, and all that it uses."""
    pending, known = [found], {found.path}
    while pending:
        outer = pending.pop()
        yield outer.definition
        inner = filter(None, map(outer.library.find, workflow_names(outer.definition)))
        for each in inner:
            if each.path not in known:
                known.add(each.path)
                pending.append(each)
