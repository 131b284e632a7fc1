"""An expression taken apart: what is compared with what, and which parts of a value are read.

CEL itself says whether text is CEL; this only has to be right for text that it has accepted. Whatever is not understood
comes out as `Other`, and nothing is learnt from it. Grammar:
https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
"""

import ast
from collections.abc import Sequence
from typing import Any, NamedTuple, Union

from concertato.definition.expression_text import Token, tokens


class Constant(NamedTuple):
    value: Any


class Name(NamedTuple):
    name: str


class Field(NamedTuple):
    of: "Tree"
    name: str


class Index(NamedTuple):
    of: "Tree"
    number: "Tree"


class Call(NamedTuple):
    """`of` is the value before the dot, None for a plain function."""

    function: str
    of: "Tree | None"
    arguments: tuple["Tree", ...]


class Operation(NamedTuple):
    """A sign between two values, or before one: `!` and `neg` have one operand."""

    sign: str
    operands: tuple["Tree", ...]


class Choice(NamedTuple):
    condition: "Tree"
    first: "Tree"
    second: "Tree"


class Listing(NamedTuple):
    items: tuple["Tree", ...]


class Other(NamedTuple):
    """Something of which nothing can be said, and what stands in it."""

    parts: tuple["Tree", ...] = ()


Tree = Union[Constant, Name, Field, Index, Call, Operation, Choice, Listing, Other]  # noqa: UP007 - it refers to itself

_LEVELS = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))
_WORDS = {"true": True, "false": False, "null": None}


def tree_of(text: str) -> Tree:
    """What `text`, an expression that CEL accepts, is made of."""
    reader = _Reader(tokens(text))
    try:
        return reader.choice()
    except (IndexError, ValueError, SyntaxError):
        return Other()


class _Reader:
    """Reads the tokens from the left; each method takes what it names, and leaves `at` behind it."""

    def __init__(self, found: Sequence[Token]) -> None:
        self._tokens = found
        self._at = 0

    def choice(self) -> Tree:
        condition = self._binary(0)
        if not self._takes("?"):
            return condition
        first = self.choice()
        self._expect(":")
        return Choice(condition, first, self.choice())

    def _binary(self, level: int) -> Tree:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self._sees(*_LEVELS[level]):
            sign = self._next().text
            left = Operation(sign, (left, self._binary(level + 1)))
        return left

    def _unary(self) -> Tree:
        if self._takes("!"):
            return Operation("!", (self._unary(),))
        if self._takes("-"):
            inner = self._unary()
            if isinstance(inner, Constant) and isinstance(inner.value, int | float):
                return Constant(-inner.value)
            return Operation("neg", (inner,))
        return self._member()

    def _member(self) -> Tree:
        found = self._primary()
        while True:
            if self._takes("."):
                name = self._next().text
                found = Call(name, found, self._arguments()) if self._takes("(") else Field(found, name)
            elif self._takes("["):
                index = self.choice()
                self._expect("]")
                key = index.value if isinstance(index, Constant) else None
                found = Field(found, key) if isinstance(key, str) else Index(found, index)
            else:
                return found

    def _primary(self) -> Tree:
        token = self._next()
        match token.kind, token.text:
            case "sign", "(":
                inner = self.choice()
                self._expect(")")
                return inner
            case "sign", "[":
                return Listing(self._until("]"))
            case "sign", "{":
                return self._mapping()
            case "string", text:
                return Constant(_string(text))
            case "number", text:
                return Constant(_number(text))
            case "name", text if text in _WORDS:
                return Constant(_WORDS[text])
            case "name", text:
                return Call(text, None, self._arguments()) if self._takes("(") else Name(text)
            case _:
                raise ValueError(token.text)

    def _mapping(self) -> Tree:
        parts: list[Tree] = []
        while not self._takes("}"):
            parts.append(self.choice())
            self._expect(":")
            parts.append(self.choice())
            self._takes(",")
        return Other(tuple(parts))

    def _arguments(self) -> tuple[Tree, ...]:
        return self._until(")")

    def _until(self, end: str) -> tuple[Tree, ...]:
        found: list[Tree] = []
        while not self._takes(end):
            found.append(self.choice())
            self._takes(",")
        return tuple(found)

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _sees(self, *signs: str) -> bool:
        if self._at >= len(self._tokens):
            return False
        token = self._tokens[self._at]
        return token.text in signs and token.kind != "string"

    def _takes(self, sign: str) -> bool:
        if self._sees(sign):
            self._at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._takes(sign):
            raise ValueError(sign)


def _string(text: str) -> str:
    value = ast.literal_eval(text.lstrip("bB") if text[0] in "bB" else text)
    return str(value)


def _number(text: str) -> int | float:
    bare = text.rstrip("uU")
    if bare[:2] in ("0x", "0X"):
        return int(bare, 16)
    return int(bare) if bare.isdigit() else float(bare)
