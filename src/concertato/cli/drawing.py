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
from concertato.plan.draw import Changes, OwnBody, place_of, to_mermaid, to_text
from concertato.plan.model import Plan, ScopePlan


def draw_file(doors: Doors, file: Path, form: str) -> Exit:
    return _draw(doors, plan_of(file), None, Changes(), form)


def draw_run(doors: Doors, journal: Path, named: str, form: str) -> Exit:
    with doors.reader(journal) as reader:
        row = find_run(reader, named)
        plan = reader.plan(row.run_id)
        statuses = {node.path: node.status for node in _every(reader.get(row.run_id).nodes)}
        changes = changes_of(reader.decisions(row.run_id))._replace(bodies=_grouped(reader.bodies(row.run_id)))
    return _draw(doors, plan, statuses, changes, form)


def changes_of(steps: Sequence[DecisionStep]) -> Changes:
    """What edits and proposals added, replaced and removed, and by whom; where one is undone, that too."""
    course = _Course()
    for step in steps:
        if step.step == "proposed":
            course.propose(step.path, plain(step))
        elif step.step == "edited":
            course.edit(plain(step))
    return Changes(course.notes, list(course.removed), course.grown())


class _Course:
    """What a plan has become so far, step by step. `offered` are the nodes proposed, by the path of the plan node."""

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}
        self.removed: dict[str, None] = {}
        self.offered: dict[str, list[str]] = {}

    def grown(self) -> dict[str, list[str]]:
        """The nodes of all proposals for one place of the plan."""
        found: dict[str, dict[str, None]] = {}
        for path, names in self.offered.items():
            found.setdefault(place_of(path), {}).update(dict.fromkeys(names))
        return {place: list(names) for place, names in found.items()}

    def propose(self, path: str, detail: Mapping[str, Any]) -> None:
        """A proposal for the same node takes the place of the one before, which was undone."""
        before = self.offered.get(path, ())
        self.offered[path] = list(detail["added"])
        place = place_of(path)
        self.notes[place] = f"agent '{detail['agent']}' proposed it"
        for name in detail["added"]:
            self.removed.pop(_inside(place, name), None)
        still = set(self.grown()[place])
        for name in before:
            if name not in still:
                self._take(_inside(place, name), f"undone before agent '{detail['agent']}' proposed anew")

    def edit(self, detail: Mapping[str, Any]) -> None:
        within = detail.get("in") or ""
        body = place_of(within)
        bodies = [names for path, names in self.offered.items() if path == within or place_of(path) == within]
        undoes = detail.get("undoes") is not None
        for name in detail.get("added") or ():
            self.removed.pop(_inside(within, name), None)
            self.notes[_inside(body, name)] = _by("brought back" if undoes else "added", detail)
            for names in bodies:
                names.append(name)
        for name in detail.get("replaced") or ():
            self.notes[_inside(body, name)] = _by("put back" if undoes else "replaced", detail)
        for name in detail.get("removed") or ():
            # One item of a map has lost it; the others may have it still.
            self._take(_inside(within, name), _by("removed", detail))
            for names in bodies:
                if name in names:
                    names.remove(name)

    def _take(self, place: str, why: str) -> None:
        self.removed[place] = None
        self.notes[place] = why


def _grouped(bodies: Mapping[str, ScopePlan]) -> dict[str, list[OwnBody]]:
    """The bodies of scopes' own by the place of what holds them, those that are one and the same together."""
    paths: dict[tuple[str, int], list[str]] = {}
    for path, plan in bodies.items():
        paths.setdefault((place_of(path), id(plan)), []).append(path)
    found: dict[str, list[OwnBody]] = {}
    for (place, _), same in paths.items():
        found.setdefault(place, []).append(OwnBody(tuple(same), bodies[same[0]]))
    return found


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
