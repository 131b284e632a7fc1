"""One way in for a definition, wherever it comes from: a file, a text, a Python dict, the builder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from pathlib import PurePath
from typing import Any

from concertato.definition.dump import to_document
from concertato.definition.files import from_file, from_text
from concertato.definition.model import Definition
from concertato.definition.problem import Path
from concertato.definition.reading import Json
from concertato.definition.shape import read_definition
from concertato.definition.source import Source

Loadable = Mapping[str, Any] | Definition | str | PurePath

_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class Document:
    """A definition together with where it was written.

    `parts` holds the origin of each of the definition's `workflows` that was not written in this document.
    """

    definition: Definition
    source: Source
    raw: Json
    parts: Mapping[str, "Document"] = field(default_factory=dict)

    def origin(self, path: Path) -> tuple[Source, Path]:
        """The text in which the value at `path` stands, and its path there."""
        if len(path) >= 2 and path[0] == "workflows" and path[1] in self.parts:
            return self.parts[str(path[1])].source, path[2:]
        return self.source, path


def load(source: Loadable | Document, *, workflows: Mapping[str, Loadable] | None = None) -> Document:
    """Read a definition. Raises DefinitionError with every mistake of shape, each with its line and column.

    `source` is a path, a text, a dict or a `Definition`. Definitions that its `workflow` nodes name are looked for in
    the definition's own `workflows`, then in `workflows`, then, for a file, in NAME.yaml, .yml or .json beside it.
    """
    if isinstance(source, Document):
        return source
    document, _ = _open(source)
    return document


def loads(text: str, *, name: str = "<text>") -> Document:
    """Read a definition from a text of YAML or JSON."""
    return _from_source(from_text(text, name))


def _open(source: Loadable) -> tuple[Document, FilePath | None]:
    """The document, and the folder in which definitions that it names may stand."""
    if isinstance(source, Definition):
        return Document(source, Source(source.name), to_document(source)), None
    if isinstance(source, Mapping):
        origin = Source("<dict>")
        tree = origin.checked(source)
        return Document(read_definition(tree, origin), origin, tree), None
    if isinstance(source, str) and not _is_path(source):
        return loads(source), None
    path = FilePath(source)
    return _from_source(from_file(path)), path.parent


def _is_path(text: str) -> bool:
    if not text or not text.isprintable() or len(text) > 4096:
        return False
    return text.endswith(_SUFFIXES) or not any(mark in text for mark in ":{[") or FilePath(text).exists()


def _from_source(source: Source) -> Document:
    tree = source.tree()
    return Document(read_definition(tree, source), source, tree)
