"""CEL written with Python's operators: each one returns a larger expression, and nothing is computed.

An `Expr` is CEL text that knows how tightly it binds, so that parentheses come only where they are needed, and which
names it uses and where those live, so that the builder can order nodes and refuse a name that is out of sight. Every
attribute that does not begin or end with an underscore is a field of the value, whatever it is called: `risk.score`.
"""
# ruff: noqa: SLF001 - here expressions look into each other; they have no public names, since all of those are fields

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, Never

from concertato.definition.builder.literal import field_text, literal_text, marked, unmarked
from concertato.definition.builder.place import mistake
from concertato.definition.codes import Code
from concertato.definition.expression import ExpressionError, explain_unknown_function, parse

TERNARY, OR, AND, RELATION, SUM, PRODUCT, UNARY, MEMBER = range(8)
"""How tightly each kind of expression binds, the loosest first. Source: the grammar of the CEL specification."""

Use = tuple[object | None, str]
"""A name in an expression, with the body it lives in (None when only its text is known)."""


class Expr:
    """A value that will exist when the workflow runs. It has no truth, length or items while the workflow is built."""

    __slots__ = ("_level", "_text", "_uses")
    _level: int
    _text: str
    _uses: tuple[Use, ...]

    def __init__(self, text: str, level: int = MEMBER, uses: Iterable[Use] = ()) -> None:
        self._text = text
        self._level = level
        self._uses = tuple(dict.fromkeys(uses))

    # What can be read of a value.

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            # Python asks for such names on its own (copying, displaying): a field called so is `value["_name"]`.
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, key: object) -> Any:
        if isinstance(key, str):
            return Expr(self._at(MEMBER) + field_text(key), MEMBER, self._uses)
        index = as_expr(key)
        return Expr(f"{self._at(MEMBER)}[{index._text}]", MEMBER, self._uses + index._uses)

    def __call__(self, *args: object) -> Any:
        """CEL's methods: `name.startsWith("A")`."""
        given = [as_expr(arg) for arg in args]
        text = f"{self._text}({', '.join(arg._text for arg in given)})"
        return checked(Expr(text, MEMBER, (*self._uses, *(use for arg in given for use in arg._uses))))

    def in_(self, container: object) -> Any:
        """`in`, which Python does not let anyone redefine: `country.in_(["AT", "DE"])`."""
        return self._join(" in ", container, RELATION)

    # Arithmetic.

    def __add__(self, other: object) -> Any:
        return self._join(" + ", other, SUM)

    def __radd__(self, other: object) -> Any:
        return as_expr(other)._join(" + ", self, SUM)

    def __sub__(self, other: object) -> Any:
        return self._join(" - ", other, SUM)

    def __rsub__(self, other: object) -> Any:
        return as_expr(other)._join(" - ", self, SUM)

    def __mul__(self, other: object) -> Any:
        return self._join(" * ", other, PRODUCT)

    def __rmul__(self, other: object) -> Any:
        return as_expr(other)._join(" * ", self, PRODUCT)

    def __truediv__(self, other: object) -> Any:
        return self._join(" / ", other, PRODUCT)

    def __rtruediv__(self, other: object) -> Any:
        return as_expr(other)._join(" / ", self, PRODUCT)

    def __mod__(self, other: object) -> Any:
        return self._join(" % ", other, PRODUCT)

    def __rmod__(self, other: object) -> Any:
        return as_expr(other)._join(" % ", self, PRODUCT)

    def __neg__(self) -> Any:
        return Expr("-" + self._at(MEMBER), UNARY, self._uses)

    # Comparison. Equality answers with an expression too, hence neither sets nor dict keys of expressions.

    def __eq__(self, other: object) -> Any:
        return self._join(" == ", other, RELATION)

    def __ne__(self, other: object) -> Any:
        return self._join(" != ", other, RELATION)

    def __lt__(self, other: object) -> Any:
        return self._join(" < ", other, RELATION)

    def __le__(self, other: object) -> Any:
        return self._join(" <= ", other, RELATION)

    def __gt__(self, other: object) -> Any:
        return self._join(" > ", other, RELATION)

    def __ge__(self, other: object) -> Any:
        return self._join(" >= ", other, RELATION)

    __hash__ = None  # type: ignore[assignment]

    # Logic.

    def __and__(self, other: object) -> Any:
        return self._join(" && ", other, AND)

    def __rand__(self, other: object) -> Any:
        return as_expr(other)._join(" && ", self, AND)

    def __or__(self, other: object) -> Any:
        return self._join(" || ", other, OR)

    def __ror__(self, other: object) -> Any:
        return as_expr(other)._join(" || ", self, OR)

    def __invert__(self) -> Any:
        return Expr("!" + self._at(MEMBER), UNARY, self._uses)

    # What Python would do with a value that is there.

    def __bool__(self) -> Never:  # noqa: PLE0304 - it never returns
        mistake(
            Code.BAD_EXPRESSION,
            f"expected a condition for the workflow, got Python asking now whether {self._text!r} is true: "
            "write & for and, | for or, ~ for not, a < b & b < c for a chain, and wf.when(...) for if",
        )

    def __iter__(self) -> Never:
        mistake(Code.BAD_EXPRESSION, f"{self._text!r} has no items before the workflow runs: use wf.map(over=...)")

    def __len__(self) -> Never:  # noqa: PLE0303 - it never returns
        mistake(Code.BAD_EXPRESSION, f"{self._text!r} has no length before the workflow runs: write cel.size(...)")

    def __contains__(self, item: object) -> Never:
        mistake(Code.BAD_EXPRESSION, f"{self._text!r} has no items before the workflow runs: write item.in_(...)")

    # As text.

    def __str__(self) -> str:
        return marked(self._at(MEMBER))

    def __repr__(self) -> str:
        return f"<cel {self._text}>"

    def __format__(self, spec: str) -> str:
        """In an f-string an expression keeps its own parentheses: `cel(f"{a + b} * 2")` means `(a + b) * 2`."""
        return marked(format(self._at(MEMBER), spec))

    def __int__(self) -> Never:
        self._no_number("cel.int(...)")

    def __float__(self) -> Never:
        self._no_number("cel.double(...)")

    def __index__(self) -> Never:  # noqa: PLE0305 - it never returns
        self._no_number("the expression as it is")

    def _no_number(self, instead: str) -> Never:
        mistake(Code.BAD_EXPRESSION, f"{self._text!r} is no number before the workflow runs: write {instead}")

    def _at(self, level: int) -> str:
        """The text, in parentheses where it binds more loosely than `level`."""
        return self._text if self._level >= level else f"({self._text})"

    def _join(self, operator: str, other: object, level: int) -> Any:
        right = as_expr(other)
        # CEL groups from the left; comparisons get their parentheses all the same, because nobody knows how they group.
        left = level + 1 if level == RELATION else level
        text = self._at(left) + operator + right._at(level + 1)
        return Expr(text, level, self._uses + right._uses)


