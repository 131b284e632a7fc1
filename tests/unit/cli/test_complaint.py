"""How mistakes are told."""

import io
import re
from pathlib import Path

from concertato.cli.complaint import complain
from concertato.cli.screen import Screen
from concertato.definition.problem import DefinitionError, Problem
from concertato.errors import UnknownRun


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def told(error: Exception, stream: io.StringIO | None = None) -> str:
    stream = stream or io.StringIO()
    complain(error, Screen(stream))
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())


def test_an_error_is_one_line_with_its_code() -> None:
    assert told(UnknownRun("no run is called 'x'")) == "concertato: error CT301 no run is called 'x'\n"


def test_every_problem_of_a_definition_has_its_own_line() -> None:
    problems = [Problem("CT104", f"problem {line}", ("nodes", 0), "order.yaml", line, 5) for line in (3, 9)]
    assert told(DefinitionError(problems)).splitlines() == [
        "order.yaml:3:5 CT104 problem 3",
        "order.yaml:9:5 CT104 problem 9",
        "concertato: error CT100 2 mistakes; nothing ran",
    ]


def test_on_a_terminal_the_place_is_pointed_at(tmp_path: Path) -> None:
    file = tmp_path / "order.yaml"
    file.write_text("name: x\nnodes: [数, n9]\n", encoding="utf-8")
    lines = told(DefinitionError([Problem("CT104", "no n9", (), str(file), 2, 12)]), Terminal()).splitlines()
    assert lines[1] == "  2 │ nodes: [数, n9]"
    # The wide character takes two cells, so the caret stands one cell further than the column says.
    assert lines[2] == "    │ " + " " * 12 + "^"


def test_a_fault_of_ours_is_told_as_ours_without_a_traceback() -> None:
    text = told(ZeroDivisionError("division by zero"))
    assert text.startswith("concertato: error CT000 a fault in Concertato itself: ZeroDivisionError: division by zero")
    assert "Traceback" not in text


def test_a_message_cannot_carry_terminal_escapes() -> None:
    assert "\x1b" not in told(UnknownRun("\x1b[2J"))
