"""Calls that share tasks know nothing of each other: not by their context variables, their waiting or their cancels."""

import asyncio
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from itertools import product

import pytest

from concertato.engine.embedded import workers as module
from concertato.engine.embedded.workers import Job, Workers

tenant: ContextVar[str] = ContextVar("tenant")

Task = asyncio.Task[None]


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    made = Workers()
    yield made
    for task in made.cancel():
        await asyncio.wait([task])


async def turns(count: int = 8) -> None:
    """Let the loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


def setting(value: str, seen: list[str], ending: str) -> Job:
    async def call(_: Task) -> None:
        seen.append(tenant.get("nothing"))
        tenant.set(value)
        if ending == "waits":
            await asyncio.sleep(0)
        if ending == "raises within":
            try:
                raise LookupError(tenant.get())
            except LookupError:
                tenant.set(f"{value} again")

    return call


@pytest.mark.parametrize("ending", ["returns", "waits", "raises within"])
async def test_what_a_call_leaves_in_the_context_is_seen_by_no_other(workers: Workers, ending: str) -> None:
    seen: list[str] = []
    for number in range(200):
        workers.submit(setting(f"tenant {number}", seen, ending))
        if number % 3 == 0:
            await turns(3)
    await turns(500)
    assert seen == ["nothing"] * 200


async def test_a_call_sees_what_the_engine_was_opened_with() -> None:
    tenant.set("acme")
    workers = Workers()
    tenant.set("another")
    seen: list[str] = []
    for _ in range(3):
        workers.submit(setting("mine", seen, "returns"))
    await turns()
    workers.cancel()
    assert seen == ["acme"] * 3


async def test_short_calls_share_a_task_and_the_next_batch_finds_it_again(workers: Workers) -> None:
    tasks: list[Task] = []

    async def short(me: Task) -> None:
        assert asyncio.current_task() is me
        tasks.append(me)

    for _ in range(3):
        for _ in range(20):
            workers.submit(short)
        await turns()
    assert len(tasks) == 60
    assert len(set(tasks)) == 1


async def test_a_worker_at_rest_holds_on_to_nothing_of_its_last_call(workers: Workers) -> None:
    class Run:
        """What a call is about."""

    async def call(_: Task, about: Run) -> None: ...

    run = Run()
    gone = weakref.ref(run)
    workers.submit(call, run)
    del run
    await turns()
    assert gone() is None


async def test_as_many_calls_as_wait_begin_within_a_few_turns_of_the_loop(workers: Workers) -> None:
    go_on = asyncio.Event()
    begun: list[int] = []

    async def call(_: Task, number: int) -> None:
        begun.append(number)
        await go_on.wait()

    for number in range(1000):
        workers.submit(call, number)
    await turns(40)
    assert begun == list(range(1000))
    go_on.set()


async def test_a_call_that_waits_lets_the_next_ones_run(workers: Workers) -> None:
    go_on = asyncio.Event()
    done: list[int] = []

    def call(number: int) -> Job:
        async def waits(_: Task) -> None:
            if number % 2 == 0:
                await go_on.wait()
            done.append(number)

        return waits

    for number in range(10):
        workers.submit(call(number))
    await turns(20)
    assert done == [1, 3, 5, 7, 9]
    go_on.set()
    await turns()
    assert sorted(done[5:]) == [0, 2, 4, 6, 8]


async def test_calls_begin_in_the_order_in_which_they_came(workers: Workers) -> None:
    begun: list[int] = []

    def call(number: int) -> Job:
        async def waits(_: Task) -> None:
            begun.append(number)
            await asyncio.sleep(0)

        return waits

    for number in range(50):
        workers.submit(call(number))
    await turns(120)
    assert begun == list(range(50))


class Watched:
    """A call that waits as it is told to, and notes how that ended."""

    def __init__(self, wait: Callable[[], Awaitable[object]], also: Callable[[Task], None] = lambda _: None) -> None:
        self.task: Task | None = None
        self.ended: str | None = None
        self._wait = wait
        self._also = also

    async def __call__(self, me: Task) -> None:
        self.task = me
        try:
            await self._wait()
            self.ended = "answered"
        except asyncio.CancelledError:
            self.ended = "cancelled"
        self._also(me)
        self.task = None


async def a_turn() -> None:
    await asyncio.sleep(0)


async def nothing() -> None: ...


INTERLEAVINGS = list(product(range(4), range(4), product([a_turn, nothing], repeat=2)))


@pytest.mark.parametrize(("before", "between", "kinds"), INTERLEAVINGS)
async def test_cancelling_a_call_reaches_no_other(
    workers: Workers, before: int, between: int, kinds: tuple[Callable[[], Awaitable[None]], ...]
) -> None:
    release = asyncio.Event()
    target = Watched(release.wait)
    others = [Watched(kinds[number % 2]) for number in range(6)]
    for other in others[:3]:
        workers.submit(other)
    workers.submit(target)
    for other in others[3:]:
        workers.submit(other)
    await turns(before)
    release_first = between % 2 == 0
    if release_first:
        release.set()
    await turns(between // 2)
    if target.task is not None:
        target.task.cancel()
    release.set()
    later = [Watched(kinds[number % 2]) for number in range(4)]
    for other in later:
        workers.submit(other)
    await turns(40)
    assert target.ended is not None
    assert [other.ended for other in (*others, *later)] == ["answered"] * 10


async def test_a_cancel_in_the_turn_in_which_the_call_answers_is_spent_on_it(workers: Workers) -> None:
    """The call has its answer already when the cancel comes: the next one on the same task must not be told."""

    def cancelled_at_the_end(me: Task) -> None:
        me.cancel()
        me.cancel()

    first = Watched(nothing, also=cancelled_at_the_end)
    second, third = Watched(a_turn), Watched(a_turn)
    workers.submit(first)
    workers.submit(second)
    await turns()
    workers.submit(third)
    await turns()
    assert [each.ended for each in (first, second, third)] == ["answered"] * 3


async def test_a_call_that_refused_to_be_cancelled_leaves_no_cancel_behind(workers: Workers) -> None:
    release = asyncio.Event()
    stubborn = Watched(release.wait)
    counts: list[int] = []
    workers.submit(stubborn)
    await turns(3)
    assert stubborn.task is not None
    stubborn.task.cancel()
    await turns(3)
    after = Watched(a_turn, also=lambda me: counts.append(me.cancelling()))
    workers.submit(after)
    await turns()
    assert (stubborn.ended, after.ended, counts) == ("cancelled", "answered", [0])


async def kept(workers: Workers, monkeypatch: pytest.MonkeyPatch, calls: int) -> list[int]:
    """How many calls, each of a quarter of a worker's turn, are performed between two turns of the loop."""
    now = [0.0]
    monkeypatch.setattr(workers._loop, "time", lambda: now[0])
    performed = 0

    async def busy(_: Task) -> None:
        nonlocal performed
        now[0] += module._TURN / 4
        performed += 1

    for _ in range(calls):
        workers.submit(busy)
    between, before = [], 0
    while performed < calls:
        await asyncio.sleep(0)
        between.append(performed - before)
        before = performed
    monkeypatch.undo()
    return between


