"""`resume` of all: every run of the journal that has not ended goes on, until each has ended or only waits."""

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

from concertato.cli import agents as agents_of
from concertato.cli.display.jsonl import outcome
from concertato.cli.display.words import mark, run_status, style
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.find import unfinished
from concertato.cli.interrupt import interruptible
from concertato.cli.screen import complaints, output
from concertato.cli.text import counted, one_line, to_json
from concertato.cli.watch import rest
from concertato.engine.contract import Engine, RunView
from concertato.errors import UnknownAgent
from concertato.run.status import RunStatus

_TOLD = 5
_STRANDED = "without their agents"


def resume_all(
    doors: Doors, *, journal: Path, agents: Sequence[str] | None, stay: bool, as_json: bool, quiet: bool
) -> Exit:
    with doors.reader(journal) as reader:
        run_ids = [row.run_id for row in unfinished(reader)]
    specs = agents_of.chosen(doors, agents, None)
    registry = agents_of.load(specs)
    counts: Counter[str] = Counter()
    screen = output(doors.settings.colour)

    def tell(view: RunView) -> None:
        run, status = view.run, run_status(view.run)
        counts[status] += 1
        if as_json:
            screen.stream.write(to_json(outcome(view)) + "\n")
            screen.stream.flush()
        elif not quiet:
            words = (status.replace("_", " "), style(status))
            screen.line(
                "  ", mark(status, unicode=screen.unicode), f" {run.run_id}  ", words, f"  {one_line(run.workflow)}"
            )

    async def go_on(engine: Engine) -> None:
        for run_id in run_ids:
            try:
                if stay:
                    await engine.result(run_id)
                tell(await rest(engine, run_id, doors.clock))
            except UnknownAgent as error:
                counts[_STRANDED] += 1
                if counts[_STRANDED] <= _TOLD:
                    complaints(doors.settings.colour).line(f"concertato: error {error.code} {one_line(str(error))}")

    async def work() -> None:
        async with doors.engine(journal, registry, recover=True) as engine:
            await go_on(engine)

    def at_first_signal() -> None:
        complaints(doors.settings.colour).line("concertato: interrupted: go on with the same command")

    with redirect_stdout(sys.stderr):
        doors.run(interruptible(work(), at_first_signal))
    if not as_json:
        words = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts.items())
        screen.line(f"{counted(len(run_ids), 'unfinished run')}{': ' if words else ''}{words}")
    return _exit(counts)


def _exit(counts: Counter[str]) -> Exit:
    if counts[_STRANDED]:
        return Exit.USAGE
    ends = {status for status in RunStatus if status.ended}
    if any(status in ends and status != RunStatus.SUCCEEDED for status in counts):
        return Exit.FAILED
    return Exit.OK if set(counts) <= ends else Exit.WAITING
