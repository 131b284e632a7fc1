"""What a node is given, as the document says it: references and expressions under `inputs`, constants under `with`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concertato.definition.builder.active import Parameter
from concertato.definition.builder.expr import Expr, HasOutput, as_expr, text_of
from concertato.definition.builder.literal import PLAIN_NAME, constant
from concertato.definition.builder.place import mistake
from concertato.definition.codes import Code
from concertato.definition.naming import CEL_WORDS
from concertato.definition.spelling import did_you_mean, nearest


@dataclass(frozen=True, slots=True)
class Given:
    """`document` has `inputs` and `with` where there are any; `values` are the expressions: what the node reads."""

    document: dict[str, Any]
    values: tuple[Expr, ...] = ()


def given(fields: Mapping[str, object], *, list_form: bool = True) -> Given:
    """Split `fields` by what they are. References that all go by their own names can make the short, listed form."""
    values = {name: as_expr(value) for name, value in fields.items() if _has_expression(value)}
    constants = {name: constant(value) for name, value in fields.items() if name not in values}
    texts = {name: text_of(value) for name, value in values.items()}
    document: dict[str, Any] = {}
    if texts:
        by_own_name = list_form and all(field_of(text) == name for name, text in texts.items())
        document["inputs"] = list(texts.values()) if by_own_name else texts
    if constants:
        document["with"] = constants
    return Given(document, tuple(values.values()))


def listed(references: Sequence[object]) -> dict[str, object]:
    """Values without names, as an agent known by its name alone is given them: each goes by the name it has."""
    fields: dict[str, object] = {}
    for reference in references:
        name = field_of(text_of(reference)) if _has_expression(reference) else None
        if name is None:
            mistake(
                Code.NOT_A_REFERENCE,
                f"expected an input, a node's output or a field of one, got: {reference!r}; "
                "give anything else a name: inputs={'name': ...}",
            )
        if name in fields:
            mistake(Code.FIELD_CLASH, f"two inputs would be called {name!r}; give them names: inputs={{'name': ...}}")
        fields[name] = reference
    return fields


def bound(
    agent: str, parameters: Sequence[Parameter], args: Sequence[object], kwargs: Mapping[str, object]
) -> dict[str, object]:
    """The arguments of a call by the names of the parameters that take them, as Python itself would."""
    named = [parameter for parameter in parameters if not parameter.rest]
    names = [parameter.name for parameter in named]
    takes = f"agent {agent!r} takes ({', '.join(names)})"
    if len(args) > len(named):
        mistake(Code.WRONG_VALUE, f"{takes}: expected at most {len(named)} arguments, got: {len(args)}")
    fields = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name in fields:
            mistake(Code.FIELD_CLASH, f"{takes}: two values for {name!r}")
        if name not in names and len(named) == len(parameters):
            mistake(Code.UNKNOWN_FIELD, f"{takes}, and no {name!r}{did_you_mean(nearest(name, names))}")
        fields[name] = value
    missing = [parameter.name for parameter in named if parameter.required and parameter.name not in fields]
    if missing:
        mistake(Code.MISSING_FIELD, f"{takes}: no value for {', '.join(map(repr, missing))}")
    return fields


def field_of(text: str) -> str | None:
    """The name by which a listed reference reaches an agent; None when `text` is no plain path."""
    names = text.split(".")
    if not all(PLAIN_NAME.fullmatch(name) and name not in CEL_WORDS for name in names):
        return None
    return names[0] if names[1:] == ["output"] else names[-1]


def _has_expression(value: object) -> bool:
    match value:
        case Expr() | HasOutput():
            return True
        case list() | tuple():
            return any(_has_expression(part) for part in value)
        case Mapping():
            return any(_has_expression(part) for part in value.values())
        case _:
            return False
