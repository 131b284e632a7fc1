"""Simulating a workflow from a program: in a test, before anybody runs it."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from concertato.agents.registry import Registry
from concertato.agents.schema import declared_outputs
from concertato.client.given import Workflow, named, registry_of
from concertato.definition.builder.workflow import Workflow as Built
from concertato.definition.load import Document, load_mended
from concertato.errors import RequestError, UnknownAgent
from concertato.plan.compile import compile_plan
from concertato.plan.model import Plan
from concertato.simulation.faults import Faults, read_faults
from concertato.simulation.report import SimulationReport
from concertato.simulation.script import NO_SCRIPT, Script
from concertato.simulation.script_file import script_in, script_of
from concertato.simulation.stage import Setting
from concertato.simulation.survey import survey


def simulate(
    workflow: Workflow,
    *,
    runs: int = 1000,
    seed: int = 1,
    inputs: Mapping[str, Any] | None = None,
    script: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    agents: object = (),
    real: bool | Collection[str] = (),
    faults: str | Faults | None = None,
    workers: int = 1,
) -> SimulationReport:
    """Simulate runs of a workflow in virtual time, with faults, and report what they came to.

    `assert not report.surprises` makes a test of it; `print(report)` says what they are. The same arguments give the
    same report, always; `seed=surprise.seed, runs=1` repeats one run, and `report.story` tells it.

    Agents are scripted. `agents`, as in `Engine.open`, are looked at for the types of what they return; those that
    `real` names (True: all) are called for real. `script` says how the others act: a file's path, or a mapping.
    `inputs` are what every run is started with; left out, they are made up of what is declared. `faults` says how often
    which fault is made (`"failure=0.2,crash=0"`, `"none"`). `workers` are processes that share the runs: with more than
    one, a script that calls this needs the usual `if __name__ == "__main__"`.

    Raises `DefinitionError` for mistakes in the workflow or the script, and `RequestError`.
    """
    if runs < 1 or seed < 0 or workers < 1:
        raise RequestError(
            f"expected runs and workers from 1 on and a seed from 0 on, got: {runs=}, {workers=}, {seed=}"
        )
    document = _document(workflow)
    plan = workflow if document is None else compile_plan(document)
    assert isinstance(plan, Plan)
    registry = agents if isinstance(agents, Registry) else registry_of(agents)
    asked = plan.agents if real is True else frozenset(real or ())
    _require(asked, plan, registry)
    setting = Setting(
        faults=faults if isinstance(faults, Faults) else read_faults(faults or ""),
        script=_script(script, plan),
        inputs=dict(named(inputs or {})),
        outputs={name: schema for name, schema in declared_outputs(registry).items() if name in plan.agents},
    )
    if not asked:
        return survey(plan, setting, runs=runs, seed=seed, document=document, workers=workers)
    from concertato.simulation.real import RealAgents  # late: nothing else here needs asyncio

    with RealAgents(registry, asked) as called:
        return survey(plan, setting, runs=runs, seed=seed, document=document, real=called)


def _document(workflow: Workflow) -> Document | None:
    """Where the workflow was written; None for a plan, which does not say."""
    if isinstance(workflow, Plan):
        return None
    return workflow.document() if isinstance(workflow, Built) else load_mended(workflow)


def _script(script: str | os.PathLike[str] | Mapping[str, Any] | None, plan: Plan) -> Script:
    if script is None:
        return NO_SCRIPT
    return script_of(script, plan) if isinstance(script, Mapping) else script_in(Path(script), plan)


def _require(asked: frozenset[str], plan: Plan, registry: Registry) -> None:
    for name in sorted(asked):
        if name not in plan.agents:
            raise UnknownAgent(f"real: the workflow names no agent {name!r}; it names {', '.join(sorted(plan.agents))}")
        if registry.resolve(name) is None:
            there = ", ".join(registry.names) or "none"
            raise UnknownAgent(
                f"real: nobody is registered as {name!r}: hand over agents= that have it; there are {there}"
            )
