"""Where in its file something stands that a simulation has something to say about."""

from concertato.definition.library import Found, Library
from concertato.definition.load import Document
from concertato.definition.model import WorkflowNode
from concertato.definition.problem import Path
from concertato.definition.walk import places, sites


class Locator:
    """Places of nodes, and of expressions in them. Without a document nothing has a place."""

    def __init__(self, document: Document | None) -> None:
        self._document = document
        self._nodes: dict[str, Path] = {}
        self._expressions: dict[tuple[str, str], Path] = {}
        if document is not None:
            self._walk(document)

    def _walk(self, document: Document) -> None:
        pending = [(Found(document.definition, (), Library.of(document.definition)), "")]
        while pending:
            found, prefix = pending.pop()
            for place in places(found.definition, found.path):
                around = prefix + place.prefix
                for index, node in enumerate(place.body.nodes):
                    self._nodes.setdefault(around + node.id, place.of_node(index))
                    inner = found.library.find(node.workflow) if isinstance(node, WorkflowNode) else None
                    if inner is not None:
                        pending.append((inner, f"{around}{node.id}/"))
                for site in sites(place):
                    whose = around + site.node if site.node else around.removesuffix("/")
                    self._expressions.setdefault((whose, site.text), site.path)

    def of_node(self, place: str) -> str | None:
        """`booking.yaml:12:5`, or None where that is not known."""
        return self._told(self._nodes.get(place))

    def of_expression(self, node: str, text: str) -> str | None:
        return self._told(self._expressions.get((node, text)) or self._nodes.get(node))

    def _told(self, path: Path | None) -> str | None:
        if path is None or self._document is None:
            return None
        part, inner = self._document.origin(path)
        at = part.source.places.find(inner)
        return None if at is None else f"{part.source.name}:{at[0]}:{at[1]}"
