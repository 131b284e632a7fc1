"""From a definition to a plan: the one place where everything that can be wrong with a definition is told."""

from concertato.definition.check import gather
from concertato.definition.check_expressions import undeclared_inputs
from concertato.definition.finding import Findings
from concertato.definition.library import Found, Library
from concertato.definition.load import Document, Loadable, load_mended
from concertato.definition.model import Body, Definition
from concertato.definition.problem import DefinitionError, Path
from concertato.plan.body import BodyCompiler, Watch
from concertato.plan.fingerprint import canonical, fingerprint
from concertato.plan.model import Plan, ScopePlan
from concertato.plan.programs import Frame
from concertato.plan.topology import tell_faults

_ANY = "any"


def compile_plan(source: Loadable | Document) -> Plan:
    """The plan of a definition. Raises DefinitionError with every mistake in it, in the order of the document."""
    document = load_mended(source)
    findings = Findings(document)
    gather(document, findings)
    compiler = Compiler(document.definition, lambda scope, path: tell_faults(scope, path, findings))
    plan = compiler.plan(canonical(document.definition))
    compiler.compile_unused()
    problems = findings.in_order()
    if problems:
        raise DefinitionError(problems)
    return plan


def compile_document(document: bytes) -> Plan:
    """The plan of a stored definition, which was checked when it was stored."""
    definition = Definition.model_validate_json(document, by_alias=True, by_name=False)
    return Compiler(definition, lambda _, __: None).plan(document)


class Compiler:
    """Compiles a definition and those that it carries, each once: a sub-workflow sees nothing of where it is used."""

    def __init__(self, definition: Definition, watch: Watch) -> None:
        self._root = Found(definition, (), Library.of(definition))
        self._watch = watch
        self.agents: set[str] = set()
        self.names_initiator = False
        self._done: dict[Path, ScopePlan | None] = {}

    def plan(self, document: bytes) -> Plan:
        root = self.body(self._root, self._root.definition, Frame.of(self._root.definition), ())
        definition = self._root.definition
        undeclared = [] if definition.inputs else undeclared_inputs(definition)
        return Plan(
            name=definition.name,
            version=definition.version,
            root=root,
            inputs={**definition.inputs, **dict.fromkeys(undeclared, _ANY)},
            timeout=definition.timeout,
            max_parallel=definition.max_parallel,
            fingerprint=fingerprint(document),
            document=document,
            agents=frozenset(self.agents),
            max_recoveries=definition.max_recoveries,
            names_initiator=self.names_initiator,
        )

    def compile_unused(self) -> None:
        """Look at the definitions that no node names as well: what is written is to be right."""
        pending = [self._root]
        while pending:
            around = pending.pop()
            for name in around.definition.workflows:
                found = around.library.find(name)
                assert found is not None
                self._sub_workflow(found)
                pending.append(found)

    def _sub_workflow(self, found: Found) -> ScopePlan | None:
        """The plan of a carried definition; None within itself, which is told as a mistake elsewhere."""
        if found.path not in self._done:
            self._done[found.path] = None
            definition = found.definition
            self._done[found.path] = self.body(found, definition, Frame.of(definition), found.path)
        return self._done[found.path]

    def body(self, found: Found, body: Body | Definition, frame: Frame, path: Path) -> ScopePlan:
        """The plan of a body that is the definition `found`, or stands in it."""

        def named(name: str) -> ScopePlan | None:
            inner = found.library.find(name)
            return None if inner is None else self._sub_workflow(inner)

        compiler = BodyCompiler(named, self._watch)
        plan = compiler.compile(body, frame, path)
        self.agents |= compiler.agents
        self.names_initiator |= compiler.names_initiator
        return plan
