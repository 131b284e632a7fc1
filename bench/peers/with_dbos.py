"""DBOS on SQLite, with workflows and steps as coroutines, or as plain functions in threads.

`in_coroutines` starts workflows with `DBOS.start_workflow_async`, on the loop that measures; DBOS itself calls SQLite
in threads, with `synchronous = FULL`. `in_threads` calls plain workflows in as many threads as there are runs, which
spares the loop and is somewhat faster. Plain workflows have no steps side by side: it is for the trivial chain only.

Two settings that DBOS leaves to its user make it faster, so both are made. WAL is set on the file before DBOS opens it,
and stays. The pool has one connection: SQLite has one writer, and waiting for the pool costs less than sleeping on
SQLite's lock. The documentation recommends PostgreSQL for production; SQLite is the default, and what is compared here.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

from dbos import DBOS

from bench.measures import CROWD
from bench.nodes import LENGTH, fill, inc, one, renew
from bench.peers.contract import Opened


@asynccontextmanager
async def in_coroutines(database: Path) -> AsyncIterator[Opened]:
    with _launched(database):
        yield _Coroutines()


@asynccontextmanager
async def in_threads(database: Path) -> AsyncIterator[Opened]:
    with _launched(database), ThreadPoolExecutor(CROWD) as threads:
        yield _Threads(threads)


@contextmanager
def _launched(database: Path) -> Iterator[None]:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    DBOS(
        config={
            "name": "bench",
            "system_database_url": f"sqlite:///{database}",
            "sys_db_pool_size": 1,
            "log_level": "WARNING",
        }
    )
    DBOS.launch()
    try:
        yield
    finally:
        DBOS.destroy()


async def _same(n: int) -> int:
    return n


_inc, _one, _join, _fill, _renew = (DBOS.step()(node) for node in (inc, one, _same, fill, renew))


async def _chain(n: int) -> int:
    for _ in range(LENGTH):
        n = await _inc(n)
    return n


async def _wide(width: int) -> int:
    joined: int = await _join(sum(await asyncio.gather(*(_one() for _ in range(width)))))
    return joined


async def _big(n: int) -> str:
    text: str = await _fill(n)
    for _ in range(1, LENGTH):
        text = await _renew(text)
    return text


_CHAIN, _WIDE, _BIG = (DBOS.workflow()(workflow) for workflow in (_chain, _wide, _big))


def _inc_in_thread(n: int) -> int:
    return n + 1


_plain_inc = DBOS.step()(_inc_in_thread)


def _chain_in_thread(n: int) -> int:
    for _ in range(LENGTH):
        n = _plain_inc(n)
    return n


_PLAIN_CHAIN = DBOS.workflow()(_chain_in_thread)


class _Coroutines:
    async def chain(self, number: int) -> int:
        n: int = await (await DBOS.start_workflow_async(_CHAIN, number)).get_result()
        return n

    async def wide(self, width: int) -> int:
        joined: int = await (await DBOS.start_workflow_async(_WIDE, width)).get_result()
        return joined

    async def big(self, number: int) -> str:
        text: str = await (await DBOS.start_workflow_async(_BIG, number)).get_result()
        return text


class _Threads(_Coroutines):
    """The chain in a thread; what has no plain form here is as in coroutines, and is not measured."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads

    async def chain(self, number: int) -> int:
        n: int = await asyncio.get_running_loop().run_in_executor(self._threads, _PLAIN_CHAIN, number)
        return n
