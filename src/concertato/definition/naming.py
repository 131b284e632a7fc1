"""What a node or an input may be called, so that an expression can speak of it."""

import re

from concertato.definition import expression_text
from concertato.definition.scope import CONTEXT_NAMES

CEL_WORDS = expression_text.KEYWORDS | expression_text.RESERVED
"""What CEL keeps for itself."""

RESERVED = CEL_WORDS | CONTEXT_NAMES

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def fault_of(name: str) -> str | None:
    """What is wrong with `name`, and a name that would do; None when it will."""
    if name in CEL_WORDS:
        return f"'{name}' is a word that expressions keep for themselves; call it '{mended(name)}'"
    if name in CONTEXT_NAMES:
        return f"'{name}' already has a meaning in expressions; call it '{mended(name)}'"
    if not _IDENTIFIER.fullmatch(name):
        rule = "expected a name of letters, digits and _ that begins with a letter"
        return f"{rule}, got: {name!r:.60}; call it '{mended(name)}'"
    return None


def mended(name: str) -> str:
    """The usable name nearest to `name`."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[:60] or "node"
    if plain[0].isdigit():
        plain = f"n{plain}"
    return f"{plain}_" if plain in RESERVED else plain
