"""Nothing while it goes on; the outputs alone at the end, as JSON that another program can read."""

from concertato.cli.screen import Screen
from concertato.cli.text import pretty_json
from concertato.engine.contract import NodeChange, RunView


class QuietDisplay:
    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def opened(self, run_id: str, workflow: str) -> None:
        pass

    def changed(self, change: NodeChange) -> None:
        pass

    def ended(self, view: RunView) -> None:
        if view.outputs is not None:
            self._screen.line(pretty_json(bytes(view.outputs)))

    def interrupted(self, advice: str | None) -> None:
        pass

    def closed(self) -> None:
        pass
