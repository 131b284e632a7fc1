"""A definition read in spite of its mistakes of shape, so that whatever else is wrong with it can be told as well.

What cannot be read is left out, or something stands in for it. Lists keep their lengths: the path of a value is the
same in the document and in what is read of it.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from concertato.definition.doubt import NO_DOUBT, Doubt
from concertato.definition.model import Definition
from concertato.definition.problem import DefinitionError, Path, Problem
from concertato.definition.reading import Json
from concertato.definition.shape import Refused, refuse_other, try_definition
from concertato.definition.source import Source

_ROUNDS = 5
"""How often what stands in for something may itself be refused, before nothing more is made of the document."""

_ANY = "?"
"""A text where there was none: no expression, and nobody's name."""

_UNKNOWN_CONDITION = "run.id == ''"
"""Neither always true nor always false, and it reads no node."""


class Mended(NamedTuple):
    """`definition` as far as it could be understood, and the mistakes of shape in it."""

    definition: Definition
    mistakes: tuple[Problem, ...] = ()
    doubt: Doubt = NO_DOUBT


def read_mended(tree: Json, source: Source, lost: Sequence[Problem] = ()) -> Mended:
    """Read a document, the values that `lost` speaks of being lost already.

    Raises DefinitionError with all that is known when nothing can be made of the rest.
    """
    if any(not problem.path for problem in lost):
        raise DefinitionError(list(lost))
    refuse_other(tree, source)
    read = try_definition(tree, source)
    if isinstance(read, Definition) and not lost:
        return Mended(read)
    repair = _Repair(tree, {problem.path for problem in lost})
    mistakes = list(lost)
    for turn in range(_ROUNDS):
        if isinstance(read, Definition):
            return Mended(read, tuple(mistakes), repair.doubt())
        if turn == 0:
            mistakes += [each.problem for each in read if not repair.has_lost(each.path)]
        repair.mend(read)
        # What is refused now, a mending brought forth: it is mended in its turn, and not told.
        read = try_definition(repair.tree, source)
    raise DefinitionError(mistakes)


class _Repair:
    """Mends a copy of one document."""

    def __init__(self, tree: Json, lost: set[Path]) -> None:
        self.tree = _copied(tree)
        self._unread = lost
        self._vague: set[Path] = set()

    def doubt(self) -> Doubt:
        return Doubt(self._unread, self._vague)

    def has_lost(self, path: Path) -> bool:
        return any(path[:length] in self._unread for length in range(len(path) + 1))

    def mend(self, refused: Sequence[Refused]) -> None:
        """Make each value acceptable that is not; what lies deeper comes first, since what it is in may go."""
        retyped: set[Path] = set()
        for each in sorted(refused, key=lambda each: -len(each.path)):
            holder = each.path[:-1]
            if each.kind is not None:
                _value(self.tree, holder)["type"] = each.kind
                retyped.add(holder)
            elif each.is_unknown:
                self._leave_out(each)
            else:
                self._replace(each.path)
        self._unread |= {(*node, "type") for node in retyped}

    def _leave_out(self, each: Refused) -> None:
        holder = each.path[:-1]
        fields = _value(self.tree, holder)
        fields.pop(each.path[-1], None)
        self._unread.add(each.path)
        if each.meant is not None:
            self._unread.add((*holder, each.meant))
        is_node = holder[-2:-1] == ("nodes",)
        if is_node or "on_failure" in holder:
            self._vague.add(holder)
        if is_node:
            if fields.get("type") == "human" and "choices" not in fields:
                self._unread.add((*holder, "choices"))
            if fields.get("type") == "switch" and "default" not in fields:
                self._unread.add((*holder, "default"))

    def _replace(self, path: Path) -> None:
        """Put something acceptable at `path`, or leave out the field that it belongs to."""
        holder, step = _value(self.tree, path[:-1]), path[-1]
        around = path[-2] if len(path) > 1 else None
        if isinstance(step, str) and around in ("inputs", "outputs"):
            holder[step] = None
        elif isinstance(step, str) and around == "workflows":
            holder[step] = {"name": _ANY, "nodes": [_node(path)]}
        elif isinstance(step, str) and step in _FIELDS:
            holder[step] = _FIELDS[step](path)
        elif isinstance(step, str):
            holder.pop(step, None)
        elif around in _ITEMS:
            holder[step] = _ITEMS[str(around)](path)
        else:
            self._replace(path[:-1])
            return
        self._unread.add(path)
        if step == "id":
            # Whatever else is said of a node that has no name could not be told.
            self._unread.add(path[:-1])


def _id(path: Path) -> Json:
    return "?" + ".".join(map(str, path))


def _node(path: Path) -> Json:
    return {"id": _id(path), "type": _ANY}


def _case(_: Path) -> Json:
    return {"when": _UNKNOWN_CONDITION, "to": []}


def _any(_: Path) -> Json:
    return _ANY


_FIELDS: dict[str, Callable[[Path], Json]] = {
    "id": _id,
    "type": _any,
    "name": _any,
    "nodes": lambda path: [_node(path)],
    "from": _any,
    "to": _any,
    "when": lambda _: _UNKNOWN_CONDITION,
    "cases": lambda path: [_case(path)],
    "over": _any,
    "workflow": _any,
    "agent": _any,
    "allow": lambda _: [_ANY],
    "may": lambda _: ["retry"],
}
"""What stands in for a field that must be there. Any other is left out."""

_ITEMS: dict[str, Callable[[Path], Json]] = {
    "nodes": _node,
    "edges": lambda _: {"from": _ANY, "to": _ANY},
    "cases": _case,
    "inputs": _any,
    "to": _any,
    "default": _any,
    "choices": _any,
    "allow": _any,
    "not": _any,
    "on_failure": lambda _: {"escalate": {"to": _ANY}},
}
"""What stands in for an item of a list. A list of anything else is left out as a whole."""


def _copied(tree: Json) -> Json:
    if isinstance(tree, dict):
        return {key: _copied(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_copied(value) for value in tree]
    return tree


def _value(tree: Json, path: Path) -> Json:
    for step in path:
        tree = tree[step]
    return tree
