"""A decision path as a timeline for the terminal: what happened to one node after another, as it happened."""

from collections.abc import Sequence
from typing import Any

import msgspec

from concertato.cli.decisions.words import identity, told
from concertato.cli.display.words import mark, run_status, style
from concertato.cli.screen import Screen
from concertato.cli.text import compact_json, moment, one_line, shorten
from concertato.engine.contract import DecisionStep, RunView
from concertato.run.events import Identity

_CELLS = 100
"""Of a value that stands below a step; whole they are in JSON and Markdown."""


def tell_timeline(view: RunView, by: Identity | None, steps: Sequence[DecisionStep], screen: Screen) -> None:
    status = run_status(view.run)
    screen.line((one_line(view.run.workflow), "bold"), (f"  run {view.run.run_id}", "dim"))
    words = (status.replace("_", " "), style(status))
    screen.line(mark(status, unicode=screen.unicode), " ", words, f"  {moment(view.run.started_at)}")
    if by is not None:
        screen.line(f"started by {one_line(identity(msgspec.to_builtins(by)))}")
    screen.line("")
    if not steps:
        screen.line("nothing had to be decided")
    tell_steps(steps, screen)


def tell_steps(steps: Sequence[DecisionStep], screen: Screen) -> None:
    path: str | None = None
    for step in steps:
        if step.path != path:
            path = step.path
            screen.line(_indent(path), (one_line(path) or "the run", "bold"))
        _tell(step, screen)


def _tell(step: DecisionStep, screen: Screen) -> None:
    words = told(step, moment)
    indent = _indent(step.path) + "  "
    sign = mark(words.look, unicode=screen.unicode)
    screen.line(indent, (f"{moment(step.at)}  ", "dim"), sign, " ", one_line(words.sentence))
    for name, value in words.more:
        screen.line(indent, (f"{'':21}  {name} ", "dim"), _short(value))


def _indent(path: str) -> str:
    """What stands in a scope stands to the right of what holds it."""
    return "  " * path.count("/")


def _short(value: Any) -> str:
    """Values are shortened. Sentences are not: how a mistake is mended stands at its end."""
    return (
        one_line(value)
        if isinstance(value, str)
        else shorten(one_line(compact_json(msgspec.json.encode(value))), _CELLS)
    )
