"""Concertato runs workflows of AI agents so that they finish.

Everything here is loaded when it is first used: importing the package costs next to nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

# The room `concertato.run` and the function `concertato.run` share a name. Importing the room first and forgetting
# the name leaves it to the function: Python binds a submodule to its package only when it first loads it.
import concertato.run  # noqa: F401

del run  # noqa: F821 - bound by the line above

if TYPE_CHECKING:
    from concertato.agents.context import TaskContext
    from concertato.agents.decorator import agent
    from concertato.agents.registry import Registry
    from concertato.client import Engine, Run, run
    from concertato.client.simulation import simulate
    from concertato.definition.builder.expr import cel
    from concertato.definition.builder.ladder import escalate, fallback, recover
    from concertato.definition.builder.undo import undo
    from concertato.definition.builder.workflow import workflow
    from concertato.definition.load import load
    from concertato.definition.problem import DefinitionError, Problem
    from concertato.errors import (
        AgentError,
        ConcertatoError,
        FailureKind,
        JournalError,
        RequestError,
        RunCancelled,
        RunError,
        RunFailed,
        RunRolledBack,
    )
    from concertato.plan.compile import compile_plan as compile  # noqa: A004
    from concertato.run.events import Identity
    from concertato.simulation.report import SimulationReport

__all__ = [
    "AgentError",
    "ConcertatoError",
    "DefinitionError",
    "Engine",
    "FailureKind",
    "Identity",
    "JournalError",
    "Problem",
    "Registry",
    "RequestError",
    "Run",
    "RunCancelled",
    "RunError",
    "RunFailed",
    "RunRolledBack",
    "SimulationReport",
    "TaskContext",
    "agent",
    "cel",
    "compile",
    "escalate",
    "fallback",
    "load",
    "recover",
    "run",
    "simulate",
    "undo",
    "workflow",
]

_ERRORS = "concertato.errors"
_LADDER = "concertato.definition.builder.ladder"
_HOME = {
    "AgentError": _ERRORS,
    "ConcertatoError": _ERRORS,
    "DefinitionError": "concertato.definition.problem",
    "Engine": "concertato.client",
    "FailureKind": _ERRORS,
    "Identity": "concertato.run.events",
    "JournalError": _ERRORS,
    "Problem": "concertato.definition.problem",
    "Registry": "concertato.agents.registry",
    "RequestError": _ERRORS,
    "Run": "concertato.client",
    "RunCancelled": _ERRORS,
    "RunError": _ERRORS,
    "RunFailed": _ERRORS,
    "RunRolledBack": _ERRORS,
    "SimulationReport": "concertato.simulation.report",
    "TaskContext": "concertato.agents.context",
    "agent": "concertato.agents.decorator",
    "cel": "concertato.definition.builder.expr",
    "compile": "concertato.plan.compile",
    "escalate": _LADDER,
    "fallback": _LADDER,
    "load": "concertato.definition.load",
    "recover": _LADDER,
    "run": "concertato.client",
    "simulate": "concertato.client.simulation",
    "undo": "concertato.definition.builder.undo",
    "workflow": "concertato.definition.builder.workflow",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'concertato' has no attribute {name!r}")
    home = importlib.import_module(_HOME[name])
    value = getattr(home, "compile_plan" if name == "compile" else name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
