"""Where everything is put together: the only module that reads the environment and knows every adapter."""

import os
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from concertato.clock import Clock, SystemClock
from concertato.errors import JournalNotFound, JournalReadOnly
from concertato.settings import DEFAULT_JOURNAL, Settings, from_environ

if TYPE_CHECKING:
    from concertato.agents.registry import Registry
    from concertato.engine.contract import Engine
    from concertato.engine.embedded.inspect import Inspector

T = TypeVar("T")


class Wiring:
    """What the command line's `Doors` are made of. Nothing is opened, and no adapter loaded, before it is asked for."""

    def __init__(self) -> None:
        self.settings: Settings = from_environ(os.environ)
        self.clock: Clock = SystemClock()

    @asynccontextmanager
    async def engine(self, journal: Path, agents: "Registry", *, recover: bool = False) -> "AsyncIterator[Engine]":
        from concertato.engine.embedded import EmbeddedEngine

        _make_default_folder(journal)
        try:
            engine = await EmbeddedEngine.open(
                journal, agents=agents, durability=self.settings.durability, clock=self.clock, recover=recover
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

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        import asyncio

        with asyncio.Runner(loop_factory=_fast_loop()) as runner:
            return runner.run(work)


def _fast_loop() -> Any:
    try:
        from uvloop import new_event_loop
    except ImportError:  # not on this platform
        return None
    return new_event_loop


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
