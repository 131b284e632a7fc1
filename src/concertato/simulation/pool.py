"""Several processes share the runs of a simulation. What they count comes back in the order of the runs."""

import logging
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import chain, islice
from multiprocessing.connection import wait
from multiprocessing.synchronize import Event
from threading import Thread

from concertato.simulation.counting import count
from concertato.simulation.stage import Setting, Stage
from concertato.simulation.tally import Tally

_LOG = logging.getLogger("concertato.simulation")

_BROKEN = (
    "a process that shared the runs died: is memory short, or is a program that simulates with several workers without "
    'its `if __name__ == "__main__"`? One process goes on alone'
)

_LOOK = 0.1
"""Seconds after which it is asked again whether to stop."""
_AHEAD = 4
"""Chunks that each process has been given beforehand."""

_prepared: tuple[Stage, Event] | None = None
"""What this process works with, where it is one of the pool's; the event is set once nobody wants its work any more."""


def in_processes(
    document: bytes, setting: Setting, seed: int, chunks: Iterator[range], workers: int, stop: Callable[[], bool]
) -> Generator[Tally, None, Iterator[range]]:
    """What the runs of each chunk come to, until `stop` says so.

    Returns the chunks that are left where one of the processes was killed, as by a system that is short of memory.
    """
    # Other ways of starting a process copy this one, with locks that its threads may hold.
    context = multiprocessing.get_context("spawn")
    end = context.Event()
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare, initargs=(document, setting, end))
    handed_out: deque[range] = deque()
    waiting: deque[Future[Tally]] = deque()
    try:
        while not stop():
            with _unheard():
                for chunk in islice(chunks, workers * _AHEAD - len(waiting)):
                    handed_out.append(chunk)  # before it is: a pool that is broken takes none
                    waiting.append(pool.submit(_count, seed, chunk))
            if not waiting:
                break
            try:
                tally = waiting[0].result(_LOOK)
            except NotYet:
                continue
            waiting.popleft()
            handed_out.popleft()
            yield tally
        end.set()
        for future in waiting:
            if not future.cancel():  # it is counted, as far as it has come
                yield future.result()
    except BrokenProcessPool:
        if not stop():
            _LOG.warning(_BROKEN)
        return chain(handed_out, chunks)
    finally:
        end.set()
        pool.shutdown(cancel_futures=True)
    return iter(())


@contextmanager
def _unheard() -> Iterator[None]:
    """Processes that are started meanwhile never hear Ctrl-C, which reaches every process of a terminal: the first one
    says when they are to end. SIGTERM they hear, since that is how a broken pool is put away.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prepare(document: bytes, setting: Setting, end: Event) -> None:
    global _prepared  # noqa: PLW0603 - what a process is made ready with can be kept nowhere else
    Thread(target=_end_with_parent, daemon=True).start()
    _prepared = Stage(document, setting), end


def _end_with_parent() -> None:
    """One that is killed tells nobody, and this process would wait for its next chunk for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    signal.raise_signal(signal.SIGKILL)


def _count(seed: int, chunk: range) -> Tally:
    assert _prepared is not None
    stage, end = _prepared
    return count(stage, seed, chunk, end.is_set)
