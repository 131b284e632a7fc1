"""`validate`: every mistake of every file, told at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from concertato.agents.registry import Registry
from concertato.cli import agents as agents_of
from concertato.cli.complaint import tell_problems
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.planned import plan_of
from concertato.cli.screen import complaints, output
from concertato.cli.text import counted, one_line, to_json
from concertato.definition.check_agents import agents_asked
from concertato.definition.library import Found, Library
from concertato.definition.load import load
from concertato.definition.model import BUILT_IN
from concertato.definition.problem import DefinitionError, Problem
from concertato.definition.spelling import did_you_mean, nearest
from concertato.definition.walk import places
from concertato.errors import UnknownAgent


def validate_files(doors: Doors, files: Sequence[Path], agents: Sequence[str], *, as_json: bool) -> Exit:
    registry = agents_of.load(agents)
    found: list[Problem] = []
    for file in files:
        problems: list[Problem] = []
        try:
            plan = plan_of(file)
            problems = missing_agents(file, registry, agents) if agents else []
            summary = f"{file}: {one_line(plan.name)}: {counted(len(plan.root.nodes), 'node')}, no mistakes"
            if problems:
                summary = f"{file}: agents are missing"
        except DefinitionError as error:
            problems = error.problems
            summary = f"{file}: {counted(len(problems), 'mistake')}"
        found += problems
        if not as_json:
            tell_problems(problems, complaints(doors.settings.colour))
            output(doors.settings.colour).line(summary)
    if as_json:
        listed = [_for_machines(problem) for problem in found]
        output().stream.write(to_json({"ok": not found, "problems": listed}) + "\n")
    return Exit.USAGE if found else Exit.OK


def missing_agents(file: Path, registry: Registry, specs: Sequence[str]) -> list[Problem]:
    """Every place in a definition, and in those that it uses, where an agent is named that nobody registered."""
    document = load(file)
    there = sorted(registry.names)
    known = f"{', '.join(specs)} has {', '.join(map(repr, there)) or 'no agent'}"
    found: list[Problem] = []
    pending = [Found(document.definition, (), Library.of(document.definition))]
    while pending:
        around = pending.pop(0)
        for asked in [each for place in places(around.definition, around.path) for each in agents_asked(place)]:
            if asked.name in BUILT_IN or registry.resolve(asked.name) is not None:
                continue
            hint = did_you_mean(nearest(asked.name, there)) or f"; {known}"
            message = f"{asked.who} needs the agent {asked.name!r}, which nobody registered{hint}"
            part, path = document.origin(asked.path)
            line, column = part.source.places.find(path) or (None, None)
            found.append(Problem(UnknownAgent.code, message, path, part.source.name, line, column))
        inner = [around.library.find(name) for name in around.definition.workflows]
        pending += [each for each in inner if each is not None]
    return found


def _for_machines(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "message": problem.message,
        "source": problem.source,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
    }
