"""How messages name things: which node, which field, what was found instead."""

import reprlib
from collections.abc import Callable

from concertato.definition.problem import Path
from concertato.definition.reading import Json


def described(value: Json) -> str:
    """A value as a message shows it: `the text 'abc'`, `the number 3`, `nothing (null)`."""
    match value:
        case None:
            return "nothing (null)"
        case bool():
            return "true" if value else "false"
        case str():
            return f"the text {value[:37] + '...' if len(value) > 40 else value!r}"
        case int() | float():
            return f"the number {value}"
        case list() | tuple():
            return "a list" if value else "an empty list"
        case dict():
            return "a mapping" if value else "an empty mapping"
        case _:
            return f"a {type(value).__name__}"


def kind_of(value: object) -> str:
    """As `described`, but without the value: inputs of a run may be confidential."""
    known = {type(None): "null", bool: "true or false", str: "text", int: "a whole number", float: "a number"}
    return known.get(type(value)) or described(value)


def shown(value: object) -> str:
    """What a program handed over in place of something else: any object at all, cut short."""
    return f"{reprlib.repr(value)} ({type(value).__name__})"


def subject(tree: Json, path: Path, whole: str) -> tuple[str, str]:
    """Whom a mistake at `path` concerns, and the field of it: `node 'n3'` and `retry.max_attempts`."""
    who, around = whole, ""
    rest: list[str] = []
    value, holder = tree, ""
    for step in path:
        value = _step(value, step)
        if holder in _HOLDERS:
            who, around = _HOLDERS[holder](value, step, around)
            rest, holder = [], ""
        else:
            rest.append(f"[{step}]" if isinstance(step, int) else f".{step}")
            holder = str(step)
    return who, "".join(rest).removeprefix(".")


def _node(value: Json, step: str | int, around: str) -> tuple[str, str]:
    name = _step(value, "id")
    if isinstance(name, str) and name:
        return f"node '{around}{name}'", f"{around}{name}/"
    number = f"node number {int(step) + 1}"
    return (f"{number} of '{around[:-1]}'" if around else number), f"{around}?/"


def _edge(value: Json, step: str | int, around: str) -> tuple[str, str]:
    source, target = _step(value, "from"), _step(value, "to")
    if isinstance(source, str) and isinstance(target, str):
        return f"edge '{source}' → '{target}'", around
    return f"edge number {int(step) + 1}", around


def _workflow(_: Json, step: str | int, __: str) -> tuple[str, str]:
    return f"workflow '{step}'", ""


_HOLDERS: dict[str, Callable[[Json, str | int, str], tuple[str, str]]] = {
    "nodes": _node,
    "edges": _edge,
    "workflows": _workflow,
}


def _step(value: Json, step: str | int) -> Json:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None
