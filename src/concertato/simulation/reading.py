"""What a whole plan says about the values that come from outside: agents' answers, inputs, signals, filled-in forms.

A value that is only handed on (`set`, the inputs of a sub-workflow, the outputs of a body) is the same value: what is
said of it further on is said of where it comes from.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from concertato.plan.model import (
    AskPlan,
    Binding,
    EscalatePlan,
    FallbackPlan,
    HumanPlan,
    LoopPlan,
    MapPlan,
    Name,
    NodePlan,
    Plan,
    Program,
    RungPlan,
    ScopePlan,
    SwitchPlan,
    Template,
    WaitPlan,
)
from concertato.simulation.frame import Frame
from concertato.simulation.hints import Hint, Kind, every, settle
from concertato.simulation.learning import learn
from concertato.simulation.syntax import tree_of

_KINDS: dict[Any, Kind] = {"boolean": "boolean", "integer": "integer", "number": "number", "string": "string"}
"""Of JSON Schema's types."""


class Said(NamedTuple):
    """Hints about outputs by the places of their nodes, about the workflow's inputs, and about signals, by name."""

    outputs: dict[str, Hint]
    inputs: dict[str, Hint]
    signals: dict[str, Hint]


def read_plan(plan: Plan) -> Said:
    """Everything that the expressions of a plan say about the values that it is given."""
    said = Said({}, {name: _declared(declaration) for name, declaration in plan.inputs.items()}, {})
    _Frame(said, plan.root, None, "", said.inputs).learn()
    settle(every([*said.outputs.values(), *said.inputs.values(), *said.signals.values()]))
    return said


def _declared(declaration: Any) -> Hint:
    """What an input's declaration says to whatever it is compared with."""
    named = declaration.get("type") if isinstance(declaration, dict) else declaration
    hint = Hint()
    types = [each for each in (named if isinstance(named, list) else [named]) if each != "null"]
    if len(types) == 1 and types[0] in _KINDS:
        hint.kinds[_KINDS[types[0]]] = None
    return hint


