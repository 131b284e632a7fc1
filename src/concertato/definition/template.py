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
        closes = text.find("}}", opens + 2)
        if closes < 0:
            raise TemplateError("expected '}}' after '{{': an expression begins here and does not end", opens)
        # A brace that closes a map in the expression stands before the two that close the slot: {{ {'a': 1} }}.
        while text[closes + 2 : closes + 3] == "}":
            closes += 1
        if opens > at:
            found.append(text[at:opens])
        inside = text[opens + 2 : closes]
        found.append(Slot(inside.strip(), opens + 2 + len(inside) - len(inside.lstrip())))
        at = closes + 2
    if at < len(text):
        found.append(text[at:])
    return found
