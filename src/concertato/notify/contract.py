"""What a hook is: a way to tell somebody outside what people are asked to decide, and what became of it."""

from typing import Protocol

from concertato.journal.contract import Notice


class DeliveryError(Exception):
    """A notice did not arrive. The message says why and goes into the journal, so it holds nothing that is secret."""


class Hook(Protocol):
    """One attempt at a time. The same notice may be given again, always with the same `id`: after a failure, and after
    a crash even if it had arrived.
    """

    @property
    def name(self) -> str:
        """What the journal knows it by, and no other hook: what waits for a name is given to the hook that has it."""
        ...

    async def deliver(self, notice: Notice) -> None:
        """Return once it has arrived. Raises `DeliveryError`; may be cancelled, and then leaves nothing at work."""
        ...