class _Frame(Frame):
    """What a sub-workflow is used for in two places are two."""

    def __init__(
        self,
        said: Said,
        scope: ScopePlan,
        around: "_Frame | None",
        prefix: str,
        inputs: dict[str, Hint] | None = None,
    ) -> None:
        super().__init__(scope, around)
        self._said = said
        self._prefix = prefix
        self._inputs = inputs
        self._outputs: dict[int, Hint] = {}
        self._inner: dict[int, _Frame] = {}
        self._results: Hint | None = None
        self._item: Hint | None = None

    def _hint(self, name: Name, about: NodePlan | None) -> Hint | None:
        """The hint of what a resolved name stands for. `about` is the node that `output` and `input` speak of."""
        frame = self.at(name.up)
        match name.what:
            case "node":
                whole = Hint()
                whole.fields["output"] = frame.output(frame.scope.nodes[name.node])
                return whole
            case "input":
                inputs = frame._inputs  # noqa: SLF001
                return None if inputs is None else inputs.setdefault(name.name, Hint())
            case "item":
                return frame._item  # noqa: SLF001
            case "last":
                return frame.results()
            case "output":
                return None if about is None else self.output(about)
            case "input_of":
                return None if about is None else self._given(about)
            case "index" | "iteration" | "run" | "failure":
                return None

    def _given(self, node: NodePlan) -> Hint:
        whole = Hint()
        for name, program in node.binding.programs:
            whole.fields[name] = self.referred(program) or Hint()
        return whole

    def referred(self, program: Program, about: NodePlan | None = None) -> Hint | None:
        """The hint of the one value that a program is, where it is nothing but a path to one."""
        path = program.expression.reference
        if path is None or str(path[0]) not in program.names:
            return None
        hint = self._hint(program.names[str(path[0])], about)
        for step in path[1:]:
            if hint is None:
                return None
            hint = hint.item() if isinstance(step, int) else hint.field(step)
        return hint

    def output(self, node: NodePlan) -> Hint:
        """The hint of what a node gives."""
        if node.number not in self._outputs:
            self._outputs[node.number] = hint = self._new_output(node)
            # Of every kind: whoever decides about a failure may give the output of any node.
            self._said.outputs[self._prefix + node.id] = hint
            self._fill(node, hint)
        return self._outputs[node.number]

    def _new_output(self, node: NodePlan) -> Hint:
        if isinstance(node.detail, WaitPlan) and node.detail.signal is not None:
            return self._said.signals.setdefault(node.detail.signal, Hint())
        if node.kind in ("loop", "workflow") and node.body is not None:
            return self.inner(node).results()
        return Hint()

    def _fill(self, node: NodePlan, hint: Hint) -> None:
        if node.kind == "set":
            for name, program in node.binding.programs:
                hint.fields[name] = self.referred(program) or Hint()
        elif node.kind == "map" and node.body is not None:
            hint.items = self.inner(node).results()

    def results(self) -> Hint:
        """The hint of what this body gives."""
        if self._results is None:
            self._results = Hint()
            for name, program in self.scope.outputs:
                self._results.fields[name] = self.referred(program) or Hint()
        return self._results

    def inner(self, node: NodePlan) -> "_Frame":
        if node.number not in self._inner:
            assert node.body is not None
            inputs = self._given(node).fields if node.kind == "workflow" else None
            frame = _Frame(self._said, node.body, self, f"{self._prefix}{node.id}/", inputs)
            if isinstance(node.detail, MapPlan):
                over = self.referred(node.detail.over)
                frame._item = Hint() if over is None else over.item()
            self._inner[node.number] = frame
        return self._inner[node.number]

    def learn(self) -> None:
        for edge in self.scope.edges:
            self._learn([edge.when], "boolean")
        self._learn(program for _, program in self.scope.outputs)
        for node in self.scope.nodes:
            self.output(node)
            self._learn_node(node)
            self._learn_ladder(node.ladder, node)
        self._learn_ladder(self.scope.ladder, None)

    def _learn_node(self, node: NodePlan) -> None:
        self._learn(_programs(node.binding))
        if node.compensate is not None:
            self._learn(_programs(node.compensate.binding), about=node)
            if node.compensate.ask is not None:
                self._learn(_asked(node.compensate.ask), about=node)
        match node.detail:
            case SwitchPlan(cases=cases):
                self._learn(cases, "boolean")
            case MapPlan(over=over):
                self._learn([over], "list")
            case LoopPlan(while_=while_, until=until):
                self.inner(node)._learn([while_, until], "boolean")  # noqa: SLF001
            case WaitPlan(until=until):
                self._learn([until], "moment")
            case HumanPlan(ask=ask):
                self._learn(_asked(ask))
            case _:
                pass
        if node.body is not None:
            self.inner(node).learn()

    def _learn_ladder(self, rungs: Iterable[RungPlan], about: NodePlan | None) -> None:
        for rung in rungs:
            if isinstance(rung, EscalatePlan):
                self._learn(_asked(rung.ask), about=about)
            elif isinstance(rung, FallbackPlan) and rung.binding is not None:
                self._learn(_programs(rung.binding), about=about)

    def _learn(
        self, programs: Iterable[Program | None], wanted: Kind | None = None, *, about: NodePlan | None = None
    ) -> None:
        for program in programs:
            if program is not None:
                names = {name: self._hint(place, about) for name, place in program.names.items()}
                learn(tree_of(program.expression.source), names.get, wanted)


def _programs(binding: Binding) -> Iterator[Program]:
    return (program for _, program in binding.programs)


def _asked(ask: AskPlan) -> Iterator[Program]:
    templates: tuple[Template, ...] = (ask.title, ask.instructions)
    return (part for template in templates for part in template if not isinstance(part, str))
