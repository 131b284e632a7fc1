"""`edit`: what an edit does is said before it is done, and an edit is taken back by its opposite."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from concertato.cli.asking import Asking
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.find import find_run
from concertato.cli.screen import Part, output
from concertato.cli.text import one_line, to_json
from concertato.definition.patch import Patch, read_patch
from concertato.engine.contract import Edit, Engine
from concertato.errors import RequestError


def check_options(file: Path | None, *, undo: bool, seq: int | None, dry_run: bool) -> None:
    """Raise `RequestError` unless exactly one thing is asked for."""
    if (file is not None) == undo:
        raise RequestError(
            "expected either --file FILE with the edit or --undo, and not both: concertato edit RUN --file edit.yaml"
        )
    if seq is not None and not undo:
        raise RequestError(f"expected --undo beside the number of an event: concertato edit RUN --undo {seq}")
    if dry_run and undo:
        raise RequestError("expected --dry-run beside --file FILE: it says what an edit would do")


def undo(asking: Asking, named: str, seq: int | None, reason: str | None) -> Exit:
    async def act(engine: Engine, run_id: str) -> str:
        await engine.undo_edit(run_id, seq=seq, by=asking.by, reason=reason)
        return run_id

    return asking.follow_on(named, act)


def dry_run(doors: Doors, journal: Path, named: str, patch: Mapping[str, Any], *, as_json: bool) -> Exit:
    """Say what the edit would do to the run as it stands. Raises what the edit itself would."""
    edit = read_patch(patch)
    with doors.reader(journal) as reader:
        run_id = find_run(reader, named).run_id
        reader.check_edit(run_id, Edit(patch=patch))
    screen = output(doors.settings.colour)
    if as_json:
        screen.stream.write(to_json({"run_id": run_id, "in": edit.in_, **_changes(edit)}) + "\n")
        return Exit.OK
    if edit.in_:
        screen.line(f"in {one_line(edit.in_)}:")
    for line in _told(edit, "→" if screen.unicode else "->"):
        screen.line(*line)
    screen.line(f"run {run_id} allows this edit as it stands; nothing is recorded")
    return Exit.OK


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
