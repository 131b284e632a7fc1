"""The bar that shows on a terminal how far long work has got: how much of how much, and a note beside it."""

from typing import TYPE_CHECKING

from concertato.cli.screen import Screen

if TYPE_CHECKING:
    from rich.progress import Progress


def narrow_bar(screen: Screen) -> "Progress":
    """As wide as the screen says; each task has a field `note`. Drawn when it is told to, gone when it has ended."""
    from rich.constrain import Constrain
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn

    class NarrowProgress(Progress):
        def get_renderable(self) -> Constrain:
            return Constrain(super().get_renderable(), screen.live_width)

    return NarrowProgress(
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=screen.console,
        auto_refresh=False,
        transient=True,
    )
