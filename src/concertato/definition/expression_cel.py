"""The one adapter of the CEL library: compiles, runs, and turns its errors into ours.

It is imported when an expression needs it.
"""

import re
import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import ModuleType
from typing import TYPE_CHECKING, Any

from concertato.definition.expression_text import (
    MACROS,
    ExpressionError,
    Reading,
    Token,
    explain_unknown_function,
    shape,
    tokens,
)
from concertato.definition.expression_values import Json, Path, follow, missing, narrow, render, to_json, type_name

if TYPE_CHECKING:
    import cel

_FIRST_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?(.*)")
_UNEXPECTED = re.compile(r"(?:mismatched|extraneous) input '(.*?)' expecting|no viable alternative at input '(.*)'")
_HABITS = {
    "and": "CEL writes && for and",
    "or": "CEL writes || for or",
    "not": "CEL writes ! for not",
    "=": "CEL compares with ==",
    "$": "CEL marks no variables: write the name alone",
    "{{": "an expression stands alone, without braces around it",
    "is": "CEL compares with ==",
    "|": "CEL has no filters; for a logical or write ||",
    "&": "for a logical and write &&",
}
"""What people write from habit with other languages, and what to write instead."""

_COMMAND_LINE = "cel.cli"
_NOTHING = ModuleType(_COMMAND_LINE)

_SORTED = "__keys_in_order"

_ARITHMETIC = {"_+_", "_-_", "_*_", "_/_", "_%_"}
_ORDER = {"_<_", "_<=_", "_>_", "_>=_"}


def compile_cel(text: str, reading: Reading) -> Callable[[Mapping[str, Any]], Any]:
    """A function that evaluates `text`. Raises ExpressionError with the column where CEL does not accept it."""
    cel = _library()
    ordered = _in_order(text)
    try:
        program = cel.compile(text)
        if ordered != text:
            program = cel.compile(ordered)
    except ValueError as error:
        raise _syntax_error(text, str(error)) from None
    return _Runner(program, reading, cel.Context if ordered != text else None)


def _library() -> Any:
    """The library without its own command line, which it imports and whose terminal libraries take a fifth of a second
    and a dozen MiB. Whoever wants that command line can still import it.
    """
    if "cel" not in sys.modules:
        sys.modules.setdefault(_COMMAND_LINE, _NOTHING)
    import cel  # whichever thread comes first imports it, and the others wait here until that is done

    if sys.modules.get(_COMMAND_LINE) is _NOTHING:
        sys.modules.pop(_COMMAND_LINE, None)
    if getattr(cel, "cli", None) is _NOTHING:
        vars(cel).pop("cli", None)
    return cel


def _in_order(text: str) -> str:
    """The same expression, walking the keys of maps in order.

    The library walks them in an order of the moment, and what a run does must be the same whenever it is replayed.
    """
    found = tokens(text)
    dots = [
        dot.at
        for dot, name, bracket in zip(found, found[1:], found[2:], strict=False)
        if dot.text == "." and name.text in MACROS and bracket.text == "("
    ]
    for at in reversed(dots):
        text = f"{text[:at]}.{_SORTED}(){text[at:]}"
    return text


def _sorted_keys(value: Json) -> Json:
    return sorted(value) if isinstance(value, dict) else value


