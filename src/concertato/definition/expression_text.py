"""What an expression's text refers to, read without running it: the names, the paths and the functions it uses.

CEL's own parser decides what is CEL; this reader only has to be right for text that parser accepts. The library also
lists an expression's variables, but counts those that `map`, `filter` and the like bind themselves, and knows no paths.
Grammar: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from concertato.definition.spelling import did_you_mean, nearest

MAX_TEXT = 64 * 1024
MAX_STEPS = 500
"""Operators in one chain, brackets included: CEL recurses for each, and a stack of 512 KiB bears about 700."""
MAX_NESTING = 60
"""Brackets within brackets; CEL's parser gives up a little later, with a message that nobody can read."""

MACROS = frozenset({"all", "exists", "exists_one", "existsOne", "map", "filter"})
_GETTERS = "FullYear Month Date DayOfMonth DayOfWeek DayOfYear Hours Minutes Seconds Milliseconds"
METHODS = (
    MACROS | {"size", "contains", "startsWith", "endsWith", "matches"} | {f"get{part}" for part in _GETTERS.split()}
)
FUNCTIONS = frozenset(
    {"has", "size", "int", "uint", "double", "string", "bytes", "timestamp", "duration", "dyn", "type"}
)
TYPES = frozenset({"int", "uint", "double", "string", "bool", "bytes", "list", "map", "null_type", "type"})
"""Names of types, in `type(x) == string`. Elsewhere they are names like any other."""

KEYWORDS = frozenset({"true", "false", "null", "in"})
RESERVED = frozenset(
    {"as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package"}
    | {"namespace", "return", "var", "void", "while"}
)
"""Words that CEL keeps for itself: no node and no input can be called so, and be found by an expression."""

_SPACE = r"(?:[\t\n\f\r ]|//[^\n]*)+"
_RAW = r"""[bB]?[rR](?:\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|"[^"\n]*"|'[^'\n]*')"""
_COOKED = (
    r"""[bB]?(?:\"{3}(?:\\[\s\S]|[^\\])*?\"{3}|'{3}(?:\\[\s\S]|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
)
_NUMBER = r"(?:0[xX][0-9a-fA-F]+|(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?)[uU]?"
_TOKEN = re.compile(
    f"(?P<space>{_SPACE})|(?P<string>{_RAW}|{_COOKED})|(?P<number>{_NUMBER})"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>&&|\|\||[<>=!]=|[\s\S])",
)
_PLAIN_TEXT = re.compile(r""""[^"\\\n]*"|'[^'\\\n]*'""")
_PLAIN_PATH = re.compile(r"""[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d{1,9}\]|\["[^"\\\n]*"\]|\['[^'\\\n]*'\])*""", re.ASCII)
_STEP = re.compile(r"""([A-Za-z_]\w*)|\[(\d+)\]|\["(.*?)"\]|\['(.*?)'\]""", re.ASCII)


class ExpressionError(ValueError):
    """An expression that is no CEL, or that cannot be evaluated with the values at hand.

    `column` counts characters from the start of the text, from 0; None where no single place is to blame.
    """

    def __init__(self, message: str, column: int | None = None) -> None:
        super().__init__(message)
        self.column = column


Shape = dict[str, "Shape"]
"""Which fields of which values an expression reads; an empty branch is a value read whole."""


class Token(NamedTuple):
    kind: str
    text: str
    at: int


@dataclass
class Reading:
    """`paths` are the longest plain paths read, each from a free name; `guarded` those that `has` asks about."""

    names: set[str] = field(default_factory=set)
    paths: set[tuple[str, ...]] = field(default_factory=set)
    guarded: set[tuple[str, ...]] = field(default_factory=set)
    unknown_functions: list[str] = field(default_factory=list)


@dataclass
class _Bracket:
    """An open bracket. `binds` is the variable of the macro whose arguments it holds, from its first comma on."""

    binds: str | None = None
    bound: bool = False
    guards: bool = False
    steps: int = 0


def tokens(text: str) -> list[Token]:
    """The text's tokens, without spaces and comments. What CEL does not know comes out as a sign of one character."""
    found = _TOKEN.finditer(text)
    return [Token(str(match.lastgroup), match[0], match.start()) for match in found if match.lastgroup != "space"]


def plain_path(text: str) -> tuple[str | int, ...] | None:
    """The steps of text that is nothing but a path, such as `n1.output.lines[0]`; None for any other."""
    if _PLAIN_PATH.fullmatch(text) is None:
        return None
    steps: list[str | int] = []
    for match in _STEP.finditer(text):
        name, index, key, other_key = match.groups()
        if name in KEYWORDS:
            return None
        steps.append(name or (int(index) if index else (key if key is not None else other_key)))
    return None if steps[0] in RESERVED else tuple(steps)


def explain_unknown_function(name: str) -> str:
    """What to say about a call of `name`, which CEL does not have."""
    if name in METHODS:
        return f"{name} is written after the value it is about: x.{name}(…)"
    if name in FUNCTIONS:
        return f"{name} is written before the value it is about: {name}(x)"
    return f"CEL has no function {name!r}{did_you_mean(nearest(name, sorted(METHODS | FUNCTIONS)))}"


def read(text: str) -> Reading:
    """Everything that `text` refers to. Raises ExpressionError for what is too deep or what no workflow has."""
    return _Reader(tokens(text)).read()


