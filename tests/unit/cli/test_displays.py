"""What a person or a program sees of a run, from changes that are told."""

import asyncio
import io
import json
import re

import msgspec
import pytest

from concertato.cli.batch.progress import Bar
from concertato.cli.batch.tally import Tally
from concertato.cli.display.jsonl import JsonDisplay, outcome
from concertato.cli.display.lines import LinesDisplay
from concertato.cli.display.live import LiveDisplay
from concertato.cli.display.outcome import failure_text, waits_for_people_alone, ways_on
from concertato.cli.display.quiet import QuietDisplay
from concertato.cli.screen import Screen
from concertato.engine.contract import NodeChange, RunView
from concertato.errors import FailureKind
from concertato.journal.contract import RunRow
from concertato.run.events import Failure
from support.clock import FakeClock

RUN = "01J00000000000000000000ABC"


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def change(path: str, status: str, at: float, *, attempt: int = 1, message: str | None = None) -> NodeChange:
    return NodeChange(RUN, path, "agent", status, at, attempt, message)


def view(status: str, *, ended_at: float | None = 12.5, waits: tuple[str, ...] = (), **fields: object) -> RunView:
    row = RunRow(number=1, run_id=RUN, workflow="order", plan="p", status=status, started_at=10.0, ended_at=ended_at)
    return RunView(run=row, inputs={}, nodes=(), waits=waits, **fields)  # type: ignore[arg-type]


def plain_screen() -> tuple[Screen, io.StringIO]:
    stream = io.StringIO()
    return Screen(stream, colour=False), stream


def test_a_line_is_written_for_each_node_with_its_status_and_time() -> None:
    screen, stream = plain_screen()
    display = LinesDisplay(screen)
    display.opened(RUN, "order")
    display.changed(change("n1", "running", 10.0))
    display.changed(change("n1", "succeeded", 10.25))
    display.changed(change("n2", "skipped", 10.25))
    lines = stream.getvalue().splitlines()
    assert lines[0] == f"order  run {RUN}"
    assert re.fullmatch(r"  . n1 +succeeded  250 ms", lines[1])
    assert re.fullmatch(r"  . n2 +skipped", lines[2])
    assert len(lines) == 3


def test_the_time_of_a_node_counts_from_its_first_attempt() -> None:
    screen, stream = plain_screen()
    display = LinesDisplay(screen)
    display.changed(change("n1", "running", 10.0))
    display.changed(change("n1", "retrying", 11.0, message="unavailable: no route"))
    display.changed(change("n1", "running", 12.0, attempt=2))
    display.changed(change("n1", "succeeded", 13.0, attempt=2))
    lines = stream.getvalue().splitlines()
    assert lines[0].endswith("attempt 1 failed, trying again  unavailable: no route")
    assert lines[1].endswith("succeeded  3.00 s")


def test_what_an_agent_says_cannot_move_the_cursor_or_break_the_line() -> None:
    screen, stream = plain_screen()
    LinesDisplay(screen).changed(change("n1", "failed", 10.0, message="\x1b[2J\nall is well"))
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()


def test_the_outputs_are_written_at_the_end() -> None:
    screen, stream = plain_screen()
    LinesDisplay(screen).ended(view("succeeded", outputs=msgspec.Raw(b'{"total":3}')))
    assert f"succeeded in 2.50 s  run {RUN}" in stream.getvalue()
    assert json.loads(stream.getvalue().partition("\n")[2]) == {"total": 3}


def test_a_screen_that_knows_only_ascii_gets_marks_in_ascii() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    LinesDisplay(Screen(stream, colour=False)).changed(change("n1", "succeeded", 10.0))
    stream.seek(0)
    assert stream.read().startswith("  + n1")


def test_json_lines_carry_every_change_and_then_the_result() -> None:
    stream = io.StringIO()
    display = JsonDisplay(stream)
    display.opened(RUN, "order")
    display.changed(change("n1", "running", 10.0))
    failure = Failure(FailureKind.REJECTED, "no such account")
    display.ended(view("failed", failure=failure, failed_path="n1"))
    started, node, ended = map(json.loads, stream.getvalue().splitlines())
    assert started == {"event": "started", "run_id": RUN, "workflow": "order"}
    assert {node["run_id"], ended["run_id"]} == {RUN}
    assert (node["event"], node["path"], node["status"], node["at"]) == ("node", "n1", "running", 10.0)
    assert (ended["event"], ended["status"], ended["outputs"]) == ("ended", "failed", None)
    assert ended["error"] == {"kind": "rejected", "message": "no such account", "path": "n1"}


def test_a_run_that_only_waits_is_no_end_for_a_machine() -> None:
    stream = io.StringIO()
    JsonDisplay(stream).ended(view("running", ended_at=None, waits=("signal 'go' at ask",)))
    line = json.loads(stream.getvalue())
    assert (line["event"], line["waits"]) == ("waiting", ["signal 'go' at ask"])


