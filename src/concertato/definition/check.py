"""Everything that can be wrong with a definition of the right shape, short of its topology: all of it, in one go."""

from concertato.definition.check_agents import check_agents
from concertato.definition.check_expressions import ExpressionCheck
from concertato.definition.check_fields import check_fields
from concertato.definition.check_ladder import check_ladders
from concertato.definition.check_names import check_names
from concertato.definition.check_people import check_people
from concertato.definition.check_workflows import WorkflowCheck, check_nesting
from concertato.definition.codes import Code
from concertato.definition.declared import fault_in
from concertato.definition.finding import Findings
from concertato.definition.library import Found, Library
from concertato.definition.load import Document
from concertato.definition.naming import fault_of
from concertato.definition.problem import Problem
from concertato.definition.walk import Place, places


def check(document: Document) -> list[Problem]:
    """Every mistake, in the order of the document; none means that all but its topology is right."""
    findings = Findings(document)
    gather(document, findings)
    return findings.in_order()


def gather(document: Document, findings: Findings) -> None:
    """Add every mistake to `findings`, for whoever has others to add."""
    workflows = WorkflowCheck(findings)
    pending = [Found(document.definition, (), Library.of(document.definition))]
    while pending:
        found = pending.pop()
        _check_definition(found, workflows, findings)
        carried = [found.library.find(name) for name in found.definition.workflows]
        pending.extend(inner for inner in carried if inner is not None)
    check_nesting(document.definition, findings)


def _check_definition(found: Found, workflows: WorkflowCheck, findings: Findings) -> None:
    definition, path, library = found
    if not definition.name.strip():
        findings.add(Code.BAD_NAME, "the workflow's 'name' is empty; call it by what it does", (*path, "name"))
    for name, declaration in definition.inputs.items():
        where = (*path, "inputs", name)
        if fault := fault_of(name):
            findings.add(Code.BAD_NAME, f"input '{name}': {fault}", where, key=True)
        if fault := fault_in(declaration):
            findings.add(Code.BAD_INPUT_DECLARATION, f"input '{name}': {fault}", where)
    expressions = ExpressionCheck(definition, findings)
    for place in places(definition, path):
        check_place(place, library, workflows, expressions, findings)


def check_place(
    place: Place, library: Library, workflows: WorkflowCheck, expressions: ExpressionCheck, findings: Findings
) -> None:
    """Every mistake of one body, those inside it left out."""
    check_names(place, findings)
    check_agents(place, findings)
    check_fields(place, findings)
    check_ladders(place, findings)
    check_people(place, findings)
    workflows.check(place, library)
    expressions.check(place)
