"""One way in for a definition, wherever it comes from: a file, a text, a Python dict, the builder."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from pathlib import PurePath
from typing import Any

from concertato.definition.doubt import NO_DOUBT, Doubt
from concertato.definition.files import from_file, from_text
from concertato.definition.library import Library, workflow_names
from concertato.definition.model import Definition, TaskNode
from concertato.definition.problem import DefinitionError, Path, Problem
from concertato.definition.reading import Json
from concertato.definition.repair import read_mended
from concertato.definition.source import Source
from concertato.definition.wording import shown
from concertato.errors import RequestError


class Built(ABC):
    """A workflow of the builder, which gives its document itself."""

    @abstractmethod
    def document(self) -> "Document": ...


Loadable = Mapping[str, Any] | Definition | str | PurePath | Built

_SUFFIXES = (".yaml", ".yml", ".json")
_FILE_NAME = re.compile(r"\w[\w.-]*")
"""Names that are looked for as files: never a path to somewhere else."""


@dataclass(frozen=True)
class Document:
    """A definition together with where it was written.

    `parts` are the documents of those of the definition's `workflows` that were not written in this one. `mistakes` are
    those of shape; where there are any, `definition` is what could be made of the rest, and `doubt` what that is worth.
    """

    definition: Definition
    source: Source
    raw: Json
    parts: Mapping[str, "Document"] = field(default_factory=dict)
    mistakes: Sequence[Problem] = ()
    doubt: Doubt = NO_DOUBT

    def origin(self, path: Path) -> "tuple[Document, Path]":
        """The document in which the value at `path` stands, and its path there."""
        if len(path) >= 2 and path[0] == "workflows" and path[1] in self.parts:
            return self.parts[str(path[1])], path[2:]
        return self, path


def load(source: "Loadable | Document", *, workflows: Mapping[str, Loadable] | None = None) -> Document:
    """Read a definition. Raises DefinitionError with every mistake of shape, each with its line and column.

    `source` is a path, a text, a dict, a `Definition` or a workflow of the builder. Definitions that its `workflow`
    nodes name are looked for in the definition's own `workflows`, then in `workflows`, then, for a file, in NAME.yaml,
    .yml or .json beside it. Raises RequestError for what is no workflow.
    """
    document = load_mended(source, workflows=workflows)
    if mistakes := [mistake for part in (document, *document.parts.values()) for mistake in part.mistakes]:
        raise DefinitionError(mistakes)
    return document


def load_mended(source: "Loadable | Document", *, workflows: Mapping[str, Loadable] | None = None) -> Document:
    """As `load`, for who looks for other mistakes as well: those of shape are in the document, and passed over.

    Raises DefinitionError only where nothing can be made of the definition.
    """
    if isinstance(source, Document):
        return source
    document, folder = _open(source)
    return _complete(document, workflows or {}, folder)


def loads(text: str, *, name: str = "<text>") -> Document:
    """Read a definition from a text of YAML or JSON."""
    return load(_from_text(text, name))


def document_of(tree: Mapping[str, Any], source: Source) -> Document:
    """The document that a mapping is, its mistakes passed over."""
    return _document(source, *source.copied(tree))


def _document(source: Source, tree: Json, lost: Sequence[Problem]) -> Document:
    mended = read_mended(tree, source, lost)
    return Document(mended.definition, source, tree, mistakes=mended.mistakes, doubt=mended.doubt)


def _open(source: Loadable) -> tuple[Document, FilePath | None]:
    """The document, and the folder in which definitions that it names may stand."""
    if isinstance(source, Definition):
        origin = Source(source.name)
        return Document(source, origin, origin.checked(source.model_dump(by_alias=True, exclude_defaults=True))), None
    if isinstance(source, Built):
        return source.document(), None
    if isinstance(source, Mapping):
        return document_of(source, Source("<dict>")), None
    if isinstance(source, str) and not _is_path(source):
        return _from_text(source, "<text>"), None
    if not isinstance(source, str) and not hasattr(source, "__fspath__"):
        raise RequestError(
            "expected a workflow: a file's path, YAML or JSON text, a dict, what the builder made, or what load() or "
            f"compile() returned; got: {shown(source)}"
        )
    path = FilePath(source)
    origin = from_file(path)
    return _document(origin, *origin.read()), path.parent


def _from_text(text: str, name: str) -> Document:
    source = from_text(text, name)
    return _document(source, *source.read())


def _is_path(text: str) -> bool:
    if not text or not text.isprintable() or len(text) > 4096:
        return False
    return text.endswith(_SUFFIXES) or not any(mark in text for mark in ":{[") or FilePath(text).exists()


def _complete(document: Document, given: Mapping[str, Loadable], folder: FilePath | None) -> Document:
    """The document with every definition that it names and does not carry, as far as they can be found."""
    root = document.definition.workflows
    parts: dict[str, Document] = {}
    missing: set[str] = set()
    pending = [(document.definition, Library.of(document.definition))]
    while pending:
        definition, library = pending.pop()
        pending.extend(found[::2] for name in definition.workflows if (found := library.find(name)))
        for name in workflow_names(definition):
            if name in parts or name in root or name in missing or library.find(name):
                continue
            part = _find(name, given, folder)
            if part is None:
                missing.add(name)
            else:
                parts[name] = part
                pending.append((part.definition, Library.of(part.definition)))
    if not parts:
        return document
    carried = {**root, **{name: part.definition for name, part in parts.items()}}
    return replace(document, definition=document.definition.model_copy(update={"workflows": carried}), parts=parts)


def _find(name: str, given: Mapping[str, Loadable], folder: FilePath | None) -> Document | None:
    """The definition called `name`, None where there is none."""
    source: Loadable | None = given.get(name)
    if source is None and folder is not None and _FILE_NAME.fullmatch(name):
        source = next((path for suffix in _SUFFIXES if (path := folder / (name + suffix)).is_file()), None)
    if source is None:
        return None
    try:
        return _open(source)[0]
    except DefinitionError as error:
        # It is there, and nothing more is known of it.
        unread = Definition(name=name, nodes=[TaskNode(id="unread", type="unread")])
        return Document(unread, Source(name), None, mistakes=error.problems, doubt=Doubt([()]))
