"""What the readers of YAML and JSON share: places in a text, and how they tell what is wrong with it."""

from dataclasses import dataclass, field
from typing import Any

from concertato.definition.codes import Code
from concertato.definition.problem import Path

MAX_DEPTH = 100
"""How deep a definition may nest. People stay below 20; what handles a definition afterwards may recurse."""

Json = Any
"""A plain value: mapping, list, text, number, boolean or None."""

Place = tuple[int, int]
"""Line and column, both from 1."""


class UnreadableError(Exception):
    """Nothing sensible can be said of the rest of the text."""

    def __init__(self, code: Code, message: str, place: Place | None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.place = place


@dataclass(slots=True)
class Places:
    """Where the values of a text, and the keys of its mappings, stand."""

    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)

    def find(self, path: Path, *, key: bool = False) -> Place | None:
        """The place of a value (or of its key), or of the nearest value around it that stands in the text."""
        if key and path in self.keys:
            return self.keys[path]
        for length in range(len(path), -1, -1):
            if path[:length] in self.values:
                return self.values[path[:length]]
        return None


@dataclass(slots=True)
class Reading:
    """One pass over a text: the mistakes that do not stop it, and where everything stands if someone asks for that."""

    mistakes: list[UnreadableError] = field(default_factory=list)
    places: Places | None = None

    def note(self, code: Code, message: str, place: Place) -> None:
        """A mistake after which reading goes on, so that it is reported together with the others."""
        self.mistakes.append(UnreadableError(code, message, place))
