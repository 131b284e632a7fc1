"""The terminal, or the file in its place: what it can show, and plain or coloured lines on it.

Every text that comes from a definition, an agent or a file passes `text.safe` before it gets here.
"""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Part = str | tuple[str, str]
"""Plain text, or text with a rich style."""

_LEAST = 8
"""Cells that a column keeps, however narrow the terminal."""


class Screen:
    """Standard output or standard error. `rich` is loaded when the first line is coloured."""

    def __init__(self, stream: TextIO, colour: bool | None = None) -> None:
        self.stream = stream
        self.is_terminal = stream.isatty()
        self.coloured = self.is_terminal if colour is None else colour
        self.unicode = _can_show(stream, "✓│…")
        self._console: Console | None = None

    @property
    def console(self) -> "Console":
        if self._console is None:
            from rich.console import Console

            class PipeAwareConsole(Console):
                def on_broken_pipe(self) -> None:
                    raise  # noqa: PLE0704 - rich calls this while it handles the error, and would end the process itself

            self._console = PipeAwareConsole(
                file=self.stream,
                force_terminal=self.is_terminal or self.coloured,
                no_color=not self.coloured,
                soft_wrap=True,
                highlight=False,
                markup=False,
                emoji=False,
            )
        return self._console

    @property
    def width(self) -> int:
        """Cells in a line; without a terminal lines are as long as they are."""
        return self.console.width if self.is_terminal else 1_000_000

    @property
    def live_width(self) -> int:
        """Cells for the last line of what is redrawn: `^C`, which a terminal writes behind it, must not wrap."""
        return self.width - 1 - len("^C")

    def line(self, *parts: Part) -> None:
        if self.coloured or self.is_terminal:
            self.console.print(styled(parts))
        else:
            self.stream.write("".join(part if isinstance(part, str) else part[0] for part in parts) + "\n")
            self.stream.flush()

    def table(self, head: Sequence[str], rows: Iterable[Sequence[Part]], *, shrink: Sequence[int] = ()) -> None:
        """Columns as wide as their widest cell; where a line does not fit, those of `shrink` give way, in order."""
        from rich.cells import cell_len

        from concertato.cli.text import shorten

        lines: list[Sequence[Part]] = [[(name, "bold") for name in head], *rows]
        widths = [max(cell_len(_plain(line[column])) for line in lines) for column in range(len(head))]
        over = sum(widths) + 2 * (len(widths) - 1) - self.width
        for column in shrink:
            kept = min(widths[column], max(widths[column] - over, _LEAST))
            over -= widths[column] - kept
            widths[column] = kept
        for line in lines:
            parts: list[Part] = []
            for cell, width in zip(line, widths, strict=True):
                text = shorten(_plain(cell), width)
                parts.append(text if isinstance(cell, str) else (text, cell[1]))
                parts.append(" " * (width - cell_len(text) + 2))
            while parts and not _plain(parts[-1]).strip():
                parts.pop()
            self.line(*parts)


def styled(parts: Iterable[Part]) -> "Text":
    from rich.text import Text

    return Text.assemble(*parts)


def output(colour: bool | None = None) -> Screen:
    return Screen(sys.stdout, colour)


def complaints(colour: bool | None = None) -> Screen:
    return Screen(sys.stderr, colour)


def _plain(part: Part) -> str:
    return part if isinstance(part, str) else part[0]


def _can_show(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
