"""Plain values to the model: what the model refuses is told in the words of whoever wrote the definition."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from concertato.definition.codes import Code
from concertato.definition.model import BUILT_IN, Case, Compensate, Definition, Edge, Retry, TaskNode
from concertato.definition.problem import DefinitionError, Path, Problem
from concertato.definition.reading import Json
from concertato.definition.source import Source
from concertato.definition.spelling import did_you_mean, nearest
from concertato.definition.wording import described, subject

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "none_required": "null",
    "inputs": "a list of references or a mapping of expressions",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "too_short": "at least {min_length} long",
}

_PARTS: Mapping[str, type[BaseModel]] = {"edges": Edge, "cases": Case, "retry": Retry, "compensate": Compensate}


def read_definition(tree: Json, source: Source) -> Definition:
    """The model of a document. Raises DefinitionError with every mistake of shape."""
    if not isinstance(tree, dict):
        message = f"expected a definition (a mapping with 'name' and 'nodes'), got: {described(tree, what_holds=True)}"
        raise DefinitionError([source.problem(Code.UNREADABLE, message, ())])
    try:
        return Definition.model_validate(tree, by_alias=True, by_name=False)
    except ValidationError as error:
        raise DefinitionError(_problems(error, tree, source)) from None


def _problems(error: ValidationError, tree: Json, source: Source) -> list[Problem]:
    """One problem per place: a union's branches each complain, and what they expect is joined by 'or'."""
    by_path: dict[Path, list[tuple[str, dict[str, Any]]]] = {}
    inner: set[Path] = set()
    for fault in error.errors(include_url=False):
        path, branch = _real_path(fault["loc"], tree)
        if branch is not None:
            inner.add(path)
        by_path.setdefault(path, []).append((fault["type"], fault.get("ctx", {})))
    covered = {path[:length] for path in by_path for length in range(len(path))}
    problems = [
        _problem(path, faults, tree, source)
        for path, faults in by_path.items()
        # `to: [1]` is no text either, but what is wrong is the 1 in the list.
        if not (path in inner and path in covered)
    ]
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def _real_path(loc: Path, tree: Json) -> tuple[Path, str | None]:
    """The path in the document: the names of union branches, which the document does not hold, are left out."""
    path: list[str | int] = []
    branch = None
    value = tree
    for index, step in enumerate(loc):
        is_there = step in value if isinstance(value, dict) else isinstance(value, list) and isinstance(step, int)
        if is_there:
            path.append(step)
            value = _value(value, (step,))
        elif index == len(loc) - 1 and isinstance(value, dict):
            # What is missing; a branch's name at the end stands where there is no mapping.
            path.append(step)
        else:
            branch = str(step)
    return tuple(path), branch


def _problem(path: Path, faults: list[tuple[str, dict[str, Any]]], tree: Json, source: Source) -> Problem:
    kind, context = faults[0]
    if kind == "extra_forbidden":
        return source.problem(Code.UNKNOWN_FIELD, _unknown(path, tree), path, key=True)
    if kind == "missing":
        return source.problem(Code.MISSING_FIELD, _missing(path, tree), path[:-1])
    who, field = subject(tree, path)
    if kind == "value_error":
        return source.problem(Code.WRONG_VALUE, f"{who}: '{field}': {context['error']}", path)
    expected = " or ".join(dict.fromkeys(_EXPECTED.get(kind, kind).format(**context) for kind, context in faults))
    value = _value(tree, path)
    quote = "text" in expected and isinstance(value, bool | int | float)
    hint = f'; put it in quotes: "{described(value, bare=True)}"' if quote else ""
    what = f"'{field}'" if field else "it"
    message = f"{who}: expected {what} to be {expected}, got: {described(value)}{hint}"
    return source.problem(Code.WRONG_VALUE, message, path)


def _hint(path: Path, expected: str, value: Json) -> str:
    if isinstance(value, list | dict) and path[-2:-1] == ("inputs",):
        return "; lists and mappings that never change belong in 'with'"
    if "text" in expected and isinstance(value, bool | int | float):
        return f'; put it in quotes: "{described(value, bare=True)}"'
    return ""


def _missing(path: Path, tree: Json) -> str:
    who, _ = subject(tree, path[:-1])
    help_ = {
        "type": "write the name of an agent, or one of " + ", ".join(BUILT_IN),
        "id": "write a name that expressions can use, such as 'check_order'",
        "name": "write the workflow's name, such as 'order_processing'",
        "nodes": "write a list of nodes, each with 'id' and 'type'",
    }.get(str(path[-1]))
    return f"{who}: '{path[-1]}' is missing" + (f"; {help_}" if help_ else "")


def _unknown(path: Path, tree: Json) -> str:
    who, _ = subject(tree, path[:-1])
    name = str(path[-1])
    holder = _value(tree, path[:-1])
    model = _model(path[:-1], holder)
    fields = list(_fields(model))
    near = nearest(name, [field for field in fields if field not in holder] or fields)
    owners = [kind for kind, built_in in BUILT_IN.items() if name in _fields(built_in)]
    if near is None and model is TaskNode and owners:
        meant = nearest(str(holder.get("type")), owners)
        return f"{who}: '{name}' belongs to nodes of type {' or '.join(owners)}" + did_you_mean(meant)
    hint = did_you_mean(near) or f"; it can have: {', '.join(fields)}"
    return f"{who}: there is no field '{name}' here{hint}"


def _model(path: Path, holder: Json) -> type[BaseModel]:
    """The model that the mapping at `path` is read with."""
    place = next((step for step in reversed(path) if isinstance(step, str)), "")
    if place == "nodes":
        return BUILT_IN.get(str(holder.get("type")), TaskNode)
    return _PARTS.get(place, Definition)


def _fields(model: type[BaseModel]) -> Iterator[str]:
    return (field.alias or name for name, field in model.model_fields.items())


def _value(tree: Json, path: Path) -> Json:
    for step in path:
        tree = tree[step]
    return tree
