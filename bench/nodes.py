"""What the nodes of the workloads do. The same functions run in Concertato, in the ceilings and in the peers."""

LENGTH = 10
"""The nodes of a chain."""

SIZE = 256 * 1024
"""The bytes that a node of W5 gives, as JSON text."""


async def inc(n: int) -> int:
    return n + 1


async def one() -> int:
    return 1


async def fill(n: int) -> str:
    """As JSON text exactly SIZE bytes, and different for every run."""
    return f"{n:08}:{0:04}:".ljust(SIZE - 2, "x")


async def renew(text: str) -> str:
    """The same with the place counted up: different for every node."""
    run, place, rest = text.split(":", 2)
    return f"{run}:{int(place) + 1:04}:{rest}"


def is_last_of(run: int, text: str) -> bool:
    """Whether a run of W5 that began with this number ended with its last node's text."""
    return text.startswith(f"{run:08}:{LENGTH - 1:04}:") and len(text) == SIZE - 2