async def test_a_worker_whose_calls_never_wait_hands_the_loop_back(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert max(await kept(workers, monkeypatch, 10)) == 5


async def test_all_workers_together_keep_the_loop_for_one_turn(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert max(await kept(workers, monkeypatch, 100)) == 5


async def test_a_worker_that_is_cancelled_while_it_rests_holds_up_nobody(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's call has left a cancel behind that comes when the call is long over."""
    now = [0.0]
    monkeypatch.setattr(workers._loop, "time", lambda: now[0])
    performed: list[int] = []

    async def long(me: Task, number: int) -> None:
        now[0] += module._TURN * 2
        performed.append(number)
        if number == 0:
            workers._loop.call_soon(me.cancel)

    for number in range(3):
        workers.submit(long, number)
    await turns(20)
    monkeypatch.undo()
    assert performed == [0, 1, 2]


async def test_after_cancel_nothing_that_was_queued_begins() -> None:
    workers = Workers()
    never = asyncio.Event()
    first, second = Watched(never.wait), Watched(nothing)
    workers.submit(first)
    await turns(2)
    workers.submit(second)
    workers.cancel()
    await turns()
    assert (first.ended, second.ended) == ("cancelled", None)


async def test_a_cancel_ends_the_workers_so_that_closing_need_not_wait() -> None:
    workers = Workers()
    first = Watched(asyncio.Event().wait)
    workers.submit(first)
    await turns(2)
    left = workers.cancel()
    await turns()
    done = [task.done() for task in left]
    workers.cancel()
    await turns()
    assert done == [True]
