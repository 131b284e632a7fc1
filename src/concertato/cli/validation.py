"""`validate`: every mistake of every file, told at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from concertato.cli import agents as agents_of
from concertato.cli.complaint import tell_problems
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.planned import plan_of
from concertato.cli.screen import complaints, output
from concertato.cli.text import counted, one_line, to_json
from concertato.definition.problem import DefinitionError, Problem
from concertato.errors import UnknownAgent


def validate_files(doors: Doors, files: Sequence[Path], agents: Sequence[str], *, as_json: bool) -> Exit:
    registry = agents_of.load(agents)
    found: list[Problem] = []
    for file in files:
        problems: list[Problem] = []
        try:
            plan = plan_of(file)
            if agents:
                agents_of.require(plan.agents, registry, agents)
            summary = f"{file}: {one_line(plan.name)}: {counted(len(plan.root.nodes), 'node')}, no mistakes"
        except DefinitionError as error:
            problems = error.problems
            summary = f"{file}: {counted(len(problems), 'mistake')}"
        except UnknownAgent as error:
            problems = [Problem(error.code, str(error), (), str(file))]
            summary = f"{file}: agents are missing"
        found += problems
        if not as_json:
            tell_problems(problems, complaints(doors.settings.colour))
            output(doors.settings.colour).line(summary)
    if as_json:
        listed = [_for_machines(problem) for problem in found]
        output().stream.write(to_json({"ok": not found, "problems": listed}) + "\n")
    return Exit.USAGE if found else Exit.OK


def _for_machines(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "message": problem.message,
        "source": problem.source,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
    }