class HasOutput(ABC):
    """What stands for its output wherever a value is expected: a map, a loop, a switch."""

    @property
    @abstractmethod
    def output(self) -> Expr: ...


def as_expr(value: object) -> Expr:
    """`value` as an expression: itself, or the literal that means it in CEL."""
    if isinstance(value, Expr):
        return value
    if isinstance(value, HasOutput):
        return value.output
    uses: list[Use] = []

    def inner(part: object) -> str | None:
        if not isinstance(part, Expr | HasOutput):
            return None
        expr = as_expr(part)
        uses.extend(expr._uses)
        return expr._text

    text = literal_text(value, inner)
    return Expr(text, UNARY if text.startswith("-") else MEMBER, uses)


def text_of(value: object) -> str:
    return as_expr(value)._text


def uses_of(value: object) -> tuple[Use, ...]:
    return as_expr(value)._uses


def checked(expr: Expr) -> Expr:
    """`expr`, once CEL has read it without complaint."""
    try:
        parsed = parse(expr._text)
    except ExpressionError as error:
        mistake(Code.BAD_EXPRESSION, f"{expr._text!r}: {error}")
    for function in parsed.unknown_functions:
        mistake(Code.BAD_EXPRESSION, f"{expr._text!r}: {explain_unknown_function(function)}")
    return expr


def condition(value: object) -> Expr:
    """`value` where only an expression makes sense: there, text is CEL."""
    return cel(value) if isinstance(value, str) else as_expr(value)


class Cel:
    """CEL itself: `cel("size(order.lines) > 3")`; its functions: `cel.size(order.lines)`; its `?:`: `cel.if_(…)`."""

    def __call__(self, text: str) -> Any:
        """Text as it stands. An f-string puts expressions into it: `cel(f"{order.lines}.exists(l, l.heavy)")`."""
        text = unmarked(text)
        try:
            parsed = parse(text)
        except ExpressionError as error:
            mistake(Code.BAD_EXPRESSION, f"{text!r}: {error}")
        level = MEMBER if parsed.reference else TERNARY
        return checked(Expr(text, level, ((None, name) for name in sorted(parsed.names, key=text.find))))

    def if_(self, test: object, then: object, otherwise: object) -> Any:
        parts = [condition(test), as_expr(then), as_expr(otherwise)]
        text = f"{parts[0]._at(OR)} ? {parts[1]._at(OR)} : {parts[2]._at(TERNARY)}"
        return Expr(text, TERNARY, (use for part in parts for use in part._uses))

    def __getattr__(self, function: str) -> Callable[..., Any]:
        if function.startswith("_"):
            raise AttributeError(function)
        return Expr(function)


cel = Cel()
