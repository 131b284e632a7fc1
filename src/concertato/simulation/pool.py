"""Several processes share the runs of a simulation. What they count comes back in the order of the runs."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from multiprocessing.synchronize import Event

from concertato.simulation.counting import count
from concertato.simulation.stage import Setting, Stage
from concertato.simulation.tally import Tally

_LOOK = 0.1
"""Seconds after which it is asked again whether to stop."""
_AHEAD = 4
"""Chunks that each process has been given beforehand."""

_prepared: tuple[Stage, Event] | None = None
"""What this process works with, where it is one of the pool's; the event is set once nobody wants its work any more."""


def in_processes(
    document: bytes, setting: Setting, seed: int, chunks: Sequence[range], workers: int, stop: Callable[[], bool]
) -> Iterator[Tally]:
    """What the runs of each chunk come to, until `stop` says so."""
    # Other ways of starting a process copy this one, with locks that its threads may hold.
    context = multiprocessing.get_context("spawn")
    end = context.Event()
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare, initargs=(document, setting, end))
    try:
        waiting: deque[Future[Tally]] = deque()
        pending = deque(chunks)
        while (pending or waiting) and not stop():
            while pending and len(waiting) < workers * _AHEAD:
                waiting.append(pool.submit(_count, seed, pending.popleft()))
            try:
                tally = waiting[0].result(_LOOK)
            except NotYet:
                continue
            waiting.popleft()
            yield tally
    finally:
        end.set()
        pool.shutdown(cancel_futures=True)


def _prepare(document: bytes, setting: Setting, end: Event) -> None:
    global _prepared  # noqa: PLW0603 - what a process is made ready with can be kept nowhere else
    # Ctrl-C reaches every process of a terminal; the first one says when these are to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _prepared = Stage(document, setting), end


def _count(seed: int, chunk: range) -> Tally:
    assert _prepared is not None
    stage, end = _prepared
    return count(stage, seed, chunk, end.is_set)
