"""Burr, with its two SQLite persisters, in WAL and with `synchronous = FULL`.

`on_aiosqlite` is what its documentation recommends for coroutines: `abuild` and `AsyncSQLitePersister`. All runs share
the one connection, which is its best in a crowd: what runs insert while one commits is in the next commit with theirs.
`on_sqlite3` is the plain `SQLitePersister`, which commits on the loop while everything else stands still. That is
discouraged for coroutines, but one run at a time is faster so, since no thread is asked. Its parallel tasks want the
persister for coroutines, so it has no W3.

WAL is set on the connection, as Burr leaves SQLite as it comes. A graph is built once; an application is built for each
run, under an id of its own and without a tracker. W3 is `MapStates`, whose tasks are sub-applications, persisted like
their parent, and whose `reduce` is the join.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import cached_property
from itertools import count, pairwise
from pathlib import Path
from typing import Any

from burr.core import ApplicationBuilder, ApplicationContext, GraphBuilder, State, action
from burr.core.persistence import SQLitePersister
from burr.integrations.persisters.b_aiosqlite import AsyncSQLitePersister

from bench.nodes import LENGTH, fill, inc, one, renew
from bench.peers.contract import Opened

_NAMES = [f"n{place}" for place in range(LENGTH)]


@asynccontextmanager
async def on_aiosqlite(database: Path) -> AsyncIterator[Opened]:
    async with AsyncSQLitePersister.from_values(db_path=str(database)) as persister:
        await persister.connection.execute("PRAGMA journal_mode = WAL")
        await persister.initialize()
        yield _Applications(persister)


@asynccontextmanager
async def on_sqlite3(database: Path) -> AsyncIterator[Opened]:
    with SQLitePersister(str(database)) as persister:
        persister.connection.execute("PRAGMA journal_mode = WAL")
        persister.initialize()
        yield _Applications(persister)


class _Applications:
    def __init__(self, persister: Any) -> None:
        self._persister = persister
        self._numbers = count()

    async def chain(self, number: int) -> int:
        n: int = (await self._ended(self._chain, _NAMES[0], _NAMES[-1], n=number))["n"]
        return n

    async def wide(self, width: int) -> int:
        joined: int = (await self._ended(self._wide, "wide", "wide", width=width))["joined"]
        return joined

    async def big(self, number: int) -> str:
        text: str = (await self._ended(self._big, _NAMES[0], _NAMES[-1], n=number))["text"]
        return text

    async def _ended(self, graph: Any, first: str, last: str, **given: object) -> Any:
        """The state in which an application of this graph ends."""
        builder = (
            ApplicationBuilder()
            .with_graph(graph)
            .with_entrypoint(first)
            .with_state(**given)
            .with_identifiers(app_id=str(next(self._numbers)))
            .with_state_persister(self._persister)
        )
        application = await builder.abuild() if self._persister.is_async() else builder.build()
        _, _, state = await application.arun(halt_after=[last])
        return state

    @cached_property
    def _chain(self) -> Any:
        return _chained([action(reads=["n"], writes=["n"])(_inc) for _ in _NAMES])

    @cached_property
    def _big(self) -> Any:
        others = [action(reads=["text"], writes=["text"])(_renew) for _ in _NAMES[1:]]
        return _chained([action(reads=["n"], writes=["text"])(_fill), *others])

    @cached_property
    def _wide(self) -> Any:
        return _wide()


def _chained(nodes: list[Any]) -> Any:
    actions = dict(zip(_NAMES, nodes, strict=True))
    return GraphBuilder().with_actions(**actions).with_transitions(*pairwise(_NAMES)).build()


async def _inc(state: State) -> State:
    return state.update(n=await inc(state["n"]))


async def _one(state: State) -> State:
    return state.update(one=await one())


async def _fill(state: State) -> State:
    return state.update(text=await fill(state["n"]))


async def _renew(state: State) -> State:
    return state.update(text=await renew(state["text"]))


def _wide() -> Any:
    """`width` times the action `one`, and the sum of what they gave."""
    from burr.core.parallelism import MapStates  # with pydantic, whose memory the chains need not pay for

    one_action = action(reads=[], writes=["one"])(_one)

    class Wide(MapStates):  # type: ignore[misc]  # Burr is not installed where this is checked
        def action(self, state: State, inputs: dict[str, Any]) -> Any:
            return one_action

        def states(self, state: State, context: ApplicationContext, inputs: dict[str, Any]) -> Iterator[State]:
            return (state for _ in range(state["width"]))

        async def reduce(self, state: State, states: AsyncIterator[State]) -> State:
            return state.update(joined=sum([each["one"] async for each in states]))

        def is_async(self) -> bool:
            return True

        @property
        def reads(self) -> list[str]:
            return ["width"]

        @property
        def writes(self) -> list[str]:
            return ["joined"]

    return GraphBuilder().with_actions(wide=Wide()).build()
