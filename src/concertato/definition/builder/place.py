"""Where in the user's own code something was written, so that a mistake is reported there and not in the builder."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from types import FrameType
from typing import Never

from concertato.definition.codes import Code
from concertato.definition.problem import DefinitionError, Path, Problem
from concertato.definition.source import Source


@dataclass(frozen=True, slots=True)
class Place:
    """A call in the user's code. `column` counts from 1, as `line` does."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, kw_only=True)
class PythonSource(Source):
    """The user's Python as the source of a definition.

    `place_of` tells which call wrote what stands at a path; what none of them wrote, the one at `whole` did.
    """

    place_of: Callable[[Path], Place | None]
    whole: Place

    def problem(
        self, code: Code, message: str, path: Path, *, key: bool = False, text: str = "", offset: int = 0
    ) -> Problem:
        place = self.place_of(path) or self.whole
        return Problem(code, message, path, place.file, place.line, place.column)


def here() -> Place:
    """The call that led into Concertato."""
    frame = inspect.currentframe()
    while frame is not None and _is_ours(frame) and frame.f_back is not None:
        frame = frame.f_back
    assert frame is not None
    # One entry of `co_positions` for each two bytes of bytecode; only the one being executed is wanted.
    position = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), None)
    column = position[2] if position else None
    return Place(frame.f_code.co_filename, frame.f_lineno, (column or 0) + 1)


def _is_ours(frame: FrameType) -> bool:
    module = str(frame.f_globals.get("__name__", ""))
    # `contextlib` stands between a `with` block of the user and its manager here.
    return module in {"contextlib", "concertato"} or module.startswith("concertato.")


def mistake(code: Code, message: str, place: Place | None = None) -> Never:
    """Raise what is wrong, at `place` or at the user's line that is being executed."""
    place = place or here()
    raise DefinitionError([Problem(code, message, (), place.file, place.line, place.column)])
