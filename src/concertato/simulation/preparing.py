"""A simulation that somebody asks for, in a program or at a shell: checked, and made into a setting."""

from collections.abc import Collection, Mapping
from typing import Any

from concertato.agents.registry import Registry
from concertato.agents.schema import declared_outputs
from concertato.definition.spelling import did_you_mean, nearest
from concertato.errors import RequestError, UnknownAgent
from concertato.plan.model import Plan
from concertato.simulation.faults import Faults, faults_of, read_faults
from concertato.simulation.script_file import script_from
from concertato.simulation.stage import Setting


def check_numbers(*, runs: object, seed: object, workers: object) -> None:
    """Raises `RequestError` for numbers that no simulation can have."""
    for name, value, least in (("runs", runs, 1), ("seed", seed, 0), ("workers", workers, 1)):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise RequestError(f"expected {name} to be a whole number from {least} on, got: {name}={value!r}")


def setting_of(
    plan: Plan,
    registry: Registry,
    *,
    faults: object = None,
    script: object = None,
    inputs: Mapping[str, Any],
) -> Setting:
    """Raises `RequestError` for what cannot be meant, and `DefinitionError` for mistakes in the script."""
    return Setting(
        faults=_faults(faults),
        script=script_from(script, plan),
        inputs=dict(inputs),
        outputs={name: schema for name, schema in declared_outputs(registry).items() if name in plan.agents},
    )


def called_for_real(real: object, plan: Plan) -> frozenset[str]:
    """The agents that are to be called for real. Raises `UnknownAgent` for one that the workflow does not name."""
    if isinstance(real, bool):
        return plan.agents if real else frozenset()
    names = [real] if isinstance(real, str) else real
    if not isinstance(names, Collection) or not all(isinstance(name, str) for name in names):
        raise RequestError(f"expected real to be the names of agents, or True for all of them, got: {real!r:.60}")
    for name in sorted(set(names) - plan.agents):
        hint = did_you_mean(nearest(name, sorted(plan.agents))) or f"; it names {', '.join(sorted(plan.agents))}"
        raise UnknownAgent(f"real: the workflow names no agent '{name}'{hint}")
    return frozenset(names)


def _faults(faults: object) -> Faults:
    if isinstance(faults, Faults):
        return faults
    if faults is None or isinstance(faults, str):
        return read_faults(faults or "")
    if isinstance(faults, Mapping):
        return faults_of(faults)
    raise RequestError(
        f"expected faults to be shares by name, or a text such as 'failure=0.2,crash=0', got: {faults!r:.60}"
    )
