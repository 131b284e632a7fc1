"""A task that people have yet to decide."""

from typing import Literal

import msgspec

from concertato.run.scope import Scope


class Vote(msgspec.Struct, frozen=True):
    """One person's choice, where several have to make it."""

    user: str
    choice: str


class Task:
    """A task that people have yet to decide. `question` is what is shown, as JSON text.

    `to` is who may decide it now, `due` when its time is over, `default` what is chosen then, `handover` whom it passes
    to before that, and for how long; `reminders` is how many timers remind of it; `barred` may not decide it, whoever
    they are besides.
    """

    __slots__ = (
        "about",
        "barred",
        "default",
        "due",
        "handover",
        "node",
        "question",
        "reminders",
        "scope",
        "to",
        "votes",
    )

    def __init__(
        self, about: Literal["human", "failure", "undo"], scope: Scope, node: int, question: bytes, to: tuple[str, ...]
    ) -> None:
        self.about: Literal["human", "failure", "undo"] = about
        self.scope = scope
        self.node = node
        self.question = question
        self.to = to
        self.due: float | None = None
        self.default: str | None = None
        self.handover: tuple[tuple[str, ...], float | None] | None = None
        self.barred: tuple[str, ...] = ()
        self.votes: list[Vote] = []
        self.reminders = 0
