"""One body as it stands in a plan, and the one around it: where the names in its expressions lead."""

from typing import Self

from concertato.plan.model import ScopePlan


class Frame:
    def __init__(self, scope: ScopePlan, around: "Self | None") -> None:
        self.scope = scope
        self.around = around

    def at(self, up: int) -> Self:
        """So many bodies further out, as `Name.up` counts them."""
        frame = self
        for _ in range(up):
            assert frame.around is not None
            frame = frame.around
        return frame
