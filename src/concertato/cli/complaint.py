"""How a mistake is told: one line on standard error that says what, where and how to mend it; never a traceback."""

from pathlib import Path

from concertato.cli.screen import Part, Screen
from concertato.cli.text import counted, one_line, safe
from concertato.cli.written import MistakenEdit
from concertato.definition.problem import DefinitionError, Problem
from concertato.errors import ConcertatoError


def complain(error: Exception, screen: Screen) -> None:
    if isinstance(error, DefinitionError):
        tell_problems(error.problems, screen)
        spared = "nothing was changed" if isinstance(error, MistakenEdit) else "nothing ran"
        _error_line(screen, error.code, f"{counted(len(error.problems), 'mistake')}; {spared}")
    elif isinstance(error, ConcertatoError):
        _error_line(screen, error.code, safe(str(error)))
    else:
        _error_line(screen, "CT000", f"a fault in Concertato itself: {type(error).__name__}: {one_line(str(error))}")
        screen.line("to see where, run: concertato --debug …")


def tell_problems(problems: list[Problem], screen: Screen) -> None:
    """Each problem on its own line; on a terminal the line of the file below it, with a caret, as compilers do."""
    files: dict[str, list[str]] = {}
    for problem in problems:
        where, found, rest = safe(str(problem)).partition(f" {problem.code} ")
        screen.line((where, "bold"), (found, "bold red"), rest)
        if screen.is_terminal and problem.line is not None and problem.column is not None:
            if problem.source not in files:
                files[problem.source] = _lines(problem.source)
            _excerpt(files[problem.source], problem.line, problem.column, screen)


def _excerpt(lines: list[str], line: int, column: int, screen: Screen) -> None:
    if not 1 <= line <= len(lines):
        return
    from rich.cells import cell_len

    text = safe(lines[line - 1].expandtabs(1))
    # Very long lines are shown around the place only.
    start = max(column - 60, 0)
    margin = " " * len(str(line))
    bar = "│" if screen.unicode else "|"
    screen.line((f"  {line} {bar} ", "dim"), text[start : start + 100])
    screen.line((f"  {margin} {bar} ", "dim"), " " * cell_len(text[start : column - 1]), ("^", "bold red"))


def _lines(source: str) -> list[str]:
    try:
        return Path(source).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _error_line(screen: Screen, code: str, message: str) -> None:
    parts: list[Part] = [("concertato: ", ""), (f"error {code}", "bold red"), " ", message]
    screen.line(*parts)
