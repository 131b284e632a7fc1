"""Plain values to the model: what the model refuses is told in the words of whoever wrote the document."""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from concertato.definition.codes import Code
from concertato.definition.model import BUILT_IN, Choice, Definition, Handover, HumanNode, TaskNode
from concertato.definition.model_failure import Action, Compensate, Escalate, Fallback, Recover, Rung
from concertato.definition.problem import DefinitionError, Path, Problem
from concertato.definition.reading import Json
from concertato.definition.source import Source
from concertato.definition.spelling import did_you_mean, nearest
from concertato.definition.wording import described, subject

M = TypeVar("M", bound=BaseModel)

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "inputs": "a list of references or a mapping of expressions",
    "rung": "a step (fallback, recover or escalate, with what it takes) or one of 'rollback', 'fail', 'continue'",
    "choice": "the name of a choice, or a mapping with its 'name'",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "too_short": "at least {min_length} long",
}
"""Pydantic's error types, as far as the models can bring them forth, in words."""

_MISSING = {
    "type": "write the name of an agent, or one of " + ", ".join(BUILT_IN),
    "id": "write a name that expressions can use, such as 'check_order'",
    "name": "write the workflow's name, such as 'order_processing'",
    "nodes": "write a list of nodes, each with 'id' and 'type'",
    "agent": "write the name of the agent that proposes the nodes",
    "allow": "write the list of agents that the proposed nodes may use",
    "may": f"write the list of what it may choose, of {', '.join(get_args(Action))}",
}

_PEOPLE = "write who is asked, such as 'role:approver' or 'user:alice'"

_MISSING_IN: dict[tuple[type[BaseModel], str], str] = {
    **{(model, "type"): "write the name of an agent" for model in (Compensate, Fallback, Recover)},
    **{(model, "to"): _PEOPLE for model in (HumanNode, Escalate, Handover)},
    (Choice, "name"): "write the choice's name, such as 'approve'",
}
"""Where a field means something else than elsewhere."""

_LAST_WORDS = ("rollback", "fail", "continue")
"""What may end a ladder."""

Fault = tuple[str, dict[str, Any]]


class Refused(NamedTuple):
    """One mistake of shape at `path`.

    `meant` is the field that an unknown one was probably meant to be, `kind` the type that its node probably has.
    """

    problem: Problem
    path: Path
    is_unknown: bool = False
    meant: str | None = None
    kind: str | None = None


def refuse_other(tree: Json, source: Source) -> None:
    """Raise DefinitionError where there is nothing that could be a definition."""
    if not isinstance(tree, dict):
        got = "nothing: it is empty" if tree is None else described(tree)
        message = f"expected a definition (a mapping with 'name' and 'nodes'), got: {got}"
        raise DefinitionError([source.problem(Code.UNREADABLE, message, ())])


def try_definition(tree: Json, source: Source) -> Definition | list[Refused]:
    """The model of a definition, or everything that keeps it from being one."""
    return _try_model(Definition, tree, source, whole="the workflow")


def read_model(model: type[M], tree: Json, source: Source, *, whole: str) -> M:
    """A mapping as one of the models. `whole` is what messages call the document."""
    read = _try_model(model, tree, source, whole)
    if isinstance(read, list):
        raise DefinitionError([refused.problem for refused in read])
    return read


def _try_model(model: type[M], tree: Json, source: Source, whole: str) -> M | list[Refused]:
    try:
        return model.model_validate(tree, by_alias=True, by_name=False)
    except ValidationError as error:
        return _Refusal(model, tree, source, whole).all(error)


