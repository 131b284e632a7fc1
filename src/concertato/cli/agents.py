"""Which agents a command works with: those it was told, the environment's, or the `agents.py` that lies beside."""

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

from concertato.agents.registry import Registry
from concertato.cli.doors import Doors
from concertato.errors import UnknownAgent


def chosen(doors: Doors, told: Sequence[str] | None, definition: Path | None) -> list[str]:
    """The modules and files to load, in order. Empty where nothing was told and nothing lies beside."""
    if told:
        return list(told)
    if doors.settings.agents:
        return list(doors.settings.agents)
    folders = [Path()] if definition is None else [definition.parent, Path()]
    return [str(path) for folder in folders if (path := folder / "agents.py").is_file()][:1]


def load(specs: Sequence[str]) -> Registry:
    from concertato.agents.loading import load_agents

    # What a file of agents prints while it is imported has no place on standard output either.
    with redirect_stdout(sys.stderr):
        return Registry.of(*(load_agents(spec) for spec in specs))


def require(needed: frozenset[str], registry: Registry, specs: Sequence[str]) -> None:
    """Raise `UnknownAgent` unless every agent that a plan names is there; nothing has been started yet."""
    missing = sorted(name for name in needed if registry.resolve(name) is None)
    if not missing:
        return
    names = ", ".join(f"{name!r}" for name in missing)
    if not specs:
        raise UnknownAgent(
            f"nothing says where the agents are, and the workflow needs {names}: "
            "name a Python module or file with --agents, or put an agents.py beside the definition"
        )
    there = ", ".join(f"{name!r}" for name in registry.names)
    raise UnknownAgent(
        f"the workflow needs {names}, and {', '.join(specs)} has {there}: "
        "add what is missing, or name where it is with another --agents"
    )
