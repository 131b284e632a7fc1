"""`audit verify`: whether the record of what people and agents decided is as it was made."""

from pathlib import Path

from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.screen import output
from concertato.cli.text import counted, one_line, to_json


def verify_record(doors: Doors, journal: Path, head: str | None, *, as_json: bool) -> Exit:
    screen = output(doors.settings.colour)
    with doors.reader(journal) as reader:
        verdict = reader.audit(head)
    exit_ = Exit.FAILED if verdict.problems else Exit.OK
    if as_json:
        screen.stream.write(to_json(verdict) + "\n")
        return exit_
    for problem in verdict.problems:
        where = f"run {problem.run_id}, event {problem.seq}: " if problem.run_id else ""
        screen.line((f"{where}", "bold"), one_line(problem.what))
    sign = ("not as it was recorded", "bold red") if verdict.problems else ("sound", "green")
    purged = f", {verdict.purged} of them of runs that were removed" if verdict.purged else ""
    problems = f": {counted(len(verdict.problems), 'problem')}" if verdict.problems else ""
    screen.line(sign, f"{problems} in {counted(verdict.links, 'record')}{purged}")
    screen.line(f"head {verdict.head}")
    screen.line(("keep it elsewhere: a later verify --head finds what was cut off at the end", "dim"))
    return exit_
