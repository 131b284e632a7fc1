"""An edit as somebody wrote it: the file keeps the place of everything in it, so that a mistake is told there."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from concertato.definition.files import from_file
from concertato.definition.patch import Patch, load_patch, steps_in
from concertato.definition.problem import DefinitionError, Problem
from concertato.definition.problem import Path as Place
from concertato.definition.reading import Json
from concertato.definition.source import Source

_NODE = re.compile(r"node '([^']+)'")
_EDGE = re.compile(r"edge '([^']+)' → '([^']+)'")
_FIELDS = {field.alias or name for name, field in Patch.model_fields.items()}
_RESULT = "the edited workflow"


class MistakenEdit(DefinitionError):
    """The mistakes of an edit: nothing was changed because of them."""


@dataclass(frozen=True)
class WrittenEdit:
    """`source` has no text where the edit was not written: the opposite of another one."""

    patch: Mapping[str, Any]
    source: Source

    @contextmanager
    def placing(self) -> Iterator[None]:
        """Whatever the edit is refused for inside is raised with its place in the file."""
        try:
            yield
        except DefinitionError as error:
            raise MistakenEdit([self.placed(problem) for problem in error.problems]) from None

    def placed(self, problem: Problem) -> Problem:
        """The problem where it stands in the file; where it is of something that does not, it is of the result."""
        path: Place | None = problem.path
        if problem.source != "<edit>" or (problem.path and problem.path[0] not in _FIELDS):
            path = self._of_result(problem)
        if path is None or self.source.text is None:
            name = problem.source.strip("<>") if problem.source.startswith("<") else ""
            where = f"{name} in {_RESULT}" if name not in ("", "edit") else _RESULT
            return replace(problem, source=where, path=())
        place = self.source.places.find(path)
        line, column = place or (None, None)
        return replace(problem, source=self.source.name, path=path, line=line, column=column)

    def _of_result(self, problem: Problem) -> Place | None:
        """Where in the patch the node or edge stands that a problem of the resulting plan is about."""
        rest = problem.path
        while len(rest) >= 2 and rest[0] == "nodes":
            rest = rest[2:]
        edge = _EDGE.match(problem.message)
        if edge is not None and rest[:1] == ("edges",):
            ends = edge.groups()
            found = [path for path, each in _mappings(self.patch) if (each.get("from"), each.get("to")) == ends]
            return (*found[0], *rest[2:]) if len(found) == 1 else None
        node = _NODE.search(problem.message)
        path = None if node is None else self._of_node(node[1].split("/"))
        return None if path is None else (*path, *rest)

    def _of_node(self, ids: list[str]) -> Place | None:
        around = [step.id for step in steps_in(self.patch.get("in"))]
        if ids[: len(around)] != around:
            return None
        for part in ("add", "replace"):
            path: Place | None = (part,)
            holder = self.patch.get(part)
            for name in ids[len(around) :]:
                nodes = holder.get("nodes") if isinstance(holder, Mapping) else None
                index = next((index for index, node in enumerate(nodes or ()) if node.get("id") == name), None)
                if nodes is None or index is None or path is None:
                    path = None
                    break
                path, holder = (*path, "nodes", index), nodes[index]
            if path is not None and len(path) > 1:
                return path
        return None


def edit_in(file: Path) -> WrittenEdit:
    """The edit in a YAML or JSON file. Raises `MistakenEdit` with every mistake of shape."""
    try:
        source = from_file(file)
        return WrittenEdit(load_patch(source), source)
    except DefinitionError as error:
        raise MistakenEdit(error.problems) from None


def _mappings(value: Json, path: Place = ()) -> Iterator[tuple[Place, Mapping[str, Json]]]:
    if isinstance(value, Mapping):
        yield path, value
        for key, inner in value.items():
            yield from _mappings(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _mappings(inner, (*path, index))
