"""Texts that people read, with values in them: `f"Order {order.id}"` is written `Order {{ order.id }}`."""

import re
from collections.abc import Iterator

from concertato.definition.builder.expr import Expr, HasOutput, as_expr, cel, text_of
from concertato.definition.builder.literal import END, MARK, unmarked
from concertato.definition.builder.place import mistake
from concertato.definition.codes import Code
from concertato.definition.template import Slot, TemplateError, parts

_PUT_IN = re.compile(f"{MARK}(.*?){END}", re.DOTALL)


def template(value: object) -> tuple[str, tuple[Expr, ...]]:
    """The text as the document writes it, and the values that it shows."""
    if isinstance(value, Expr | HasOutput):
        return f"{{{{ {text_of(value)} }}}}", (as_expr(value),)
    if not isinstance(value, str):
        mistake(Code.WRONG_VALUE, f"expected a text, or a value that is one, got: {value!r}")
    text = "".join(_written(value))
    return text, tuple(cel(part.text) for part in parts(text) if isinstance(part, Slot))


def _written(text: str) -> Iterator[str]:
    """The text with two braces around each value; those that its author wrote himself stay as they are."""
    try:
        found = parts(text)
    except TemplateError as error:
        mistake(Code.BAD_EXPRESSION, f"the text {unmarked(text)!r:.80}: {error}")
    for part in found:
        yield f"{{{{ {unmarked(part.text)} }}}}" if isinstance(part, Slot) else _PUT_IN.sub(r"{{ \1 }}", part)