class _Refusal:
    """Tells what a model refused in one document."""

    def __init__(self, model: type[BaseModel], tree: Json, source: Source, whole: str) -> None:
        self._model = model
        self._tree = tree
        self._source = source
        self._whole = whole

    def all(self, error: ValidationError) -> list[Refused]:
        """One per place: the branches of a union each complain, and what they expect is joined by 'or'."""
        by_path: dict[Path, list[Fault]] = {}
        branched: set[Path] = set()
        for fault in error.errors(include_url=False):
            path, is_branch = self._real_path(fault["loc"], is_missing=fault["type"] == "missing")
            if is_branch:
                branched.add(path)
            by_path.setdefault(path, []).append((fault["type"], fault.get("ctx", {})))
        around = {path[:length] for path in by_path for length in range(len(path))}
        # In `to: [1]` the list is no text either, but what is wrong is the 1 in it.
        told = [
            self._refused(path, faults)
            for path, faults in by_path.items()
            if path not in branched or path not in around
        ]
        return sorted(told, key=lambda refused: (refused.problem.line or 0, refused.problem.column or 0))

    def _real_path(self, loc: Path, *, is_missing: bool) -> tuple[Path, bool]:
        """The path in the document: the names of a union's branches, which the document does not hold, are left out."""
        path: list[str | int] = []
        is_branch = False
        value = self._tree
        for index, step in enumerate(loc):
            has_step = step in value if isinstance(value, dict) else isinstance(value, list) and isinstance(step, int)
            if has_step or (is_missing and index == len(loc) - 1):
                path.append(step)
                value = value[step] if has_step else None
            else:
                is_branch = True
        return tuple(path), is_branch

    def _refused(self, path: Path, faults: list[Fault]) -> Refused:
        if faults[0][0] == "extra_forbidden":
            return self._unknown(path)
        return Refused(self._problem(path, faults), path)

    def _problem(self, path: Path, faults: list[Fault]) -> Problem:
        kind, context = faults[0]
        if kind == "missing":
            who, _ = subject(self._tree, path[:-1], self._whole)
            field = str(path[-1])
            help_ = _MISSING_IN.get((self._holder(path[:-1])[1], field)) or _MISSING.get(field)
            message = f"{who}: '{field}' is missing" + (f"; {help_}" if help_ else "")
            return self._source.problem(Code.MISSING_FIELD, message, path[:-1])
        who, field = subject(self._tree, path, self._whole)
        what = f"'{field}'" if field else "it"
        if kind == "value_error":
            return self._source.problem(Code.WRONG_VALUE, f"{who}: {what}: {context['error']}", path)
        expected = " or ".join(dict.fromkeys(_EXPECTED.get(kind, kind).format(**context) for kind, context in faults))
        value = _value(self._tree, path)
        message = f"{who}: expected {what} to be {expected}, got: {described(value)}{_hint(path, expected, value)}"
        return self._source.problem(Code.WRONG_VALUE, message, path)

    def _unknown(self, path: Path) -> Refused:
        who, _ = subject(self._tree, path[:-1], self._whole)
        name = str(path[-1])
        if path[-3:-2] == ("on_failure",) and (hint := _rung_word(name)):
            message = f"{who}: '{name}' takes nothing here{hint}"
            return Refused(self._source.problem(Code.UNKNOWN_FIELD, message, path, key=True), path, is_unknown=True)
        holder, model = self._holder(path[:-1])
        fields = list(_fields(model))
        near = nearest(name, [field for field in fields if field not in holder] or fields)
        owners = [kind for kind, built_in in BUILT_IN.items() if name in _fields(built_in)]
        kind = None
        if near is None and model is TaskNode and owners:
            kind = nearest(str(holder.get("type")), owners)
            message = f"{who}: '{name}' belongs to nodes of type {' or '.join(owners)}{did_you_mean(kind)}"
        else:
            hint = did_you_mean(near) or f"; it can have: {', '.join(fields)}"
            message = f"{who}: there is no field '{name}' here{hint}"
        problem = self._source.problem(Code.UNKNOWN_FIELD, message, path, key=True)
        return Refused(problem, path, is_unknown=True, meant=near, kind=kind)

    def _holder(self, path: Path) -> tuple[dict[str, Json], type[BaseModel]]:
        """The mapping at `path`, and the model that it is read with."""
        model, value = self._model, self._tree
        models: list[type[BaseModel]] = []
        for step in path:
            value = value[step]
            fields = {field.alias or name: field for name, field in model.model_fields.items()}
            if step == "nodes":
                models = [*BUILT_IN.values(), TaskNode]
            elif step in fields:
                models = list(_models_in(fields[str(step)].annotation))
            if isinstance(value, dict) and models:
                model = models[0] if len(models) == 1 else BUILT_IN.get(str(value.get("type")), TaskNode)
        return value, model


def _hint(path: Path, expected: str, value: Json) -> str:
    if isinstance(value, list | dict) and path[-2:-1] == ("inputs",):
        return "; lists and mappings that never change belong in 'with'"
    if "text" in expected and isinstance(value, bool | int | float):
        return f'; put it in quotes: "{str(value).lower()}"'
    if expected == "a list" and isinstance(value, str):
        return f"; put it in brackets: [{value:.40}]"
    if path[-2:-1] == ("on_failure",) and isinstance(value, str):
        if value in Rung.model_fields:
            return f"; say what it takes: {{{value}: {{...}}}}"
        return _rung_word(value) or did_you_mean(nearest(value, _LAST_WORDS))
    return ""


def _rung_word(name: str) -> str:
    """How a word is written in a ladder that is an action, or is written as if it took something."""
    if name in _LAST_WORDS:
        return f"; write the word alone: '- {name}'"
    if name == "abort":
        return "; in a ladder that is the word 'fail', written alone: '- fail'"
    if name in get_args(Action):
        return f"; '{name}' is what a step 'recover' or 'escalate' may choose: put it into the list 'may' of one"
    return ""


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field's type speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _fields(model: type[BaseModel]) -> Iterator[str]:
    return (field.alias or name for name, field in model.model_fields.items())


def _value(tree: Json, path: Path) -> Json:
    for step in path:
        tree = tree[step]
    return tree
