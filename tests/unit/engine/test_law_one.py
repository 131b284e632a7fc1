"""The first law: a fact is durable before anything that follows from it is visible. Each test holds a commit back."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from concertato.engine.contract import Cancel, Edit, Pause, Request, Signal
from concertato.engine.embedded import EmbeddedEngine
from concertato.journal.contract import RunFilter
from concertato.plan.compile import compile_plan
from concertato.run.events import NodeSucceeded, RunFinished, RunStarted, SignalReceived
from support.running import House, house
from support.scripted import Hold, Scripts

CHAIN = {
    "name": "chain",
    "nodes": [{"id": "a", "type": "first"}, {"id": "b", "type": "second", "inputs": ["a.output"]}],
}
WAITING = {
    "name": "waiting",
    "nodes": [{"id": "w", "type": "wait", "signal": "go"}, {"id": "b", "type": "second", "inputs": ["w.output"]}],
}
SLEEPING = {
    "name": "sleeping",
    "nodes": [{"id": "w", "type": "wait", "for": "1h"}, {"id": "b", "type": "second", "inputs": ["w.output"]}],
}


class Disk:
    """Stands before a journal's commits, which wait for as long as the test holds them."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._open = threading.Event()
        self._open.set()
        self._commit = engine._journal.commit
        engine._journal.commit = self._wait_and_commit  # type: ignore[method-assign]

    def _wait_and_commit(self) -> None:
        if not self._open.is_set():
            self._loop.call_soon_threadsafe(self._arrived.set)
            assert self._open.wait(30), "the test lets go"
        self._commit()

    @contextmanager
    def holding(self) -> Iterator[None]:
        self._arrived.clear()
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    async def held(self) -> None:
        """Return once a commit is held, and all that could wrongly follow from it has had its chance to."""
        async with asyncio.timeout(20):
            await self._arrived.wait()
        for _ in range(30):
            await asyncio.sleep(0)


@asynccontextmanager
async def working(tmp_path: Path, scripts: Scripts) -> AsyncIterator[tuple[House, Disk]]:
    async with house(tmp_path, scripts) as h:
        yield h, Disk(h.engine)


class Watcher:
    """All that one may see of a run from outside, each followed from now on."""

    def __init__(self, h: House, run_id: str) -> None:
        self.events: list[Any] = []
        self.changes: list[tuple[str, str]] = []
        self._h, self._run_id = h, run_id
        self._tasks = [asyncio.create_task(each) for each in (self._follow_events(), self._follow_changes())]
        self.result = asyncio.create_task(h.engine.result(run_id))
        self.settled = asyncio.create_task(h.engine.settled(run_id))

    async def _follow_events(self) -> None:
        async for stored in self._h.engine.events(self._run_id):
            self.events.append(stored.event)

    async def _follow_changes(self) -> None:
        async for change in self._h.engine.changes(self._run_id):
            self.changes.append((change.path, change.status))

    async def seen(self) -> tuple[object, ...]:
        """What there is to see now; whether those who wait have been told is the last of it."""
        (row,) = await self._h.engine.runs(RunFilter())
        return (
            row,
            await self._h.engine.get(self._run_id),
            await self._h.events(self._run_id),
            list(self.events),
            list(self.changes),
            self._h.scripts.names,
            self.result.done(),
            self.settled.done(),
        )

    async def over(self) -> None:
        await asyncio.gather(*self._tasks, self.result, self.settled)


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def sending(h: House, run_id: str, request: Request) -> "asyncio.Task[None]":
    return asyncio.create_task(h.engine.send(run_id, request))


async def test_a_start_is_not_acknowledged_nor_listed_and_no_agent_is_called(tmp_path: Path) -> None:
    async with working(tmp_path, Scripts(first=1, second=2)) as (h, disk):
        with disk.holding():
            starting = asyncio.create_task(h.start(CHAIN))
            await disk.held()
            assert not starting.done()
            assert h.scripts.tasks == []
            assert await h.engine.runs(RunFilter()) == []
        await h.finish(await starting)
        assert h.scripts.names == ["first", "second"]


async def test_a_second_start_with_a_key_is_not_acknowledged_before_the_first_one_is(tmp_path: Path) -> None:
    async with working(tmp_path, Scripts(first=1, second=2)) as (h, disk):
        plan = compile_plan(CHAIN)
        with disk.holding():
            starts = [asyncio.create_task(h.engine.start(plan, {}, key="k")) for _ in range(2)]
            await disk.held()
            again = asyncio.create_task(h.engine.start(plan, {}, key="k"))
            await turns()
            assert [each.done() for each in (*starts, again)] == [False] * 3
        assert len(set(await asyncio.gather(*starts, again))) == 1


async def test_an_answer_is_seen_by_nobody_and_calls_no_successor(tmp_path: Path) -> None:
    first = Hold("answer")
    async with working(tmp_path, Scripts(first=first, second=2)) as (h, disk):
        run_id = await h.start(CHAIN)
        watcher = Watcher(h, run_id)
        await first.started.wait()
        await turns()
        before = await watcher.seen()
        with disk.holding():
            first.release()
            await disk.held()
            assert await watcher.seen() == before
        await h.finish(run_id)
        await watcher.over()
        assert h.scripts.names == ["first", "second"]
        assert [type(event) for event in watcher.events] == [RunStarted, NodeSucceeded, NodeSucceeded, RunFinished]
        assert watcher.changes[-1] == ("b", "succeeded")


