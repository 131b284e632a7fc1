"""How a batch stands, in numbers."""

from collections import Counter
from dataclasses import dataclass, field

from concertato.cli.exits import Exit
from concertato.run.status import RunStatus

INVALID = "invalid"
"""The status of a row that no run could be started for."""

_BY_OUTCOME = (*(status.value for status in RunStatus if status.ended), INVALID)


@dataclass
class Tally:
    """`before` counts the rows whose runs an earlier call had begun: they were read back or gone on with."""

    began: float
    total: int | None = None
    counts: Counter[str] = field(default_factory=Counter)
    before: int = 0

    @property
    def rows(self) -> int:
        return self.counts.total()

    @property
    def not_succeeded(self) -> int:
        return self.rows - self.counts[RunStatus.SUCCEEDED]

    def rate(self, now: float) -> float:
        return self.rows / max(now - self.began, 1e-9)

    def in_words(self) -> str:
        """`998 succeeded, 1 failed, 1 invalid`; statuses of runs that have not ended are runs that only wait."""
        counted = [(name, self.counts[name]) for name in _BY_OUTCOME]
        counted.append(("waiting", self.waiting))
        return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counted if count) or "no rows"

    @property
    def waiting(self) -> int:
        return self.rows - sum(self.counts[name] for name in _BY_OUTCOME)

    @property
    def exit(self) -> Exit:
        if self.not_succeeded == self.waiting:
            return Exit.WAITING if self.waiting else Exit.OK
        return Exit.FAILED
