"""A mistake in a definition, as a person reads it: where, which, what was expected, how to mend it."""

from dataclasses import dataclass

from concertato.errors import ConcertatoError

Path = tuple[str | int, ...]
"""Where in the document a value stands: `("nodes", 2, "inputs", 0)`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `line` and `column` count from 1 and are None where the definition came from Python."""

    code: str
    message: str
    path: Path
    source: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        if self.line is None:
            return " ".join(filter(None, (f"{self.source}:", ".".join(map(str, self.path)), self.code, self.message)))
        return f"{self.source}:{self.line}:{self.column} {self.code} {self.message}"


class DefinitionError(ConcertatoError):
    """The definition has mistakes; `problems` holds every one of them, in document order."""

    code = "CT100"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
