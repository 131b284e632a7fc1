"""LangGraph in three ways: its functional API and its graph with the SQLite saver, its graph without a checkpointer.

`AsyncSqliteSaver` is the saver for coroutines; it sets WAL itself, commits with SQLite's `synchronous = FULL` and holds
one connection behind a lock. `durability="sync"` is the mode in which a step's checkpoint is on disk before the next
step begins. Of a functional run that holds for its end only: a task's result is written in the background, and the next
task does not wait for it. It is asked for all the same, as the most that LangGraph offers.

A graph is compiled once, and each run is a thread of its own, as the documentation has it. Coroutines on uvloop were
as fast as on asyncio's loop or faster; plain functions in 8 or in 64 threads, with the saver for them, were slower. A
chain hands its value on in one key of the state, which is the least that LangGraph can write: with a key for each node,
every checkpoint would hold the values of all the nodes before it.
"""

import asyncio
import operator
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from itertools import count, pairwise
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, StateGraph

from bench.nodes import LENGTH, fill, inc, one, renew
from bench.peers.contract import Opened

os.environ["LANGSMITH_TRACING"] = "false"  # whoever measures may trace their own programs: that costs, and goes out


@asynccontextmanager
async def functional(database: Path) -> AsyncIterator[Opened]:
    async with AsyncSqliteSaver.from_conn_string(str(database)) as saver:
        yield _Functional(saver)


@asynccontextmanager
async def graph(database: Path) -> AsyncIterator[Opened]:
    async with AsyncSqliteSaver.from_conn_string(str(database)) as saver:
        yield _Graph(saver)


@asynccontextmanager
async def nothing_kept(database: Path) -> AsyncIterator[Opened]:
    yield _Graph(None)


class _Threads:
    """Runs what is compiled, each run in a LangGraph thread of its own."""

    def __init__(self, saver: AsyncSqliteSaver | None) -> None:
        self._saver = saver
        self._numbers = count()
        self._kept: dict[str, str] = {} if saver is None else {"durability": "sync"}

    async def _result(self, compiled: Any, given: object) -> Any:
        thread = {"configurable": {"thread_id": str(next(self._numbers))}}
        return await compiled.ainvoke(given, thread, **self._kept)


class _Functional(_Threads):
    async def chain(self, number: int) -> int:
        n: int = await self._result(self._chain, number)
        return n

    async def wide(self, width: int) -> int:
        joined: int = await self._result(self._wide, width)
        return joined

    async def big(self, number: int) -> str:
        text: str = await self._result(self._big, number)
        return text

    @cached_property
    def _chain(self) -> Any:
        step = task(inc)

        async def chain(n: int) -> int:
            for _ in range(LENGTH):
                n = await step(n)
            return n

        return entrypoint(checkpointer=self._saver)(chain)

    @cached_property
    def _wide(self) -> Any:
        step, last = task(one), task(_same)

        async def wide(width: int) -> int:
            ones = await asyncio.gather(*(step() for _ in range(width)))
            joined: int = await last(sum(ones))
            return joined

        return entrypoint(checkpointer=self._saver)(wide)

    @cached_property
    def _big(self) -> Any:
        first, other = task(fill), task(renew)

        async def big(n: int) -> str:
            text: str = await first(n)
            for _ in range(1, LENGTH):
                text = await other(text)
            return text

        return entrypoint(checkpointer=self._saver)(big)


class _Number(TypedDict):
    n: int


class _Ones(TypedDict):
    ones: Annotated[int, operator.add]
    joined: int


class _Text(TypedDict):
    n: int
    text: str


class _Graph(_Threads):
    def __init__(self, saver: AsyncSqliteSaver | None) -> None:
        super().__init__(saver)
        self._wides: dict[int, Any] = {}

    async def chain(self, number: int) -> int:
        n: int = (await self._result(self._chain, {"n": number}))["n"]
        return n

    async def wide(self, width: int) -> int:
        if width not in self._wides:
            self._wides[width] = self._wide(width)
        joined: int = (await self._result(self._wides[width], {"ones": 0}))["joined"]
        return joined

    async def big(self, number: int) -> str:
        text: str = (await self._result(self._big, {"n": number}))["text"]
        return text

    @cached_property
    def _chain(self) -> Any:
        return self._chained(_Number, [_inc] * LENGTH)

    @cached_property
    def _big(self) -> Any:
        return self._chained(_Text, [_fill, *[_renew] * (LENGTH - 1)])

    def _chained(self, state: type, nodes: list[Callable[[Any], Awaitable[object]]]) -> Any:
        names = [f"n{place}" for place in range(len(nodes))]
        chain = StateGraph(state)
        for name, node in zip(names, nodes, strict=True):
            chain.add_node(name, node)
        for before, after in pairwise([START, *names, END]):
            chain.add_edge(before, after)
        return chain.compile(checkpointer=self._saver)

    def _wide(self, width: int) -> Any:
        names = [f"n{place}" for place in range(width)]
        wide = StateGraph(_Ones)
        for name in names:
            wide.add_node(name, _one)
            wide.add_edge(START, name)
        wide.add_node("join", _join)
        wide.add_edge(names, "join")
        wide.add_edge("join", END)
        return wide.compile(checkpointer=self._saver)


async def _same(n: int) -> int:
    return n


async def _inc(state: _Number) -> dict[str, int]:
    return {"n": await inc(state["n"])}


async def _one(state: _Ones) -> dict[str, int]:
    return {"ones": await one()}


async def _join(state: _Ones) -> dict[str, int]:
    return {"joined": state["ones"]}


async def _fill(state: _Text) -> dict[str, str]:
    return {"text": await fill(state["n"])}


async def _renew(state: _Text) -> dict[str, str]:
    return {"text": await renew(state["text"])}
