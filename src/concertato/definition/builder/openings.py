"""Nodes that a `with` block fills in: `wf.map`, `wf.loop` and `wf.switch`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from concertato.definition.builder.body import Body
from concertato.definition.builder.condition import Block
from concertato.definition.builder.expr import Expr, condition, text_of
from concertato.definition.builder.handle import Handle, Opening
from concertato.definition.builder.place import mistake
from concertato.definition.codes import Code


@dataclass(slots=True)
class Cursor:
    """The body that is being written at the moment."""

    body: Body


class Filled(Opening):
    """A node with a body: what is written inside its `with` block belongs to the body."""

    def __init__(self, cursor: Cursor, handle: Handle) -> None:
        super().__init__(handle)
        assert self._draft.inner is not None
        self._cursor = cursor
        self._inner = self._draft.inner

    def __enter__(self) -> Self:
        self._cursor.body = self._inner
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._cursor.body = self._spot.body
        self._note()

    def _note(self) -> None:
        """What the body reads from outside itself, its node reads."""
        outer = self._spot.body
        seen = {(body, name) for body, name in self._inner.reads if body is not self._inner}
        outer.reads |= seen
        self._draft.reads |= {name for body, name in seen if body is outer and name in outer.drafts}

    def outputs(self, **values: object) -> None:
        """What one pass through the body gives; without, the outputs of its last nodes by id."""
        self._inner.give(values)


class Map(Filled):
    """The body runs once for each item; the output is the list of what it gave."""

    def __init__(self, cursor: Cursor, handle: Handle, item: str) -> None:
        super().__init__(cursor, handle)
        self.item: Any = Expr(item, uses=[(self._inner, item)])
        self.index: Any = Expr("index", uses=[(self._inner, "index")])


class Loop(Filled):
    """The body runs again and again; the output is what its last pass gave."""

    def __init__(self, cursor: Cursor, handle: Handle) -> None:
        super().__init__(cursor, handle)
        self.iteration: Any = Expr("iteration", uses=[(self._inner, "iteration")])
        self.last: Any = Expr("last", uses=[(self._inner, "last")])

    def while_(self, test: object) -> None:
        """Tested before each pass, the first too; `last` is null then."""
        self._end("while", test)

    def until(self, test: object) -> None:
        """Tested after each pass, whose outputs are `last`."""
        self._end("until", test)

    def _end(self, word: str, test: object) -> None:
        value = condition(test)
        document = self._draft.document
        if given := document.keys() & {"while", "until"}:
            mistake(Code.EXACTLY_ONE, f"{self._inner.title} has its {given.pop()!r} already")
        inside = sorted(self._inner.read(value))
        if inside:
            mistake(
                Code.UNKNOWN_NAME,
                f"the {word!r} of {self._inner.title} is tested between passes and does not see node {inside[0]!r}: "
                f"hand out what it needs with outputs(name=...) and test last.name",
            )
        document[word] = text_of(value)
        self._note()


class Switch(Opening):
    """The first case that holds is taken; its output is the ids that the case leads to."""

    def __init__(self, cursor: Cursor, handle: Handle) -> None:
        super().__init__(handle)
        self._cursor = cursor
        self._whens: list[str] = self._draft.document["cases"]

    def case(self, when: object) -> AbstractContextManager[None]:
        """What is written in this block runs if `when` is the first condition to hold."""
        test = condition(when)
        self._draft.reads |= self._spot.body.read(test)
        self._whens.append(text_of(test))
        return self._way(len(self._whens) - 1)

    def default(self) -> AbstractContextManager[None]:
        """What is written in this block runs if no case holds."""
        return self._way(-1)

    def _way(self, case: int) -> AbstractContextManager[None]:
        body = self._spot.body
        if body is not self._cursor.body:
            mistake(Code.BAD_EDGE, f"switch {self._spot.id!r} is of {body.title}: its ways lead to nodes of that body")
        return inside(body, Block(self._spot.id, body.block, case=case))


@contextmanager
def inside(body: Body, block: Block) -> Iterator[None]:
    """Nodes written meanwhile are in `block`."""
    body.block = block
    try:
        yield
    finally:
        body.block = block.outer
