"""`edit`: what an edit does is said before it is done, and an edit is taken back by its opposite."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from concertato.cli import agents as agents_of
from concertato.cli.asking import Asking
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.find import find_run
from concertato.cli.screen import Part, complaints, output
from concertato.cli.text import one_line, to_json
from concertato.cli.written import WrittenEdit
from concertato.definition.patch import Patch, read_patch
from concertato.definition.source import Source
from concertato.engine.contract import Edit, Engine
from concertato.errors import RequestError
from concertato.run.events import PlanEdited


def check_options(file: Path | None, *, undo: bool, seq: int | None) -> None:
    """Raise `RequestError` unless exactly one thing is asked for."""
    if (file is not None) == undo:
        raise RequestError(
            "expected either --file FILE with the edit or --undo, and not both: concertato edit RUN --file edit.yaml"
        )
    if seq is not None and not undo:
        raise RequestError(f"expected --undo beside the number of an event: concertato edit RUN --undo {seq}")


def edit(doors: Doors, asking: Asking, named: str, written: WrittenEdit, reason: str | None, *, say: bool) -> Exit:
    async def act(engine: Engine, run_id: str) -> str:
        with written.placing():
            await engine.send(run_id, Edit(patch=written.patch, reason=reason, by=asking.by))
        await _tell_number(doors, engine, run_id, say=say)
        return run_id

    return asking.follow_on(named, act)


def undo(doors: Doors, asking: Asking, named: str, seq: int | None, reason: str | None, *, say: bool) -> Exit:
    async def act(engine: Engine, run_id: str) -> str:
        with WrittenEdit({}, Source("<edit>")).placing():
            await engine.undo_edit(run_id, seq=seq, by=asking.by, reason=reason)
        await _tell_number(doors, engine, run_id, say=say)
        return run_id

    return asking.follow_on(named, act)


def dry_run(
    doors: Doors,
    journal: Path,
    named: str,
    written: WrittenEdit | None,
    seq: int | None,
    *,
    agents: Sequence[str] | None,
    as_json: bool,
) -> Exit:
    """Say what an edit would do to the run as it stands; without one, what taking back that of `seq` would.

    Raises what the edit itself would.
    """
    with doors.reader(journal) as reader:
        run_id = find_run(reader, named).run_id
        edit = written or WrittenEdit(reader.opposite(run_id, seq), Source("<edit>"))
        patch = read_patch(edit.patch)
        with edit.placing():
            plan = reader.check_edit(run_id, Edit(patch=edit.patch))
    specs = agents_of.chosen(doors, agents, None)
    if specs:
        agents_of.require(plan.agents, agents_of.load(specs), specs)
    screen = output(doors.settings.colour)
    if as_json:
        told = {"run_id": run_id, "in": patch.in_, **_changes(patch), "agents_checked": bool(specs)}
        screen.stream.write(to_json(told) + "\n")
        return Exit.OK
    if patch.in_:
        screen.line(f"in {one_line(patch.in_)}:")
    for line in _told(patch, "→" if screen.unicode else "->"):
        screen.line(*line)
    if not specs:
        screen.line("whether its agents are there was not looked at: name where they are with --agents")
    screen.line(f"run {run_id} allows this edit as it stands; nothing is recorded")
    return Exit.OK


async def _tell_number(doors: Doors, engine: Engine, run_id: str, *, say: bool) -> None:
    """The number of the edit that was just recorded, the last of the run's: `--undo` takes it."""
    if say:
        events = engine.events(run_id, follow=False)
        seq = max([stored.seq async for stored in events if isinstance(stored.event, PlanEdited)])
        said = f"the edit is event {seq} of the run: --undo {seq} takes it back"
        complaints(doors.settings.colour).line((said, "dim"))


def _changes(edit: Patch) -> dict[str, Any]:
    return {
        "added": [node.id for node in edit.add.nodes],
        "removed": edit.remove.nodes,
        "replaced": [node.id for node in edit.replace.nodes],
        "edges_added": [{"from": edge.from_, "to": edge.to} for edge in edit.add.edges],
        "edges_removed": [{"from": edge.from_, "to": edge.to} for edge in edit.remove.edges],
    }


def _told(edit: Patch, arrow: str) -> Iterator[list[Part]]:
    added, removed, replaced = (
        ("  would add      ", "green"),
        ("  would remove   ", "red"),
        ("  would replace  ", "yellow"),
    )
    for node in edit.add.nodes:
        yield [added, f"node {one_line(node.id)} ({one_line(node.type)})"]
    for name in edit.remove.nodes:
        yield [removed, f"node {one_line(name)} and its edges"]
    for node in edit.replace.nodes:
        yield [replaced, f"node {one_line(node.id)} ({one_line(node.type)})"]
    for edge in edit.add.edges:
        yield [added, f"edge {one_line(edge.from_)} {arrow} {one_line(edge.to)}"]
    for ends in edit.remove.edges:
        yield [removed, f"edge {one_line(ends.from_)} {arrow} {one_line(ends.to)}"]
