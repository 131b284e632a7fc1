"""`show --decisions`: the decision path of one run, in the form that was asked for."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from concertato.cli.decisions.markdown import document
from concertato.cli.decisions.timeline import tell_timeline
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.find import find_run
from concertato.cli.screen import output
from concertato.cli.text import to_json
from concertato.engine.contract import DecisionStep
from concertato.journal.contract import StoredEvent
from concertato.run.events import Identity, NodeSucceeded, PlanEdited, RunStarted


def show_decisions(doors: Doors, journal: Path, named: str, *, form: str, as_json: bool) -> Exit:
    screen = output(doors.settings.colour)
    with doors.reader(journal) as reader:
        row = find_run(reader, named)
        steps = reader.decisions(row.run_id)
        view = reader.get(row.run_id)
        first = next(iter(reader.events(row.run_id))).event
        by: Identity | None = first.by if isinstance(first, RunStarted) else None
        whole = [] if form == "text" and not as_json else list(_whole(steps, reader.events(row.run_id)))
    if as_json:
        screen.stream.write(to_json({"run": row, "by": by, "steps": whole}) + "\n")
    elif form == "markdown":
        screen.stream.write(document(view, by, whole))
    else:
        tell_timeline(view, by, steps, screen)
    return Exit.OK


def _whole(steps: Sequence[DecisionStep], events: Iterable[StoredEvent]) -> Iterator[DecisionStep]:
    """The steps in order, what was edited and proposed with them whole: an auditor asks for what was done."""
    wanted = {step.seq for step in steps if step.step in ("edited", "proposed")}
    found = {stored.seq: stored.event for stored in events if stored.seq in wanted}
    for step in steps:
        match step.step, found.get(step.seq):
            case "edited", PlanEdited(patch=patch):
                yield msgspec.structs.replace(step, detail={**step.detail, "patch": patch})
            case "proposed", NodeSucceeded(output=body):
                yield msgspec.structs.replace(step, detail={**step.detail, "body": body})
            case _:
                yield step
