"""The events of PyYAML's parser (libyaml where it is present), and its complaints in words that help."""

from collections.abc import Iterator
from typing import Any

import yaml

from concertato.definition.codes import Code
from concertato.definition.reading import Place, UnreadableError

YamlEvent = Any
"""An event of PyYAML. Its stubs say too little of what events hold to be of use."""

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def place_of(event: YamlEvent) -> Place:
    """Where the event's text begins."""
    return event.start_mark.line + 1, event.start_mark.column + 1


def yaml_events(text: str) -> Iterator[YamlEvent]:
    """What the text says, piece by piece. Raises `UnreadableError`."""
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        lines = text.split("\n")
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if place[0] > len(lines):
            # Where the text ends too early, libyaml points to a line that is not there.
            place = (len(lines), len(lines[-1]) + 1)
        raise UnreadableError(Code.SYNTAX, _explained(error, lines[place[0] - 1], place), place) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        character: Any = error.character
        number = character if isinstance(character, int) else ord(character)
        message = f"the character U+{number:04X} cannot stand in YAML; remove it"
        raise UnreadableError(Code.SYNTAX, message, place) from None


def _explained(error: yaml.MarkedYAMLError, line: str, place: Place) -> str:
    """The parser's complaint, and for the commonest mistakes what to do about it."""
    problem = error.problem or "it cannot be understood"
    if "cannot start any token" in problem and line.startswith("\t", place[1] - 1):
        return "a tab cannot indent YAML; use spaces"
    if problem.startswith("mapping values are not allowed"):
        return "': ' cannot stand inside an unquoted value; put the whole value in quotes"
    return f"the text is not YAML: {problem}" + (f" {error.context}" if error.context else "")