class _Reader:
    """One pass over the tokens with a stack of the brackets that are open."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._open: list[_Bracket] = [_Bracket()]
        self._deep = 0
        self._found = Reading()
        self._types: set[str] = set()
        self._asks_type = False
        self._declared: set[int] = set()

    def read(self) -> Reading:
        at = 0
        while at < len(self._tokens):
            token = self._tokens[at]
            if token.kind == "name" and token.text not in KEYWORDS:
                at = self._on_name(at)
            else:
                if token.kind == "sign":
                    self._on_sign(at)
                at += 1
        if self._asks_type:
            for name in self._types & self._found.names:
                raise ExpressionError(f"{name!r} is both a type and a value here; give the value another name", 0)
        else:
            self._found.names |= self._types
            self._found.paths |= {(name,) for name in self._types}
        return self._found

    def _text(self, at: int) -> str:
        return self._tokens[at].text if 0 <= at < len(self._tokens) else ""

    def _on_name(self, at: int) -> int:
        """A name that starts a path or is called as a function. Returns the number of the next token to look at."""
        if self._text(at - 1) == "." or at in self._declared:
            return at + 1  # a method's name, or where a macro's variable is introduced
        if self._text(at + 1) == "(":
            self._asks_type |= self._text(at) == "type"
            if self._text(at) not in FUNCTIONS:
                self._found.unknown_functions.append(self._text(at))
            return at + 1
        path, after = self._path(at)
        if self._text(after) == "{":
            raise ExpressionError(
                f"{'.'.join(path)}{{…}} builds a message, and workflows have none: write a map, {{'a': 1}}",
                self._tokens[at].at,
            )
        if not any(bracket.bound and bracket.binds == path[0] for bracket in self._open):
            self._keep(path, compared=bool({self._text(at - 1), self._text(after)} & {"==", "!="}))
        return after

    def _keep(self, path: tuple[str, ...], *, compared: bool) -> None:
        if len(path) == 1 and path[0] in TYPES and compared:
            # In `type(x) == string` it is a type, but only if `type` is called at all: that is known at the end.
            self._types.add(path[0])
            return
        self._found.names.add(path[0])
        self._found.paths.add(path)
        if self._open[-1].guards:
            self._found.guarded.add(path)

    def _path(self, at: int) -> tuple[tuple[str, ...], int]:
        """The longest plain path from the name at `at`, and the number of the token after it."""
        path = [self._text(at)]
        at += 1
        while True:
            if self._text(at) == "." and self._is_name(at + 1) and self._text(at + 2) != "(":
                path.append(self._text(at + 1))
                at += 2
            elif self._text(at) == "[" and self._text(at + 2) == "]" and _PLAIN_TEXT.fullmatch(self._text(at + 1)):
                path.append(self._text(at + 1)[1:-1])
                at += 3
            else:
                return tuple(path), at
            self._step(self._tokens[at - 1].at)

    def _is_name(self, at: int) -> bool:
        return at < len(self._tokens) and self._tokens[at].kind == "name"

    def _on_sign(self, at: int) -> None:
        sign, position = self._text(at), self._tokens[at].at
        if sign in ("(", "[", "{"):
            self._step(position)
            self._open.append(self._bracket(at))
            if len(self._open) > MAX_NESTING:
                raise ExpressionError(
                    f"brackets are nested deeper than {MAX_NESTING}; compute parts in `set` nodes", position
                )
        elif sign in (")", "]", "}"):
            if len(self._open) > 1:
                self._deep -= self._open.pop().steps
        elif sign == ",":
            self._deep -= self._open[-1].steps
            self._open[-1].steps = 0
            self._open[-1].bound = True
        else:
            self._step(position)
            if sign == "." and not self._follows_value(at):
                raise ExpressionError("a path begins with a name, not with a dot", position)

    def _step(self, position: int) -> None:
        self._open[-1].steps += 1
        self._deep += 1
        if self._deep > MAX_STEPS:
            raise ExpressionError(
                f"more than {MAX_STEPS} operators follow on each other; compute parts in `set` nodes", position
            )

    def _follows_value(self, at: int) -> bool:
        previous = self._tokens[at - 1] if at else Token("sign", "", 0)
        return previous.kind != "sign" or previous.text in (")", "]", "}")

    def _bracket(self, at: int) -> _Bracket:
        """What the bracket at `at` opens: the arguments of a macro, of `has`, or anything else."""
        name, method = self._text(at - 1), self._text(at - 2) == "."
        if self._text(at) != "(" or not self._is_name(at - 1) or name in KEYWORDS:
            return _Bracket()
        if method and name not in METHODS:
            self._found.unknown_functions.append(name)
        if method and name in MACROS and self._is_name(at + 1) and self._text(at + 2) == ",":
            self._declared.add(at + 1)
            return _Bracket(binds=self._text(at + 1))
        return _Bracket(guards=not method and name == "has")


def shape(paths: set[tuple[str, ...]]) -> Shape:
    """The paths as a tree; where a whole value is read the branch ends, whatever longer paths go through it."""
    tree: Shape = {}
    for path in sorted(paths, key=len, reverse=True):
        branch = tree
        for step in path[:-1]:
            branch = branch.setdefault(step, {})
        branch[path[-1]] = {}
    return tree
