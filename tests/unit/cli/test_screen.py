"""Tables that keep their columns, whatever is in them."""

import io

import pytest
from rich.cells import cell_len

from concertato.cli.screen import Screen


def test_columns_stay_straight_with_wide_characters() -> None:
    stream = io.StringIO()
    Screen(stream, colour=False).table(("NODE", "STATUS"), [("数据校验", "succeeded"), ("n2", "failed")])
    lines = stream.getvalue().splitlines()
    assert [
        cell_len(line[: line.index(word)]) for line, word in zip(lines, ("STATUS", "succ", "failed"), strict=True)
    ] == [10] * 3


def test_no_line_ends_in_blanks() -> None:
    stream = io.StringIO()
    Screen(stream, colour=False).table(("A", "B"), [("x", ""), ("longer", "y")])
    assert all(line == line.rstrip() for line in stream.getvalue().splitlines())


def test_without_a_terminal_nothing_is_shortened() -> None:
    stream = io.StringIO()
    Screen(stream, colour=False).table(("A",), [("x" * 500,)])
    assert "x" * 500 in stream.getvalue()


class Narrow(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_on_a_narrow_terminal_the_named_columns_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream = Narrow()
    Screen(stream, colour=False).table(("ID", "TYPE", "OUTPUT"), [("n1", "t" * 30, "o" * 90)], shrink=(2, 1))
    line = stream.getvalue().splitlines()[1]
    assert cell_len(line) <= 40
    assert line == "n1  " + "t" * 25 + "…  " + "o" * 7 + "…"
