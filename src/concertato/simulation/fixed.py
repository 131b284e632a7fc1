"""Which expressions read nothing but inputs that every run was given: what they come to is the same in all of them."""

from collections.abc import Iterable

from concertato.plan.model import MapPlan, Name, NodePlan, Program, ScopePlan
from concertato.simulation.frame import Frame

Inputs = frozenset[str]


class Fixed(Frame):
    """`holder` is the node around the body; `given` are inputs of the whole workflow.

    A value that is only handed on (`set`, the items of a map, the inputs of a sub-workflow) is as fixed as where it
    comes from.
    """

    def __init__(
        self, scope: ScopePlan, given: Inputs, around: "Fixed | None" = None, holder: NodePlan | None = None
    ) -> None:
        super().__init__(scope, around)
        self._given = given
        self._holder = holder

    def inside(self, node: NodePlan) -> "Fixed":
        assert node.body is not None
        return Fixed(node.body, self._given, self, node)

    def inputs_of(self, *programs: Program) -> Inputs:
        """The given inputs that they depend on; none where they depend on anything else as well."""
        return self.of(programs) or frozenset()

    def of(self, programs: Iterable[Program]) -> Inputs | None:
        """None where any of them is not fixed."""
        found: Inputs = frozenset()
        for program in programs:
            for name in program.names.values():
                inputs = self.at(name.up).named(name)
                if inputs is None:
                    return None
                found |= inputs
        return found

    def named(self, name: Name) -> Inputs | None:
        """Those on which a name that stands here depends; None where what it stands for is not fixed."""
        match name.what:
            case "input" if self.around is None:
                return frozenset({name.name}) if name.name in self._given else None
            case "input":
                return self._handed_in(name.name)
            case "item" if self.around is not None and isinstance(self._holder_detail, MapPlan):
                return self.around.of([self._holder_detail.over])
            case "index" | "iteration":
                return frozenset()
            case "node" if self.scope.nodes[name.node].kind == "set":
                return self.of(program for _, program in self.scope.nodes[name.node].binding.programs)
            case _:
                return None

    @property
    def _holder_detail(self) -> object:
        return None if self._holder is None else self._holder.detail

    def _handed_in(self, name: str) -> Inputs | None:
        """What a sub-workflow was given under this name."""
        assert self.around is not None
        assert self._holder is not None
        binding = self._holder.binding
        if name in binding.constants:
            return frozenset()
        return self.around.of(program for field, program in binding.programs if field == name)
