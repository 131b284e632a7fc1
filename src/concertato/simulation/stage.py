"""What all cases of a simulation share: the plan, what its values can be, how agents act, which faults are made."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from concertato.definition.inputs import check_inputs
from concertato.plan.compile import compile_document
from concertato.plan.model import NodePlan, ScopePlan, WaitPlan
from concertato.simulation.faults import Faults
from concertato.simulation.reading import read_plan
from concertato.simulation.script import NO_SCRIPT, Script
from concertato.simulation.watching import Watch

if TYPE_CHECKING:
    from concertato.simulation.real import RealAgents

MOST_EVENTS = 100_000
"""A run that has had so many events is taken to have no end."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulation is told besides the plan; every case depends on it and on nothing else.

    `inputs` are those that every run is started with, `outputs` the JSON Schemas of what agents say that they give,
    by their types.
    """

    faults: Faults = Faults()
    script: Script = NO_SCRIPT
    inputs: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    most_events: int = MOST_EVENTS


class Stage:
    """A setting and its plan, made ready. `nodes` are those of the definition, by their places.

    The plan is compiled anew from its stored document: a definition in YAML, in JSON and in another process is then the
    same, to the order of its fields, and so is what happens in a case.
    """

    def __init__(self, document: bytes, setting: Setting, real: "RealAgents | None" = None) -> None:
        plan = compile_document(document)
        self.watch = Watch(plan)
        self.plan = self.watch.plan
        self.setting = setting
        self.real = real
        self.said = read_plan(plan)
        self.nodes = dict(nodes_in(plan.root))
        self.agents = tuple(sorted(plan.agents))
        waits = (node.detail for node in self.nodes.values() if isinstance(node.detail, WaitPlan))
        self.signals = tuple(sorted({wait.signal for wait in waits if wait.signal is not None}))
        if setting.inputs:
            # Those that are not given are made up.
            missing = {name: {"required": False} for name in plan.inputs if name not in setting.inputs}
            check_inputs({**plan.inputs, **missing}, setting.inputs)


def nodes_in(scope: ScopePlan, prefix: str = "") -> Iterator[tuple[str, NodePlan]]:
    """Every node of a plan with its place, those of bodies behind the one that holds them."""
    for node in scope.nodes:
        yield prefix + node.id, node
        if node.body is not None:
            yield from nodes_in(node.body, f"{prefix}{node.id}/")
