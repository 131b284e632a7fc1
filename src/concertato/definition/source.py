"""Where a definition comes from: its name in messages, its text, and the places of its values in that text."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from concertato.definition.codes import Code
from concertato.definition.json_text import read_json
from concertato.definition.plain import TooLargeError, plain
from concertato.definition.problem import DefinitionError, Path, Problem
from concertato.definition.reading import Json, Places, Reading, UnreadableError
from concertato.definition.yaml_text import read_yaml

Language = Literal["yaml", "json"]


@dataclass(frozen=True)
class Source:
    """One origin. `text` is None where the definition came from Python."""

    name: str
    text: str | None = None
    language: Language = "yaml"

    @cached_property
    def places(self) -> Places:
        """Found by a second reading, which only happens when there is a mistake to point at."""
        reading = Reading(places=Places())
        if self.text is not None:
            read(self.text, self.language, reading)
        assert reading.places is not None
        return reading.places

    @cached_property
    def _lines(self) -> list[str]:
        return (self.text or "").split("\n")

    def problem(
        self, code: Code, message: str, path: Path, *, key: bool = False, text: str = "", offset: int = 0
    ) -> Problem:
        """A mistake at the value (or key) with this path; or `offset` characters into `text`, if that is its text."""
        place = self.places.find(path, key=key)
        if place is None:
            return Problem(code, message, path, self.name)
        line, column = place
        if text:
            # Only where the text stands as it is, on one line: an escape or a fold would shift what follows it.
            start = self._lines[line - 1].find(text, column - 1)
            column = start + offset + 1 if start in (column - 1, column) else column
        return Problem(code, message, path, self.name, line, column)

    def tree(self) -> Json:
        """The plain value that the text holds. Raises DefinitionError."""
        return _sound(*self.read())

    def read(self) -> tuple[Json, list[Problem]]:
        """The plain value that the text holds, and which values in it are lost since no document can hold them.

        Raises DefinitionError when the text cannot be read.
        """
        assert self.text is not None
        reading = Reading()
        try:
            tree = read(self.text, self.language, reading)
        except UnreadableError as error:
            reading.mistakes.append(error)
            tree = None
        if reading.mistakes:
            raise DefinitionError([self._unreadable(mistake) for mistake in reading.mistakes])
        return self.copied(tree)

    def checked(self, tree: object) -> Json:
        """`tree` as plain values. Raises DefinitionError when it holds what a document cannot."""
        return _sound(*self.copied(tree))

    def copied(self, tree: object) -> tuple[Json, list[Problem]]:
        """`tree` as plain values, and which of them are lost. Raises DefinitionError when it is too large."""
        problems: list[Problem] = []
        try:
            copy = plain(tree, lambda code, message, path: problems.append(self.problem(code, message, path)))
        except TooLargeError as error:
            # No place is looked for in what is too large to be walked.
            problems.append(Problem(Code.TOO_LARGE, f"the definition {error}", error.path, self.name))
            raise DefinitionError(problems) from None
        return copy, problems

    def _unreadable(self, error: UnreadableError) -> Problem:
        line, column = error.place or (None, None)
        return Problem(error.code, error.message, (), self.name, line, column)


def read(text: str, language: Language, reading: Reading) -> Json:
    return read_json(text, reading) if language == "json" else read_yaml(text, reading)


def _sound(tree: Json, lost: list[Problem]) -> Json:
    if lost:
        raise DefinitionError(lost)
    return tree
