"""How much work something is. That is asked of the processor: a machine that others keep busy changes it but little."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import thread_time


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """What is done within it takes this thread no longer. Leave room: what is to be found is work that grows wildly."""
    before = thread_time()
    yield
    spent = thread_time() - before
    assert spent < seconds, f"expected at most {seconds} s of work, got {spent:.1f}"
