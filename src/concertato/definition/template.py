"""Texts with expressions in them: `Order {{ order.id }} of {{ order.customer }}`. Two braces open one, two close it."""

from typing import NamedTuple


class Slot(NamedTuple):
    """An expression in a text. `at` is where it begins, in characters from the start of the text."""

    text: str
    at: int


class TemplateError(ValueError):
    """A text whose braces do not close. `at` is where the expression begins that does not end."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def parts(text: str) -> list[str | Slot]:
    """What stands as it is, and what is computed, in order. Raises TemplateError."""
    found: list[str | Slot] = []
    at = 0
    while (opens := text.find("{{", at)) >= 0:
        closes = _end(text, opens + 2)
        if closes < 0:
            raise TemplateError("expected '}}' after '{{': an expression begins here and does not end", opens)
        if opens > at:
            found.append(text[at:opens])
        inside = text[opens + 2 : closes]
        found.append(Slot(inside.strip(), opens + 2 + len(inside) - len(inside.lstrip())))
        at = closes + 2
    if at < len(text):
        found.append(text[at:])
    return found


def _end(text: str, start: int) -> int:
    """Where the expression that begins at `start` ends; -1 where it does not.

    Braces of the expression's own, and those in its texts, close nothing: `{{ {'a': {'b': '}}'}} }}`.
    """
    depth, quote, at = 0, "", start
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "{":
            depth += 1
        elif char == "}" and depth:
            depth -= 1
        elif text.startswith("}}", at):
            return at
        at += 1
    return -1
