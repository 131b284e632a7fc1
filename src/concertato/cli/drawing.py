"""`graph`: a plan as a picture, with the statuses of a run on it where one is named, and what changed it since."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from concertato.cli.decisions.words import plain, who
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.find import find_run
from concertato.cli.planned import plan_of
from concertato.cli.screen import output
from concertato.cli.text import safe
from concertato.engine.contract import DecisionStep, NodeView
from concertato.plan.draw import Changes, place_of, to_mermaid, to_text
from concertato.plan.model import Plan


def draw_file(doors: Doors, file: Path, form: str) -> Exit:
    return _draw(doors, plan_of(file), None, Changes(), form)


def draw_run(doors: Doors, journal: Path, named: str, form: str) -> Exit:
    with doors.reader(journal) as reader:
        row = find_run(reader, named)
        plan = reader.plan(row.run_id)
        statuses = {node.path: node.status for node in _every(reader.get(row.run_id).nodes)}
        changes = changes_of(reader.decisions(row.run_id))
    return _draw(doors, plan, statuses, changes, form)


def changes_of(steps: Sequence[DecisionStep]) -> Changes:
    """What edits and proposals added, replaced and removed, and by whom; where one is undone, that too."""
    notes: dict[str, str] = {}
    removed: dict[str, None] = {}
    grown: dict[str, list[str]] = {}
    for step in steps:
        detail = plain(step)
        if step.step == "proposed":
            place = place_of(step.path)
            known = grown.setdefault(place, [])
            known += [name for name in detail["added"] if name not in known]
            notes[place] = f"agent '{detail['agent']}' proposed it"
        elif step.step == "edited":
            body = place_of(detail.get("in") or "")
            for name in detail.get("added") or ():
                place = _inside(body, name)
                removed.pop(place, None)
                notes[place] = _by("added", detail)
            for name in detail.get("replaced") or ():
                notes[_inside(body, name)] = _by("replaced", detail)
            for name in detail.get("removed") or ():
                place = _inside(body, name)
                removed[place] = None
                notes[place] = _by("removed", detail)
    return Changes(notes, list(removed), grown)


def _inside(body: str, name: str) -> str:
    return f"{body}/{name}" if body else name


def _by(what: str, detail: Mapping[str, Any]) -> str:
    return f"{what} by {who(detail.get('by'))}" + (f": {detail['reason']}" if detail.get("reason") else "")


def _draw(doors: Doors, plan: Plan, statuses: Mapping[str, str] | None, changes: Changes, form: str) -> Exit:
    screen = output(doors.settings.colour)
    if form == "mermaid":
        drawn = to_mermaid(plan, statuses, changes=changes)
    else:
        drawn = to_text(plan, statuses, changes=changes, unicode=screen.unicode)
    screen.stream.write(safe(drawn).rstrip("\n") + "\n")
    return Exit.OK


def _every(nodes: Iterable[NodeView]) -> Iterable[NodeView]:
    for node in nodes:
        yield node
        yield from _every(node.children)