async def test_the_end_is_told_to_nobody(tmp_path: Path) -> None:
    last = Hold("answer")
    async with working(tmp_path, Scripts(first=1, second=last)) as (h, disk):
        run_id = await h.start(CHAIN)
        watcher = Watcher(h, run_id)
        await last.started.wait()
        await turns()
        before = await watcher.seen()
        with disk.holding():
            last.release()
            await disk.held()
            latecomer = asyncio.create_task(h.engine.result(run_id))
            await turns()
            assert await watcher.seen() == before
            assert not latecomer.done()
            assert not watcher.result.done()
        await watcher.over()
        assert (await latecomer).status == "succeeded"
        assert (await h.engine.get(run_id)).run.status == "succeeded"


async def test_a_request_is_not_acknowledged_and_nothing_follows_from_it(tmp_path: Path) -> None:
    async with working(tmp_path, Scripts(second=2)) as (h, disk):
        run_id = await h.start(WAITING)
        await h.quiet()
        before = await h.engine.get(run_id)
        with disk.holding():
            sent = sending(h, run_id, Signal(name="go", payload=1))
            await disk.held()
            waiting = [asyncio.create_task(each) for each in both(h, run_id)]
            await turns()
            assert [each.done() for each in (sent, *waiting)] == [False] * 3
            assert h.scripts.tasks == []
            assert not any(isinstance(event, SignalReceived) for event in await h.events(run_id))
            seen = await h.engine.get(run_id)
            assert (seen.nodes, seen.seq, seen.run.status) == (before.nodes, before.seq, before.run.status)
        await sent
        await asyncio.gather(*waiting)
        assert h.scripts.names == ["second"]


def both(h: House, run_id: str) -> list[Coroutine[Any, Any, Any]]:
    return [h.engine.result(run_id), h.engine.settled(run_id)]


async def test_no_request_whatever_is_acknowledged_while_its_commit_is_held(tmp_path: Path) -> None:
    edit = Edit(patch={"add": {"nodes": [{"id": "c", "type": "second", "inputs": ["w.output"]}]}})
    requests: list[Request] = [Pause(), edit, Cancel(), Cancel(rollback=True)]
    for number, request in enumerate(requests):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with working(folder, Scripts(second=2)) as (h, disk):
            run_id = await h.start(WAITING)
            await h.quiet()
            before = await h.engine.get(run_id)
            with disk.holding():
                sent = sending(h, run_id, request)
                await disk.held()
                seen = await h.engine.get(run_id)
                assert (sent.done(), seen.nodes, seen.seq) == (False, before.nodes, before.seq), request
            await sent
            assert (await h.engine.get(run_id)).seq > before.seq


async def test_a_call_is_not_told_to_stop_before_the_cancel_is_durable(tmp_path: Path) -> None:
    first = Hold("answer")
    async with working(tmp_path, Scripts(first=first, second=2)) as (h, disk):
        run_id = await h.start(CHAIN)
        await first.started.wait()
        with disk.holding():
            sent = sending(h, run_id, Cancel())
            await disk.held()
            assert not first.cancelled.is_set()
        await sent
        await h.finish(run_id)
        assert first.cancelled.is_set()


async def test_a_timer_that_fired_calls_nobody(tmp_path: Path) -> None:
    async with working(tmp_path, Scripts(second=2)) as (h, disk):
        run_id = await h.start(SLEEPING)
        await h.quiet()
        before = await h.engine.get(run_id)
        with disk.holding():
            h.clock.advance(3600)
            await disk.held()
            assert h.scripts.tasks == []
            assert (await h.engine.get(run_id)).seq == before.seq
        await h.finish(run_id)
        assert h.scripts.names == ["second"]


async def test_a_run_is_not_told_to_rest_before_the_journal_knows(tmp_path: Path) -> None:
    first = Hold("answer")
    definition = {
        "name": "rests",
        "nodes": [{"id": "a", "type": "first"}, {"id": "w", "type": "wait", "signal": "go"}],
        "edges": [{"from": "a", "to": "w"}],
    }
    async with working(tmp_path, Scripts(first=first)) as (h, disk):
        run_id = await h.start(definition)
        await first.started.wait()
        settled = asyncio.create_task(h.engine.settled(run_id))
        await turns()
        with disk.holding():
            first.release()
            await disk.held()
            assert not settled.done()
        assert (await settled).run.parked


async def test_a_fork_is_not_acknowledged_listed_or_begun(tmp_path: Path) -> None:
    async with working(tmp_path, Scripts(first=1, second=2)) as (h, disk):
        ended = await h.run(CHAIN)
        h.scripts.tasks.clear()
        with disk.holding():
            forking = asyncio.create_task(h.engine.fork(ended.run_id, at="a"))
            await disk.held()
            assert not forking.done()
            assert h.scripts.tasks == []
            assert len(await h.engine.runs(RunFilter())) == 1
        await h.finish(await forking)
        assert h.scripts.names == ["first", "second"]
