"""What is not known of a definition whose mistakes of shape were passed over: which further mistakes would be guesses.

A mistake is told only if it would still be there once those of shape are mended. Where that is not sure, nothing is
said: the next reading tells it.
"""

from collections.abc import Iterable, Iterator

from concertato.definition.codes import Code
from concertato.definition.problem import Path

_STEPS = ("fallback", "recover", "escalate")

_OF_A_TASK = ("to", "not", "approvals", "choices", "may", "timeout", "remind", "default", "escalate")
"""What is right in one of these fields depends on the others."""


class Doubt:
    """`unread` are the values that something else stands in for, or that were left out.

    `vague` are the nodes with a field that the grammar does not have: it may have been meant for any that they can
    have.
    """

    def __init__(self, unread: Iterable[Path] = (), vague: Iterable[Path] = ()) -> None:
        self._unread = frozenset(unread)
        self._vague = frozenset(vague)
        self._around = {path[:length] for path in self._unread for length in range(len(path) + 1)}
        self._names = {_definition_of(path) for path in self._unread if _gives_names(path)}
        self._ways = {body for path in self._unread for body in _bodies_led_through(path)}
        self._ladders = {ladder for path in (*self._unread, *self._vague) if (ladder := _ladder_left_open_by(path))}
        self._libraries = {path[:-1] for path in self._unread if path[-1:] == ("workflows",)}

    def about(self, path: Path) -> bool:
        """Whether anything at `path`, or in it, was not read."""
        return path in self._around

    def hides(self, code: Code, path: Path) -> bool:
        """Whether a mistake found at `path` might be none once what was not read can be."""
        if not self._unread:
            return False
        if any(path[:length] in self._unread for length in range(len(path) + 1)):
            return True
        match code:
            case Code.UNKNOWN_NAME:
                return _definition_of(path) in self._names or any(
                    path[:at] in self._vague for at, step in enumerate(path) if step == "nodes"
                )
            case Code.EXACTLY_ONE:
                fields = ("for", "until", "signal", "while") if path[-2:-1] == ("nodes",) else _STEPS
                return self._may_have(path, *fields)
            case Code.WORKFLOW_INPUTS:
                return path[-1] == "workflow" and self._may_have(path[:-1], "inputs", "with")
            case Code.UNKNOWN_WORKFLOW | Code.WORKFLOW_RECURSION:
                return any(path[:length] in self._libraries for length in range(len(path)))
            case Code.UNREACHABLE:
                return path[:-2] in self._ways
            case Code.BAD_LADDER:
                return _ladder_of(path) in self._ladders
            case Code.BAD_TASK:
                return self._may_have(_task_of(path), *_OF_A_TASK)
            case _:
                return False

    def _may_have(self, holder: Path, *fields: str) -> bool:
        """Whether one of these fields was perhaps meant to be there."""
        return holder in self._vague or any(self.about((*holder, field)) for field in fields)


def _definition_of(path: Path) -> Path:
    """The innermost definition around `path`."""
    length = 0
    while path[length : length + 1] == ("workflows",) and len(path) > length + 1:
        length += 2
    return path[:length]


def _gives_names(path: Path) -> bool:
    """Whether expressions may speak of what was to stand here: a node, an item, a choice, an input of the workflow."""
    inner = path[len(_definition_of(path)) :]
    if inner[:1] == ("inputs",) or "choices" in inner[-3:]:
        return True
    return inner[-1:] in (("id",), ("as",), ("nodes",)) or inner[-2:-1] == ("nodes",)


def _ladder_of(path: Path) -> Path:
    """The innermost ladder around `path`; empty where there is none."""
    at = next((at for at in reversed(range(len(path))) if path[at] == "on_failure"), -1)
    return path[: at + 1]


def _ladder_left_open_by(path: Path) -> Path:
    """The ladder of which a whole step, or what may be chosen in one, stood at `path`; empty where none did."""
    ladder = _ladder_of(path)
    return ladder if len(path) <= len(ladder) + 2 or "may" in path[len(ladder) :] else ()


def _task_of(path: Path) -> Path:
    """The step or the node that asks people of which something stands at `path`."""
    ladder = _ladder_of(path)
    if ladder:
        return path[: len(ladder) + 2]
    at = next((at for at in reversed(range(len(path))) if path[at] == "nodes"), -2)
    return path[: at + 2]


def _bodies_led_through(path: Path) -> Iterator[Path]:
    """The bodies whose nodes what stands here may lead to, in whichever way."""
    for at, step in enumerate(path):
        field = path[at + 2 : at + 3]
        if step == "edges" or (step == "nodes" and field in ((), ("id",), ("type",), ("cases",), ("default",))):
            yield path[:at]


NO_DOUBT = Doubt()
