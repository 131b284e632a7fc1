"""What a program hands over, in whatever form it has it: a workflow, inputs, agents, who somebody is."""

import os
from collections.abc import Mapping
from typing import Any

from concertato.agents.loading import load_agents
from concertato.agents.registry import Registry
from concertato.definition.load import Document, Loadable
from concertato.definition.wording import shown
from concertato.errors import InvalidInput, RequestError
from concertato.plan.compile import compile_plan
from concertato.plan.model import Plan
from concertato.run.events import Identity

Workflow = Plan | Document | Loadable
"""Whatever describes one: a file's path, YAML or JSON text, a dict, what the builder made; a plan is fastest."""

Somebody = str | Identity
"""A user's name, or an `Identity` with roles and how it is known."""


def as_plan(workflow: Workflow) -> Plan:
    """The plan of a workflow. Raises `DefinitionError` with every mistake, `RequestError` for what is no workflow."""
    return workflow if isinstance(workflow, Plan) else compile_plan(workflow)


def named(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """`inputs`, if they are values by name. Raises `InvalidInput` for what no workflow can have declared."""
    if not isinstance(inputs, Mapping):
        raise InvalidInput(f'expected the inputs by name, such as {{"amount": 3}}, got: {shown(inputs)}')
    for name in inputs:
        if not isinstance(name, str):
            raise InvalidInput(f"expected the names of inputs to be text, got: {shown(name)}")
    return inputs


def registry_of(agents: object) -> Registry:
    """A registry of its own for what was handed over as agents. Raises `AgentsNotLoaded` for text that names none."""
    things = agents if isinstance(agents, list | tuple) else (agents,)
    return Registry.of(
        *(load_agents(os.fspath(each)) if isinstance(each, str | os.PathLike) else each for each in things)
    )


def identity(by: Somebody) -> Identity:
    """Who somebody is. Raises `RequestError` for what is neither a name nor an `Identity`."""
    if isinstance(by, Identity):
        return by
    if not by or not isinstance(by, str):
        raise RequestError(f"expected by= to be a user's name or an Identity, got: {shown(by)}")
    return Identity(by.removeprefix("user:"))
