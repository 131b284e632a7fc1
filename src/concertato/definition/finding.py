"""The mistakes found so far, each at its place in the text that it stands in."""

from concertato.definition.codes import Code
from concertato.definition.load import Document
from concertato.definition.problem import Path, Problem
from concertato.definition.reading import Json


class Findings:
    """Collects mistakes by their path in the definition; `workflows` from other files point into those files.

    The documents' mistakes of shape are among them, and what would be a guess because of those is not.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._found = [
            (mistake, _rank(part.raw, mistake.path))
            for part in (document, *document.parts.values())
            for mistake in part.mistakes
        ]

    def add(self, code: Code, message: str, path: Path, *, key: bool = False, text: str = "", offset: int = 0) -> None:
        """A mistake at `path`; or `offset` characters into `text`, where the value there is that text."""
        document, inner = self._document.origin(path)
        if document.doubt.hides(code, inner):
            return
        problem = document.source.problem(code, message, inner, key=key, text=text, offset=offset)
        self._found.append((problem, _rank(document.raw, inner)))

    def is_doubtful(self, path: Path) -> bool:
        """Whether something at `path`, or in it, could not be read."""
        document, inner = self._document.origin(path)
        return document.doubt.about(inner)

    def in_order(self) -> list[Problem]:
        """File by file, from top to bottom."""
        own = self._document.source.name
        sources = list(dict.fromkeys([own, *(problem.source for problem, _ in self._found)]))
        self._found.sort(key=lambda found: (sources.index(found[0].source), found[1], found[0].column or 0))
        return [problem for problem, _ in self._found]


def _rank(tree: Json, path: Path) -> tuple[int, ...]:
    """Where in its document a path comes, one number per step: definitions from Python have an order, but no lines."""
    ranks: list[int] = []
    for step in path:
        if isinstance(tree, dict) and step in tree:
            ranks.append(list(tree).index(step))
        elif isinstance(tree, list) and isinstance(step, int) and step < len(tree):
            ranks.append(step)
        else:
            break
        tree = tree[step]
    return tuple(ranks)
