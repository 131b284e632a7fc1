"""What the machine answers to an event that does not fit: why, and nothing has changed."""

import msgspec


class Refusal(msgspec.Struct, frozen=True):
    """Why an event was not accepted. `late`: it is an answer that nobody waits for any more."""

    reason: str
    late: bool = False
