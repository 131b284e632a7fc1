"""One run as it stands, as a tree of its nodes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from concertato.cli.display.outcome import MOST_WAITS, more_waits
from concertato.cli.display.words import mark, run_status, style
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.find import find_run
from concertato.cli.screen import Part, Screen, output
from concertato.cli.text import compact_json, moment, one_line, pretty_json, shorten, spent, to_json
from concertato.engine.contract import NodeView, RunView
from concertato.errors import FailureKind

_OUTPUT_CELLS = 60


def show_run(doors: Doors, journal: Path, named: str, *, as_json: bool) -> Exit:
    screen = output(doors.settings.colour)
    with doors.reader(journal) as reader:
        view = reader.get(find_run(reader, named).run_id)
    if as_json:
        screen.stream.write(to_json(view) + "\n")
        return Exit.OK
    _tell_head(view, screen, doors.clock.now())
    rows = list(_rows(view.nodes, "", screen, doors.clock.now()))
    screen.table(("NODE", "TYPE", "STATUS", "TOOK", "TRIES", "OUTPUT"), rows, shrink=(5, 1))
    _tell_end(view, screen)
    return Exit.OK


def _tell_head(view: RunView, screen: Screen, now: float) -> None:
    run = view.run
    took = spent((now if run.ended_at is None else run.ended_at) - run.started_at)
    screen.line((one_line(run.workflow), "bold"), (f"  run {run.run_id}", "dim"))
    status = run_status(run)
    words = (status.replace("_", " "), style(status))
    screen.line(mark(status, unicode=screen.unicode), " ", words, f"  {moment(run.started_at)}  {took}")
    if run.continues:
        screen.line(f"{run.relation} of run {run.continues}")
    if run.key:
        screen.line(f"key {one_line(run.key)}")
    for name, value in view.inputs.items():
        screen.line((f"input {one_line(name)} ", "dim"), shorten(compact_json(bytes(value)), _OUTPUT_CELLS))
    screen.line("")


def _rows(nodes: Sequence[NodeView], indent: str, screen: Screen, now: float) -> Iterator[list[Part]]:
    """A row per node, children below it one step to the right, named by the last step of their path."""
    for node in nodes:
        took = ""
        if node.started_at is not None:
            took = spent((now if node.ended_at is None else node.ended_at) - node.started_at)
        sign, _ = mark(node.status, unicode=screen.unicode)
        yield [
            f"{indent}{sign} {one_line(node.path.rpartition('/')[2])}",
            one_line(node.type),
            (node.status.replace("_", " "), style(node.status)),
            took,
            str(node.attempts) if node.attempts > 1 else "",
            _result(node),
        ]
        yield from _rows(node.children, indent + "  ", screen, now)


def _result(node: NodeView) -> str:
    if node.failure is not None:
        return f"{node.failure.kind}: {one_line(node.failure.message)}"
    if node.output is not None:
        return shorten(compact_json(bytes(node.output)), _OUTPUT_CELLS)
    return ""


def _tell_end(view: RunView, screen: Screen) -> None:
    screen.line("")
    if view.failure is not None and view.failure.kind == FailureKind.CANCELLED and not view.failed_path:
        screen.line(one_line(view.failure.message))
    elif view.failure is not None:
        at = f" at {one_line(view.failed_path)}" if view.failed_path else ""
        screen.line(("failed", "bold red"), f"{at} ({view.failure.kind}): {one_line(view.failure.message)}")
    for path in view.undone_left:
        screen.line(("could not be undone: ", "bold red"), one_line(path))
    for waited in view.waits[:MOST_WAITS]:
        screen.line(f"waits for {one_line(waited)}")
    if view.waits[MOST_WAITS:]:
        screen.line(more_waits(view, unicode=screen.unicode))
    if view.outputs is not None:
        screen.line("outputs ", pretty_json(bytes(view.outputs)))
