"""What expressions say: that they are CEL, and that every name in them means something where they stand."""

from collections.abc import Iterable

from concertato.definition.codes import Code
from concertato.definition.expression import Expression, ExpressionError, explain_unknown_function, parse
from concertato.definition.finding import Findings
from concertato.definition.library import all_nodes
from concertato.definition.model import Body, Definition
from concertato.definition.scope import NODE_FIELDS
from concertato.definition.spelling import Speller, did_you_mean, nearest
from concertato.definition.walk import WORKFLOW_LADDER, Place, Site, places, sites

_ELSEWHERE = {
    "item": "which only the body of a 'map' has",
    "index": "which only the body of a 'map' has",
    "iteration": "which only a 'loop' has",
    "last": "which only a 'loop' has",
    "output": "which only a 'compensate' has; write the node's id before it, as in 'n1.output'",
    "input": "which only a 'compensate' and an 'on_failure' have; name the workflow's input itself",
    "failure": "which only an 'on_failure' has",
}
"""Names that mean something, but not here."""


def undeclared_inputs(definition: Definition) -> list[str]:
    """The inputs of a workflow that declares none: the names in its expressions that mean nothing else."""
    return undeclared_in(places(definition, ()))


def undeclared_in(bodies: Iterable[Place]) -> list[str]:
    """The same for some of its bodies."""
    found: dict[str, None] = {}
    for place in bodies:
        for site in sites(place):
            try:
                paths = parse(site.text).paths
            except ExpressionError:
                continue
            unknown = [path for path in sorted(paths) if site.scope.lookup(path[0]) is None]
            found.update((path[0], None) for path in unknown if site.scope.undeclared(path))
    return list(found)


def _is_choice(name: str, site: Site) -> bool:
    """Whether `name` was meant for a choice, even where it could be an input that nobody declares."""
    return name in site.choices or Speller(site.choices).near(name) is not None


class ExpressionCheck:
    """Checks the expressions of one definition."""

    def __init__(self, definition: Definition, findings: Findings) -> None:
        self._definition = definition
        self._findings = findings
        self._inside: dict[str, str] | None = None

    def check(self, place: Place) -> None:
        """Every mistake in the expressions of one body."""
        for site in sites(place):
            if site.fault:
                self._place(Code.BAD_EXPRESSION, f"{site.who}: {site.fault}", site, 0)
                continue
            try:
                expression = parse(site.text)
            except ExpressionError as error:
                message = f"{site.who}: {error}"
                offset = error.column or 0
                self._place(Code.BAD_EXPRESSION, message, site, offset)
                continue
            self._check_names(site, expression)
            for name in expression.unknown_functions:
                message = f"{site.who}: {explain_unknown_function(name)}"
                self._place(Code.BAD_EXPRESSION, message, site, max(site.text.find(name), 0))
            if site.only_reference and expression.reference is None:
                message = (
                    f"{site.who}: a list of inputs takes references such as 'n1.output', got: the expression "
                    f"'{site.text:.60}'; write inputs as a mapping: {{name: expression}}"
                )
                self._findings.add(Code.NOT_A_REFERENCE, message, site.path)

    def _check_names(self, site: Site, expression: Expression) -> None:
        told: set[str] = set()
        for path in sorted(expression.paths):
            name = path[0]
            visible = site.scope.lookup(name)
            if visible is None:
                if name not in told and (_is_choice(name, site) or site.scope.undeclared(path) is None):
                    self._unknown(site, name)
                    told.add(name)
            elif visible.what == "node" and (len(path) == 1 or path[1] not in NODE_FIELDS):
                self._node_field(site, name, path[1] if len(path) > 1 else None)

    def _node_field(self, site: Site, name: str, field: str | None) -> None:
        if field is None:
            message = f"{site.who} refers to node '{name}' as a whole; write {name}.output or {name}.status"
        else:
            meant = nearest(field, NODE_FIELDS)
            hint = f"did you mean '{name}.{meant}'?" if meant else f"fields of its output are '{name}.output.{field}'"
            message = f"{site.who} refers to '{name}.{field}', and a node has 'output' and 'status' only; {hint}"
        self._add(Code.NODE_FIELD, message, site, name)

    def _unknown(self, site: Site, name: str) -> None:
        inside = self._holder_of(name)
        if name in _ELSEWHERE:
            reason = _ELSEWHERE[name]
        elif name in site.choices:
            reason = "which is a choice and stands alone; in an expression compare the 'output.choice' of its node"
        elif choice := nearest(name, site.choices):
            reason = f"which is neither a choice nor anything else that can be seen{did_you_mean(choice)}"
        elif name in site.scope.unseen:
            reason = f"which is a node; {WORKFLOW_LADDER} is walked for any of them, and sees the workflow's inputs, "
            reason += "'run', 'failure' and 'input'"
        elif inside == site.node and site.scope.lookup("last"):
            reason = "which stands inside it; what the body gave is in 'last', by the names of its 'outputs'"
        elif inside is not None:
            reason = f"which stands inside '{inside}' and cannot be seen from outside; read {inside}.output instead"
        else:
            reason = f"which is neither an input nor a node{did_you_mean(site.scope.near(name, by=site.node))}"
        self._add(Code.UNKNOWN_NAME, f"{site.who} refers to '{name}', {reason}", site, name)

    def _holder_of(self, name: str) -> str | None:
        """The node whose body, at any depth, holds a node of this name."""
        if self._inside is None:
            self._inside = {
                inner.id: node.id
                for node in all_nodes(self._definition.nodes)
                if isinstance(node, Body)
                for inner in node.nodes
            }
        return self._inside.get(name)

    def _add(self, code: Code, message: str, site: Site, name: str) -> None:
        self._place(code, message, site, max(site.text.find(name), 0))

    def _place(self, code: Code, message: str, site: Site, offset: int) -> None:
        self._findings.add(code, message, site.path, text=site.around or site.text, offset=site.at + offset)
