"""What every display does. It is told what changed; it never asks the engine."""

from typing import Protocol

from concertato.engine.contract import NodeChange, RunView


class Display(Protocol):
    """Called in this order: `opened` once, `changed` any number of times, then `closed` or `ended`, once.

    Several runs may be watched at once; each value says which run it is about.
    """

    def opened(self, run_id: str, workflow: str) -> None: ...

    def changed(self, change: NodeChange) -> None: ...

    def ended(self, view: RunView) -> None:
        """The run has ended or only waits; this is how it stands."""
        ...

    def interrupted(self, advice: str | None) -> None:
        """A signal stopped the work; `advice` is the command that goes on, if a run was begun."""
        ...

    def closed(self) -> None:
        """Nothing more comes: the terminal is left as it was found. Called in any case, also after `ended`."""
        ...
