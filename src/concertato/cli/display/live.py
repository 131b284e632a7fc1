"""The live picture: what has come to something scrolls by, what is going on stays below with its time running."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from concertato.cli.display.lines import Stopwatch
from concertato.cli.display.outcome import tell_outcome
from concertato.cli.display.words import ACTIVE, TOLD, mark, node_line
from concertato.cli.screen import Part, Screen, styled
from concertato.cli.text import one_line, shorten, spent
from concertato.engine.contract import NodeChange, RunView
from concertato.run.status import RESOLVED, NodeStatus

if TYPE_CHECKING:
    from rich.text import Text

_REFRESH = 0.1
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class LiveDisplay:
    """Lines are gathered and drawn at each refresh: ten thousand quick nodes cost no more drawings than ten."""

    def __init__(self, screen: Screen, now: Callable[[], float]) -> None:
        from rich.live import Live

        self._screen = screen
        self._now = now
        self._stopwatch = Stopwatch()
        self._lines: list[list[Part]] = []
        self._active: dict[tuple[str, str], NodeChange] = {}
        self._began = now()
        self._done = 0
        self._frame = 0
        self._title = ""
        self._live = Live(
            console=screen.console, auto_refresh=False, transient=True, redirect_stdout=True, redirect_stderr=True
        )
        self._ticker: asyncio.Task[None] | None = None

    def opened(self, run_id: str, workflow: str) -> None:
        self._title = one_line(workflow)
        self._lines.append([(self._title, "bold"), (f"  run {run_id}", "dim")])
        if self._ticker is None:
            self._live.start()
            self._ticker = asyncio.get_running_loop().create_task(self._tick())

    def changed(self, change: NodeChange) -> None:
        took = self._stopwatch.took(change)
        key = (change.run_id, change.path)
        if change.status in ACTIVE:
            # The time that is shown runs from the node's first beginning.
            began = self._active.get(key, change).at
            self._active[key] = msgspec.structs.replace(change, at=began)
        else:
            self._active.pop(key, None)
        if change.status in RESOLVED:
            self._done += 1
        if change.status in TOLD:
            self._lines.append(node_line(change, took, unicode=self._screen.unicode))

    def ended(self, view: RunView) -> None:
        self.closed()
        tell_outcome(view, self._screen)

    def interrupted(self, advice: str | None) -> None:
        self.closed()

    def closed(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None
            self._flush()
            self._live.stop()

    async def _tick(self) -> None:
        with suppress(asyncio.CancelledError):
            while True:
                self._flush()
                self._live.update(styled(self._picture()), refresh=True)
                await asyncio.sleep(_REFRESH)

    def _flush(self) -> None:
        if self._lines:
            lines: list[Text] = [styled(parts) for parts in self._lines]
            self._lines.clear()
            self._live.console.print(*lines, sep="\n")

    def _picture(self) -> list[Part]:
        """At most as many lines as the terminal has: the oldest nodes that are going on, then one line that counts."""
        self._frame += 1
        room = max(self._screen.console.height - 3, 1)
        parts: list[Part] = []
        going_on = list(self._active.values())
        for change in going_on[:room]:
            parts += self._active_line(change)
        if len(going_on) > room:
            parts.append((f"    and {len(going_on) - room} more\n", "dim"))
        counted = f"{self._done} done · {len(going_on)} going on · {spent(self._now() - self._began)}"
        parts.append((shorten(f"{self._title}  {counted}", self._screen.live_width), "dim"))
        return parts

    def _active_line(self, change: NodeChange) -> list[Part]:
        sign: Part = mark(change.status, unicode=self._screen.unicode)
        if change.status == NodeStatus.RUNNING and self._screen.unicode:
            sign = (_SPINNER[self._frame % len(_SPINNER)], "cyan")
        message = f"  {one_line(change.message)}" if change.message else ""
        took = spent(self._now() - change.at)
        text = f" {change.path:<24} {change.status.replace('_', ' ')}  {took}{message}"
        return ["  ", sign, shorten(text, self._screen.width - 4), "\n"]
