"""Simulating a workflow from a program: in a test, before anybody runs it."""

import os
from collections.abc import Collection, Mapping
from threading import Event
from typing import Any

from concertato.agents.registry import Registry
from concertato.client.given import Workflow, as_plan, named, registry_of
from concertato.client.loops import beside, in_a_loop
from concertato.definition.load import load_mended
from concertato.errors import UnknownAgent
from concertato.plan.model import Plan
from concertato.simulation.faults import Faults
from concertato.simulation.preparing import called_for_real, check_numbers, setting_of
from concertato.simulation.report import SimulationReport
from concertato.simulation.survey import survey


def simulate(
    workflow: Workflow,
    *,
    runs: int = 1000,
    seed: int = 1,
    inputs: Mapping[str, Any] | None = None,
    script: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    agents: object = (),
    real: bool | str | Collection[str] = (),
    faults: str | Mapping[str, float] | Faults | None = None,
    workers: int = 1,
) -> SimulationReport:
    """Simulate runs of a workflow in virtual time, with faults, and report what they came to.

    `assert not report.surprises` makes a test of it; `print(report)` says what they are. The same arguments give the
    same report, always; `seed=surprise.seed, runs=1` repeats one run, and `report.story` tells it.

    Agents are scripted. `agents`, as in `Engine.open`, are looked at for the types of what they return; those that
    `real` names (one, several, or True for all) are called for real. `script` says how the others act: a file's path,
    or a mapping. `inputs` are what every run is started with; left out, they are made up of what is declared. `faults`
    says how often which fault is made (`"failure=0.2,crash=0"`, `"none"`, or shares by name). `workers` are processes
    that share the runs: with more than one, a script that calls this needs the usual `if __name__ == "__main__"`.

    Raises `DefinitionError` for mistakes in the workflow or the script, and `RequestError`.
    """
    check_numbers(runs=runs, seed=seed, workers=workers)
    document = None if isinstance(workflow, Plan) else load_mended(workflow)  # a plan does not say where it was written
    plan = as_plan(workflow if document is None else document)
    registry = agents if isinstance(agents, Registry) else registry_of(agents)
    asked = called_for_real(real, plan)
    _require(asked, registry)
    setting = setting_of(plan, registry, faults=faults, script=script, inputs=named({} if inputs is None else inputs))
    if not asked:
        return survey(plan, setting, runs=runs, seed=seed, document=document, workers=workers)
    from concertato.simulation.real import RealAgents  # late: nothing else here needs asyncio

    stop = Event()

    def with_real_agents() -> SimulationReport:
        with RealAgents(registry, asked, stop.is_set) as called:
            return survey(plan, setting, runs=runs, seed=seed, document=document, real=called, stop=stop.is_set)

    return beside(with_real_agents, stop.set) if in_a_loop() else with_real_agents()


def _require(asked: frozenset[str], registry: Registry) -> None:
    for name in sorted(asked):
        if registry.resolve(name) is None:
            there = ", ".join(registry.names) or "none"
            raise UnknownAgent(
                f"real: nobody is registered as {name!r}: hand over agents= that have it; there are {there}"
            )
