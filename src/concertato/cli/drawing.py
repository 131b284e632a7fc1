"""`graph`: a plan as a picture, with the statuses of a run on it where one is named."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.find import find_run
from concertato.cli.planned import plan_of
from concertato.cli.screen import output
from concertato.cli.text import safe
from concertato.engine.contract import NodeView
from concertato.plan.draw import to_mermaid, to_text
from concertato.plan.model import Plan


def draw_file(doors: Doors, file: Path, form: str) -> Exit:
    return _draw(doors, plan_of(file), None, form)


def draw_run(doors: Doors, journal: Path, named: str, form: str) -> Exit:
    with doors.reader(journal) as reader:
        row = find_run(reader, named)
        plan = reader.plan(row.run_id)
        statuses = {node.path: node.status for node in _every(reader.get(row.run_id).nodes)}
    return _draw(doors, plan, statuses, form)


def _draw(doors: Doors, plan: Plan, statuses: Mapping[str, str] | None, form: str) -> Exit:
    screen = output(doors.settings.colour)
    drawn = to_mermaid(plan, statuses) if form == "mermaid" else to_text(plan, statuses, unicode=screen.unicode)
    screen.stream.write(safe(drawn).rstrip("\n") + "\n")
    return Exit.OK


def _every(nodes: Iterable[NodeView]) -> Iterable[NodeView]:
    for node in nodes:
        yield node
        yield from _every(node.children)