class _Runner:
    """`context` is given where the expression asks for keys in order."""

    __slots__ = ("_context", "_program", "_reading", "_shape")

    def __init__(self, program: "cel.Program", reading: Reading, context: "type[cel.Context] | None") -> None:
        self._program = program
        self._context = context
        self._reading = reading
        self._shape = shape(reading.paths)

    def __call__(self, scope: Mapping[str, Any]) -> Json:
        if self._reading.unknown_functions:
            raise ExpressionError(explain_unknown_function(self._reading.unknown_functions[0]))
        values = narrow(scope, self._shape)
        try:
            if self._context is None:
                result = self._program.execute(values)
            else:
                context = self._context(variables=values, functions={_SORTED: _sorted_keys})
                result = self._program.execute(context)
        except (KeyError, IndexError, TypeError, ValueError, ArithmeticError, RuntimeError) as error:
            raise ExpressionError(self._explain(error, scope)) from None
        return to_json(result)

    def _explain(self, error: Exception, scope: Mapping[str, Any]) -> str:
        """What went wrong, in the words of the definition rather than of the library."""
        absent = self._absent(error, scope)
        if absent:
            return absent
        match error:
            case KeyError():
                return f"there is no field {error.args[0]}; if it may be absent, ask first: has(x.field)"
            case IndexError():
                return f"{error}; ask size(list) first"
            case ZeroDivisionError():
                return f"{error}; guard it: d == 0 ? … : n / d"
            case OverflowError():
                return f"{error} CEL's integers have 64 bits: use double(x) for larger numbers"
            case TypeError():
                return self._mismatch(scope)
            case _:
                return self._misused(error, scope)

    def _absent(self, error: Exception, scope: Mapping[str, Any]) -> str | None:
        """The first path that leads nowhere, when that is what the library stumbled over."""
        if not isinstance(error, KeyError | TypeError):
            return None
        wanted = str(error.args[0]).strip("'") if isinstance(error, KeyError) else None
        for path in sorted(self._reading.paths - self._reading.guarded):
            reason = missing(path, scope)
            if reason and (wanted is None or wanted in path):
                return reason
        return None

    def _mismatch(self, scope: Mapping[str, Any]) -> str:
        """Types that do not go together, with the types that the values have just now."""
        used = set(self._program.functions())
        if used & _ARITHMETIC:
            rule = "the operands' types do not go together: CEL does not mix integers and doubles (1 + 1.5); write 1.0"
            rule += " for 1, or double(x), int(x), string(x)"
        elif used & _ORDER:
            rule = "values of different types cannot be ordered; convert one: double(x), int(x), string(x)"
        else:
            rule = "a value has the wrong type: &&, ||, ! and ? : take booleans, and only lists and maps have parts"
        return rule + self._types(scope)

    def _misused(self, error: Exception, scope: Mapping[str, Any]) -> str:
        """The library calls a function that is given the wrong types undefined."""
        undefined = re.match(r"Undefined variable or function: '(\w+)'", str(error))
        if undefined:
            return f"{undefined[1]} does not take values of these types" + self._types(scope)
        return str(error).removesuffix(" Check function arguments and their types.").splitlines()[0] + self._types(
            scope
        )

    def _types(self, scope: Mapping[str, Any]) -> str:
        known: list[Path] = [path for path in sorted(self._reading.paths) if missing(path, scope) is None]
        told = [f"{render(path)} is {type_name(follow(path, scope))}" for path in known[:4]]
        return f" ({', '.join(told)})" if told else ""


def _syntax_error(text: str, message: str) -> ExpressionError:
    found = _FIRST_ERROR.search(message)
    if found is None:
        return ExpressionError(f"CEL does not accept it: {message.splitlines()[0]}")
    line, column, reason = int(found[1]), int(found[2]), found[3]
    offset = sum(len(part) + 1 for part in text.split("\n")[: line - 1]) + column - 1
    return ExpressionError(_reason(reason) + _habit(tokens(text)), max(0, min(offset, len(text))))


def _reason(reason: str) -> str:
    unexpected = _UNEXPECTED.match(reason)
    if unexpected:
        what = unexpected[1] or unexpected[2]
        return "the expression ends too early" if what == "<EOF>" else f"{what!r} is not expected there"
    if reason.startswith("missing "):
        return f"{reason.removeprefix('missing ').partition(' at ')[0]} is missing"
    if reason.startswith("token recognition error"):
        what = reason.partition("at: '")[2]
        return "a text is not closed" if what[:1] in ("'", '"') else f"{what[:1]!r} is not part of CEL"
    if reason.startswith("reserved identifier"):
        return f"{reason.rpartition(' ')[2]!r} is a word that CEL keeps for itself"
    if "int literal" in reason:
        return "a number is beyond the 64 bits that CEL has"
    if "has() macro" in reason:
        return "has takes a field, such as has(n1.output.amount)"
    if "OtherError" in reason:
        return "the expression is nested too deeply; compute parts of it in `set` nodes"
    return reason


def _habit(found: list[Token]) -> str:
    """A hint for what is usual in other languages."""
    for first, second in pairwise([*found, Token("sign", "", 0)]):
        hint = _HABITS.get(first.text) or _HABITS.get(first.text + second.text)
        if hint and first.kind != "string":
            return f"; {hint}"
    return ""
