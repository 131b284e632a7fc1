"""`outbox`: the news for the world outside that is not delivered yet."""

from pathlib import Path

import msgspec

from concertato.agents.registry import Registry
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.screen import Part, complaints, output
from concertato.cli.text import counted, one_line, roughly, to_json
from concertato.errors import RequestError
from concertato.journal.contract import Notice

_HEAD = ("HOOK", "KIND", "CREATED", "FAILED", "NEXT", "LAST ERROR")


def list_notices(doors: Doors, journal: Path, limit: int, *, as_json: bool) -> Exit:
    screen = output(doors.settings.colour)
    with doors.reader(journal) as reader:
        notices = reader.notices(limit=limit)
    if as_json:
        for notice in notices:
            fields = {**msgspec.structs.asdict(notice), "body": msgspec.Raw(notice.body)}
            screen.stream.write(to_json(fields) + "\n")
    elif notices:
        now = doors.clock.now()
        screen.table(_HEAD, [_cells(notice, now) for notice in notices], shrink=(5,))
        if len(notices) == limit:
            screen.line((f"the oldest {limit}; more with --limit", "dim"))
    else:
        screen.line("nothing is left to be delivered")
    return Exit.OK


def send_notices(doors: Doors, journal: Path) -> None:
    if doors.settings.webhook is None and not doors.settings.hook_command:
        raise RequestError(
            "nothing says where news is to go: set CONCERTATO_WEBHOOK to a URL, or CONCERTATO_HOOK_COMMAND to a program"
        )
    with doors.reader(journal):  # says so where there is no journal, instead of making one
        pass
    left = doors.run(_send(doors, journal))
    if left:
        complaints(doors.settings.colour).line(f"concertato: {counted(left, 'notice')} could not be delivered yet")


async def _send(doors: Doors, journal: Path) -> int:
    # Without agents the engine calls nobody: unfinished runs stay as they are.
    async with doors.engine(journal, Registry()) as engine:
        return await engine.deliver()


def _cells(notice: Notice, now: float) -> list[Part]:
    left = notice.next_at - now
    return [
        one_line(notice.hook),
        one_line(notice.kind),
        f"{roughly(now - notice.created_at)} ago",
        f"{notice.attempts} times" if notice.attempts != 1 else "once",
        f"in {roughly(left)}" if left > 0 else "now",
        one_line(notice.error or ""),
    ]
