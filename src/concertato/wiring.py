"""Where everything is put together: the only module that reads the environment and knows every adapter."""

import logging
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from concertato.clock import Clock, SystemClock
from concertato.errors import JournalNotFound, JournalReadOnly
from concertato.settings import DEFAULT_JOURNAL, Settings, from_environ

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task

    from concertato.agents.registry import Registry
    from concertato.engine.contract import Engine
    from concertato.engine.embedded.inspect import Inspector

T = TypeVar("T")

_LOG = logging.getLogger("concertato")

_PATIENCE = 2.0
"""Seconds that what still goes on at the end is given to stop."""
_NAMED = 3


class Wiring:
    """What the command line's `Doors` are made of. Nothing is opened, and no adapter loaded, before it is asked for."""

    def __init__(self) -> None:
        self.settings: Settings = from_environ(os.environ)
        self.clock: Clock = SystemClock()

    @asynccontextmanager
    async def engine(self, journal: Path, agents: "Registry", *, recover: bool = False) -> "AsyncIterator[Engine]":
        from concertato.engine.embedded import EmbeddedEngine
        from concertato.notify.hooks import hooks_from

        hooks = hooks_from(self.settings, self.clock)
        _make_default_folder(journal)
        try:
            engine = await EmbeddedEngine.open(
                journal,
                agents=agents,
                durability=self.settings.durability,
                clock=self.clock,
                recover=recover,
                hooks=hooks,
            )
            async with engine:
                yield engine
        finally:
            agents.close()

    @contextmanager
    def reader(self, journal: Path) -> "Iterator[Inspector]":
        from concertato.engine.embedded.inspect import Inspector

        if journal == DEFAULT_JOURNAL and not journal.exists():
            raise JournalNotFound(
                f"there is no journal in this folder ({journal}): runs are kept in the folder where they were started, "
                "so go there, or name the journal with --journal"
            )
        inspector = Inspector.open(journal)
        try:
            yield inspector
        finally:
            inspector.close()

    def is_driven(self, journal: Path) -> bool:
        from concertato.journal.lock import is_held

        return is_held(journal)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` to its end, and end whatever it has left behind: an agent that will not stop is not waited for."""
        import asyncio

        # Its `close` is not called: that waits without a bound, for tasks and for threads.
        runner = asyncio.Runner(loop_factory=_loop_factory())
        try:
            return runner.run(work)
        finally:
            loop = runner.get_loop()
            try:
                loop.run_until_complete(_stop_all(loop))
            finally:
                loop.close()


def _loop_factory() -> "Callable[[], AbstractEventLoop]":
    try:
        import uvloop
    except ImportError:  # not on this platform
        import asyncio

        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _stop_all(loop: "AbstractEventLoop") -> None:
    """Cancel every task and close every generator, and tell of those that do not heed it."""
    import asyncio

    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    if left:
        _, left = await asyncio.wait(left, timeout=_PATIENCE)
    if left:
        more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
        _LOG.warning(
            "concertato: told to stop, did not, and is left behind: %s%s",
            ", ".join(sorted(map(_where, left))[:_NAMED]),
            more,
        )
        _say_no_more(loop)
    _, unclosed = await asyncio.wait([asyncio.ensure_future(loop.shutdown_asyncgens())], timeout=_PATIENCE)
    if unclosed:
        _say_no_more(loop)


def _say_no_more(loop: "AbstractEventLoop") -> None:
    """What is left behind is thrown away pending, which asyncio would complain of, task by task."""
    loop.set_exception_handler(lambda *_: None)


def _where(task: "Task[Any]") -> str:
    """The outermost function in which a task waits that is not one of ours: the agent's own."""
    ours = f"{Path(__file__).parent}{os.sep}"
    waiting: Any = task.get_coro()
    while (code := getattr(waiting, "cr_code", None)) is not None:
        if not code.co_filename.startswith(ours):
            return f"agent {code.co_name} ({code.co_filename}:{code.co_firstlineno})"
        waiting = waiting.cr_await
    return task.get_name()


def _make_default_folder(journal: Path) -> None:
    """The default journal's folder is made, and kept out of version control; a folder that was named must be there."""
    folder = DEFAULT_JOURNAL.parent
    if journal != DEFAULT_JOURNAL or folder.exists():
        return
    try:
        folder.mkdir()
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise JournalReadOnly(
            f"cannot make the folder {folder} for the journal: {error.strerror}; name another place with --journal"
        ) from None
