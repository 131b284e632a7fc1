"""What `workflow` nodes name: that it is there, does not contain itself, and takes what it is handed."""

from concertato.definition.binding import entries, field_of
from concertato.definition.check_expressions import undeclared_inputs
from concertato.definition.codes import Code
from concertato.definition.declared import is_required
from concertato.definition.expression import ExpressionError, parse
from concertato.definition.finding import Findings
from concertato.definition.library import Found, Library
from concertato.definition.model import Definition, WorkflowNode
from concertato.definition.problem import Path
from concertato.definition.reading import Json
from concertato.definition.spelling import did_you_mean, nearest
from concertato.definition.walk import Place, places

MAX_CHAIN = 50
"""How many workflows may stand inside each other."""

MAX_NODES = 1_000_000
"""How many nodes a definition may have once each `workflow` node is replaced by what it names."""


class WorkflowCheck:
    """Checks the `workflow` nodes of a definition and of those that it carries."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._taken: dict[int, dict[str, Json]] = {}

    def check(self, place: Place, library: Library) -> None:
        """Every mistake in the `workflow` nodes of one body."""
        for index, node in enumerate(place.body.nodes):
            if not isinstance(node, WorkflowNode):
                continue
            found = library.find(node.workflow)
            path, who = place.of_node(index), place.who(node)
            if found is not None:
                if not self._may_take_more(found):
                    self._check_inputs(node, found.definition, path, who)
                continue
            hint = did_you_mean(nearest(node.workflow, library.names()))
            message = (
                f"{who} names the workflow '{node.workflow}', which is neither under 'workflows' nor in a file "
                f"{node.workflow}.yaml, .yml or .json beside this one{hint}"
            )
            self._findings.add(Code.UNKNOWN_WORKFLOW, message, (*path, "workflow"))

    def _may_take_more(self, found: Found) -> bool:
        """Whether what could not be read of a definition leaves open which inputs it takes."""
        declared = (*found.path, "inputs") if found.definition.inputs else found.path
        return self._findings.is_doubtful(declared)

    def _check_inputs(self, node: WorkflowNode, definition: Definition, path: Path, who: str) -> None:
        taken = self._inputs_of(definition)
        given = _given(node, path)
        whose = f"the workflow '{node.workflow}'"
        for name, where in given.items():
            if name not in taken:
                hint = did_you_mean(nearest(name, [other for other in taken if other not in given]))
                hint = hint or (f"; it takes {', '.join(taken)}" if taken else "; it takes none")
                message = f"{who}: {whose} has no input '{name}'{hint}"
                self._findings.add(Code.WORKFLOW_INPUTS, message, where, key=True)
        for name, declaration in taken.items():
            if name not in given and is_required(declaration):
                message = f"{who}: {whose} needs the input '{name}'; add it to 'inputs' or 'with'"
                self._findings.add(Code.WORKFLOW_INPUTS, message, (*path, "workflow"))

    def _inputs_of(self, definition: Definition) -> dict[str, Json]:
        """What a definition takes, found out once however often it is named."""
        if id(definition) not in self._taken:
            self._taken[id(definition)] = definition.inputs or dict.fromkeys(undeclared_inputs(definition), "any")
        return self._taken[id(definition)]


def _given(node: WorkflowNode, path: Path) -> dict[str, Path]:
    """The fields that the node fills, each with where it does."""
    given: dict[str, Path] = {name: (*path, "with", name) for name in node.with_}
    for entry in entries(node.inputs):
        field = entry.field
        if field is None:
            try:
                reference = parse(str(entry.value)).reference
            except ExpressionError:
                continue
            if reference is None:
                continue
            field = field_of(reference)
        given[field] = (*path, "inputs", entry.key)
    return given


def check_nesting(definition: Definition, findings: Findings) -> None:
    """That no workflow contains itself, and that all of them together are not too much to run."""
    nodes, _ = _Nesting(findings).measure(Found(definition, (), Library.of(definition)), definition.name)
    if nodes > MAX_NODES:
        message = f"the workflow has {nodes:,} nodes with those of the workflows in it; at most {MAX_NODES:,} are run"
        findings.add(Code.TOO_LARGE, message, ())


class _Nesting:
    """Follows `workflow` nodes into what they name, each definition once."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._chain: list[tuple[Definition, str]] = []
        self._known: dict[int, tuple[int, int]] = {}

    def measure(self, found: Found, name: str) -> tuple[int, int]:
        """How many nodes a definition has with all that it contains, and how many levels of definitions."""
        nodes, levels = 0, 0
        self._chain.append((found.definition, name))
        for place in places(found.definition, found.path):
            nodes += len(place.body.nodes)
            for index, node in enumerate(place.body.nodes):
                inner = found.library.find(node.workflow) if isinstance(node, WorkflowNode) else None
                if inner is not None and isinstance(node, WorkflowNode):
                    inner_nodes, inner_levels = self._enter(place, index, node, inner)
                    nodes, levels = nodes + inner_nodes, max(levels, inner_levels)
        self._chain.pop()
        return nodes, levels + 1

    def _enter(self, place: Place, index: int, node: WorkflowNode, inner: Found) -> tuple[int, int]:
        path = place.of_node(index, "workflow")
        around = [definition is inner.definition for definition, _ in self._chain]
        if any(around):
            names = [name for _, name in self._chain[around.index(True) :]]
            message = f"{place.who(node)}: the workflow '{node.workflow}' contains itself: "
            self._findings.add(Code.WORKFLOW_RECURSION, message + " → ".join([*names, node.workflow]), path)
            return 0, 0
        known = self._known.get(id(inner.definition), (0, 1))
        if len(self._chain) + known[1] > MAX_CHAIN:
            message = f"{place.who(node)}: more than {MAX_CHAIN} workflows stand inside each other here"
            self._findings.add(Code.TOO_LARGE, message, path)
            return 0, 0
        if id(inner.definition) not in self._known:
            self._known[id(inner.definition)] = self.measure(inner, node.workflow)
        return self._known[id(inner.definition)]
