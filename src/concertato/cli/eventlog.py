"""The facts of one run, as lines. Following looks again and again, because the run may be another process's."""

import time
from pathlib import Path

import msgspec

from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.find import find_run
from concertato.cli.screen import Screen, output
from concertato.cli.text import compact_json, one_line, shorten, to_json
from concertato.journal.contract import StoredEvent

_LOOK_AGAIN = 0.25
_DETAIL_CELLS = 100


def print_events(doors: Doors, journal: Path, named: str, *, after: int, follow: bool, as_json: bool) -> Exit:
    screen = output(doors.settings.colour)
    with doors.reader(journal) as reader:
        run_id = find_run(reader, named).run_id
        while True:
            # Looked at before the events are read: once it has ended, what is read then is all.
            ended = find_run(reader, run_id).ended_at is not None
            for stored in reader.events(run_id, after):
                after = stored.seq
                if as_json:
                    screen.stream.write(to_json(stored) + "\n")
                else:
                    _tell(stored, screen)
            screen.stream.flush()
            if ended or not follow:
                return Exit.OK
            time.sleep(_LOOK_AGAIN)


def _tell(stored: StoredEvent, screen: Screen) -> None:
    """`12  16:00:05.123  NodeSucceeded  path=n1 output={…}`"""
    from datetime import UTC, datetime

    fields = msgspec.structs.asdict(stored.event)
    at = datetime.fromtimestamp(fields.pop("at"), UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    details = "  ".join(f"{name}={_value(value)}" for name, value in fields.items() if value not in (None, {}, []))
    name = type(stored.event).__name__
    screen.line((f"{stored.seq:>5}  {at}  ", "dim"), (f"{name:<22}", "bold"), details)


def _value(value: object) -> str:
    if isinstance(value, str):
        return one_line(value)
    return shorten(compact_json(msgspec.json.encode(value)), _DETAIL_CELLS)