def test_quiet_prints_the_outputs_alone() -> None:
    screen, stream = plain_screen()
    display = QuietDisplay(screen)
    display.opened(RUN, "order")
    display.changed(change("n1", "failed", 10.0))
    display.ended(view("succeeded", outputs=msgspec.Raw(b"{}")))
    assert stream.getvalue() == "{}\n"


def test_how_a_run_failed_fits_one_line() -> None:
    failure = Failure(FailureKind.REJECTED, "no such\naccount")
    assert (
        failure_text(view("rolled_back", failure=failure, failed_path="payment"))
        == f"run {RUN} was rolled back at payment (rejected): no such account"
    )


def test_the_way_on_is_the_signal_that_is_waited_for_or_being_resumed() -> None:
    waits = ("signal 'approval' at ask", "the time set by nap")
    assert ways_on(view("running", ended_at=None, waits=waits)) == [f"signal {RUN} approval"]
    assert ways_on(view("paused", ended_at=None, waits=waits)) == [f"resume {RUN}"]
    assert ways_on(view("running", ended_at=None, waits=waits[1:])) == [f"resume {RUN}"]


def test_the_way_on_for_what_waits_for_a_person_is_the_decision() -> None:
    asked = "a decision on task 'checks[0]/approve' by role:risk_officer, user:ann"
    waiting = view("running", ended_at=None, waits=(asked, "signal 'go' at ask", "the time set by nap"))
    assert ways_on(waiting) == [f"decide {RUN}/checks[0]/approve", f"signal {RUN} go"]
    assert outcome(waiting)["tasks"] == [f"{RUN}/checks[0]/approve"]
    assert "tasks" not in outcome(view("running", ended_at=None, waits=("signal 'go' at ask",)))


def test_a_run_waits_for_people_alone_where_nothing_comes_by_itself() -> None:
    asked = "a decision on task 'approve' by role:risk_officer"
    assert waits_for_people_alone(view("running", ended_at=None, waits=(asked, "signal 'go' at ask")))
    assert not waits_for_people_alone(view("running", ended_at=None, waits=(asked, "the next attempt of n1")))
    assert not waits_for_people_alone(view("running", ended_at=None, waits=("signal 'go' at ask",)))


def test_a_node_whose_ladder_is_walked_is_told_and_its_time_goes_on() -> None:
    screen, stream = plain_screen()
    display = LinesDisplay(screen)
    display.changed(change("n1", "running", 10.0))
    display.changed(change("n1", "recovering", 11.0, message="rejected: no such account"))
    display.changed(change("n1", "succeeded", 13.0))
    lines = stream.getvalue().splitlines()
    assert re.fullmatch(r"  . n1 +recovering  rejected: no such account", lines[0])
    assert lines[1].endswith("succeeded  3.00 s")


async def test_the_live_picture_leaves_lines_behind_and_the_cursor_visible() -> None:
    stream = Terminal()
    display = LiveDisplay(Screen(stream, colour=True), now=lambda: 11.0)
    display.opened(RUN, "order")
    display.changed(change("n1", "running", 10.0))
    display.changed(change("n2", "running", 10.0))
    display.changed(change("n1", "succeeded", 10.5))
    display.ended(view("succeeded", outputs=msgspec.Raw(b'{"total":3}')))
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert re.search(r"✓ n1 +succeeded  500 ms", text)
    assert '"total": 3' in text
    assert stream.getvalue().rfind("\x1b[?25h") > stream.getvalue().rfind("\x1b[?25l")


@pytest.mark.parametrize("width", [40, 60])
async def test_the_live_picture_leaves_room_for_what_a_terminal_echoes_at_an_interrupt(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    stream = Terminal()
    display = LiveDisplay(Screen(stream, colour=True), now=lambda: 11.0)
    display.opened(RUN, "a workflow whose name alone is wider than the terminal on which it is shown")
    await asyncio.sleep(0)
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue()).splitlines()[-1]
    assert drawn.startswith("a workflow whose name")
    assert len(drawn) + len("^C") < width
    display.closed()


def test_the_bar_of_a_batch_leaves_that_room_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    bar = Bar(Screen(stream, colour=True), Tally(began=0.0, total=2), FakeClock(11.0))
    bar.open()
    bar.draw()
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue()).rpartition("\r")[2].splitlines()[-1]
    assert "0/2" in drawn
    assert len(drawn) + len("^C") < 40
    bar.close()


def test_of_thousands_of_waits_the_first_are_told_and_where_the_others_are_listed() -> None:
    screen, stream = plain_screen()
    waits = tuple(f"a decision on task 'each[{number}]/look' by role:clerk" for number in range(2000))
    LinesDisplay(screen).ended(view("running", ended_at=None, waits=waits))
    lines = stream.getvalue().splitlines()
    assert len([line for line in lines if line.startswith("  waits for ")]) == 10
    assert f" and 1990 more: concertato tasks --run {RUN} --limit 2000" in lines[-1]
