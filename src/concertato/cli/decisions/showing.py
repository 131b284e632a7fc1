"""`show --decisions`: the decision path of one run, in the form that was asked for."""

from pathlib import Path

from concertato.cli.decisions.markdown import document
from concertato.cli.decisions.timeline import tell_timeline
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.find import find_run
from concertato.cli.screen import output
from concertato.cli.text import to_json
from concertato.run.events import Identity, RunStarted


def show_decisions(doors: Doors, journal: Path, named: str, *, form: str, as_json: bool) -> Exit:
    screen = output(doors.settings.colour)
    with doors.reader(journal) as reader:
        row = find_run(reader, named)
        steps = reader.decisions(row.run_id)
        view = reader.get(row.run_id)
        first = next(iter(reader.events(row.run_id))).event
        by: Identity | None = first.by if isinstance(first, RunStarted) else None
    if as_json:
        screen.stream.write(to_json({"run": row, "by": by, "steps": steps}) + "\n")
    elif form == "markdown":
        screen.stream.write(document(view, by, steps))
    else:
        tell_timeline(view, by, steps, screen)
    return Exit.OK
