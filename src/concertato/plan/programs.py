"""From an expression's text to a program: every name in it bound to the place where its value will be.

What `check` has already told as a mistake (text that does not parse, a name that nobody knows) is passed over here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from concertato.definition.binding import entries, field_of
from concertato.definition.expression import Expression, ExpressionError, parse
from concertato.definition.model import Definition, Node
from concertato.definition.model_parts import Constant, Inputs
from concertato.definition.reading import Json
from concertato.definition.scope import Scope, Visible
from concertato.plan.model import Binding, Name, Program

_NOTHING = parse("null")


@dataclass(slots=True)
class Frame:
    """A body that is being compiled. `reads` gathers the nodes of this body that its present node reads."""

    scope: Scope
    numbers: Mapping[str, int]
    outer: "Frame | None"
    reads: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, definition: Definition) -> "Frame":
        """The outermost frame of a definition."""
        return cls(Scope.of(definition), _numbers(definition.nodes), None)

    def inside(self, scope: Scope, nodes: Iterable[Node]) -> "Frame":
        """The frame of a body that stands in this one."""
        return Frame(scope, _numbers(nodes), self)

    def undoing(self) -> "Frame":
        """The same place as a compensation sees it; it runs when all is over, so what it reads makes nothing wait."""
        return Frame(self.scope.undoing(), self.numbers, self.outer)

    def failing(self) -> "Frame":
        """The same place as the ladder of a node sees it; what it reads, it finds as it stands then."""
        return Frame(self.scope.failing(), self.numbers, self.outer)

    def at(self, up: int) -> "Frame":
        frame = self
        for _ in range(up):
            assert frame.outer is not None
            frame = frame.outer
        return frame

    def note(self, program: Program) -> Program:
        """The present node needs what `program` reads; what that is further out, the node holding this body needs."""
        for name in program.names.values():
            if name.what == "node":
                self.at(name.up).reads.add(name.node)
        return program


def program(value: str | Constant, frame: Frame) -> Program:
    """The program of an expression's text, or of a constant that stands where an expression could."""
    expression = _parsed(value)
    names: dict[str, Name] = {}
    for name in sorted(expression.names):
        meaning = frame.scope.lookup(name) or _undeclared(name, expression, frame)
        if meaning is not None:
            names[name] = _place(meaning, frame)
    whole = _whole(expression, names)
    here = whole.node if whole is not None and whole.what == "node" and not whole.up else -1
    return Program(expression, names, whole, here)


def binding(inputs: Inputs, constants: Mapping[str, Json], frame: Frame) -> Binding:
    """What a node hands on: its `inputs`, in their order, and the constants of its `with`."""
    programs: list[tuple[str, Program]] = []
    fixed = {name: msgspec.json.encode(value) for name, value in constants.items()}
    for entry in entries(inputs):
        if isinstance(entry.value, str):
            compiled = program(entry.value, frame)
            reference = compiled.expression.reference
            target = entry.field if entry.field is not None else field_of(reference) if reference else entry.value
            programs.append((target, compiled))
        elif entry.field is not None:
            fixed[entry.field] = msgspec.json.encode(entry.value)
    return Binding(tuple(programs), fixed)


def _numbers(nodes: Iterable[Node]) -> dict[str, int]:
    return {node.id: number for number, node in enumerate(nodes)}


def _parsed(value: str | Constant) -> Expression:
    try:
        return parse(value if isinstance(value, str) else msgspec.json.encode(value).decode())
    except ExpressionError:
        return _NOTHING


def _undeclared(name: str, expression: Expression, frame: Frame) -> Visible | None:
    """An input that is not declared; how it is read tells whether it can be one."""
    meant = (frame.scope.undeclared(path) for path in sorted(expression.paths) if path[0] == name)
    return next((meaning for meaning in meant if meaning is not None), None)


def _place(meaning: Visible, frame: Frame) -> Name:
    if meaning.what == "node":
        return Name("node", meaning.up, frame.at(meaning.up).numbers[meaning.name])
    if meaning.what == "input":
        return Name("input", meaning.up, name=meaning.name)
    return Name(meaning.what, meaning.up)


def _whole(expression: Expression, names: Mapping[str, Name]) -> Name | None:
    """The one value that the expression is, when it is kept as JSON text as it stands."""
    reference = expression.reference
    name = names.get(str(reference[0])) if reference else None
    if reference is None or name is None:
        return None
    as_it_stands = reference[1:] == ("output",) if name.what == "node" else len(reference) == 1
    return name if as_it_stands else None
