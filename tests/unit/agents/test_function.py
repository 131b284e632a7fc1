"""Async functions on the loop and plain ones in threads: every end is an answer, and a cancel reaches them."""

import asyncio
import sys
import threading
import time
from contextvars import ContextVar
from typing import Any

import pytest
from msgspec.json import decode, encode

from concertato.agents.context import TaskContext
from concertato.agents.contract import Failed, Succeeded
from concertato.agents.decorator import AgentFunction, agent
from concertato.agents.registry import Registry
from concertato.definition.model import Definition
from concertato.errors import AgentError, FailureKind
from concertato.run.events import Failure
from support.tasks import answer_of, ask, failure_of, output_of, task

tenant: ContextVar[str] = ContextVar("tenant")


@pytest.fixture(params=["async", "thread"])
def making(request: pytest.FixtureRequest) -> Any:
    """Makes an agent of a plain function, as it is or as an async one."""

    def make(function: Any) -> AgentFunction[..., Any]:
        async def on_loop(context: TaskContext) -> Any:
            return function(context)

        def in_thread(context: TaskContext) -> Any:
            return function(context)

        return AgentFunction(on_loop if request.param == "async" else in_thread, name="work")

    return make


async def test_the_value_of_the_function_is_the_output(making: Any) -> None:
    assert await output_of(making(lambda context: context.node)) == "score"


async def test_the_context_variables_of_the_caller_are_seen(making: Any) -> None:
    tenant.set("acme")
    assert await output_of(making(lambda _: tenant.get())) == "acme"


def fail(error: BaseException) -> Any:
    def function(_: TaskContext) -> None:
        raise error

    return function


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (AgentError("busy", kind="rate_limited", retry_after=5), FailureKind.RATE_LIMITED, "busy"),
        (AgentError("no"), FailureKind.INTERNAL, "no"),
        (TimeoutError("too slow"), FailureKind.TIMEOUT, "TimeoutError: too slow"),
        (ConnectionResetError("reset"), FailureKind.UNAVAILABLE, "ConnectionResetError: reset"),
        (ValueError("no"), FailureKind.INTERNAL, "ValueError: no"),
        (ZeroDivisionError(), FailureKind.INTERNAL, "ZeroDivisionError"),
        (ExceptionGroup("two", [ConnectionError("gone")]), FailureKind.UNAVAILABLE, "ConnectionError: gone"),
        (SystemExit(3), FailureKind.INTERNAL, "SystemExit: 3"),
        (asyncio.CancelledError(), FailureKind.CANCELLED, "CancelledError"),
    ],
)
async def test_an_exception_is_a_failure_of_its_kind(
    making: Any, error: BaseException, kind: FailureKind, message: str
) -> None:
    failure = await failure_of(making(fail(error)))
    assert failure.kind is kind
    assert failure.message.startswith(f"agent 'work': {message} (test_function.py:")
    assert failure.retry_after == getattr(error, "retry_after", None)


@pytest.mark.parametrize("given", ["soon", "Wed, 21 Oct 2026 07:28:00 GMT", float("inf"), float("nan"), -1, [5]])
async def test_a_time_to_wait_that_is_none_is_the_agents_fault_and_told(making: Any, given: Any) -> None:
    def impatient(_: TaskContext) -> None:
        raise AgentError("busy", kind="rate_limited", retry_after=given)

    failure = await failure_of(making(impatient))
    assert (failure.kind, failure.retry_after) == (FailureKind.INTERNAL, None)
    assert f"expected retry_after to be a number of seconds, got: {given!r}" in failure.message


def test_a_time_to_wait_may_be_text_as_a_servers_header_has_it() -> None:
    assert AgentError("busy", kind="rate_limited", retry_after="30").retry_after == 30.0


async def test_half_a_character_in_a_message_or_a_key_does_not_keep_it_out_of_the_journal(making: Any) -> None:
    failure = await failure_of(making(fail(OSError("cannot read caf\udce9"))))
    assert "cannot read caf\\udce9" in decode(encode(failure), type=Failure).message
    refused = await failure_of(making(lambda _: {"caf\udce9": 2j}))
    assert decode(encode(refused), type=Failure).where == "output.caf\\udce9"


async def test_an_interrupt_raised_in_a_thread_does_not_end_the_engine() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert (await failure_of(AgentFunction(interrupted))).message.startswith("agent 'interrupted': KeyboardInterrupt")


async def test_the_message_names_the_deepest_line_of_the_users_own_code() -> None:
    async def parse() -> Any:
        import json

        return json.loads("{")

    line = parse.__code__.co_firstlineno + 3
    assert (await failure_of(AgentFunction(parse))).message.endswith(f"(test_function.py:{line} in parse)")


async def test_several_errors_of_a_task_group_are_one_failure() -> None:
    def work() -> None:
        raise ExceptionGroup("two went wrong", [ValueError("a"), ValueError("b")])

    failure = await failure_of(AgentFunction(work))
    assert (failure.kind, "two went wrong" in failure.message) == (FailureKind.INTERNAL, True)


async def test_a_plain_wrapper_around_an_async_function_is_awaited() -> None:
    async def inner(n: int) -> int:
        return n + 1

    def wrapper(n: int) -> Any:
        return inner(n)

    async def failing(n: int) -> int:
        raise ConnectionError(f"{n}")

    assert await output_of(AgentFunction(wrapper), n=1) == 2

    def wrapped(n: int) -> Any:
        return failing(n)

    failure = await failure_of(AgentFunction(wrapped), n=1)
    assert failure.kind is FailureKind.UNAVAILABLE


async def test_an_object_with_an_async_call_runs_on_the_loop() -> None:
    class Model:
        async def __call__(self, n: int) -> str:
            return threading.current_thread().name

    assert await output_of(AgentFunction(Model(), name="model"), n=1) == threading.current_thread().name
    assert (await failure_of(AgentFunction(Model(), name="model"), n="x")).kind is FailureKind.INVALID_INPUT


async def test_plain_functions_run_in_threads_that_say_whose_they_are() -> None:
    def where() -> str:
        return threading.current_thread().name

    assert (await output_of(AgentFunction(where))).startswith("concertato-agent")


async def test_progress_comes_to_the_loop(making: Any) -> None:
    registry = Registry.of(making(lambda context: context.progress(0.5, threading.current_thread().name)))
    heard: list[tuple[str, float | None, str]] = []
    stop = registry.listen(
        lambda asked, fraction, _: heard.append((asked.path, fraction, threading.current_thread().name))
    )
    work = registry.resolve("work")
    assert work is not None
    await ask(work, task("work"))
    stop()
    await ask(work, task("work"))
    registry.close()
    assert heard == [("score", 0.5, threading.current_thread().name)]


async def test_cancelling_an_async_function_ends_it_there() -> None:
    begun, cleaned = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()

    running = asyncio.create_task(answer_of(AgentFunction(work)))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert cleaned.is_set()


class Stoppable:
    """A plain function that runs until it is told to go on, and says when it has begun."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.begun = asyncio.Event()
        self.go_on = threading.Event()
        self.saw_cancel = False
        self._loop = loop

    def obey(self, context: TaskContext) -> str:
        self._loop.call_soon_threadsafe(self.begun.set)
        while not self.go_on.wait(0.001):
            context.raise_if_cancelled()
        return "done"

    def ignore(self, context: TaskContext) -> str:
        self._loop.call_soon_threadsafe(self.begun.set)
        assert self.go_on.wait(10)
        self.saw_cancel = context.cancelled
        return "done"


async def test_a_thread_that_is_told_to_stop_can_stop() -> None:
    function = Stoppable(asyncio.get_running_loop())
    running = asyncio.create_task(answer_of(AgentFunction(function.obey)))
    await function.begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_the_answer_of_a_thread_that_finishes_all_the_same_is_not_lost() -> None:
    function = Stoppable(asyncio.get_running_loop())
    running = asyncio.create_task(answer_of(AgentFunction(function.ignore)))
    await function.begun.wait()
    running.cancel()
    await asyncio.sleep(0)
    function.go_on.set()
    assert await running == Succeeded(b'"done"')
    assert function.saw_cancel


async def test_cancelling_twice_gives_up_waiting_for_a_thread() -> None:
    function = Stoppable(asyncio.get_running_loop())
    running = asyncio.create_task(answer_of(AgentFunction(function.ignore)))
    await function.begun.wait()
    running.cancel()
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    function.go_on.set()


async def test_a_task_cancelled_before_its_thread_was_free_never_begins() -> None:
    function = Stoppable(asyncio.get_running_loop())
    ran: list[int] = []
    registry = Registry(threads=1)
    registry.include({"first": function.ignore, "second": lambda: ran.append(1)})
    first, second = registry.resolve("first"), registry.resolve("second")
    assert first is not None
    assert second is not None
    running = asyncio.create_task(ask(first, task("first")))
    await function.begun.wait()
    waiting = asyncio.create_task(ask(second, task("second")))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    function.go_on.set()
    assert await running == Succeeded(b'"done"')
    registry.close()
    assert ran == []


async def test_a_call_that_finds_no_thread_in_time_says_that_it_queued_and_never_begins() -> None:
    function = Stoppable(asyncio.get_running_loop())
    ran: list[int] = []
    registry = Registry(threads=1)
    registry.include({"first": function.ignore, "second": lambda: ran.append(1)})
    first, second = registry.resolve("first"), registry.resolve("second")
    assert first is not None
    assert second is not None
    running = asyncio.create_task(ask(first, task("first")))
    await function.begun.wait()
    answer = await ask(second, task("second", deadline=time.time() + 0.02))
    assert isinstance(answer, Failed)
    assert answer.failure.kind is FailureKind.TIMEOUT
    assert answer.failure.message.startswith("agent 'second': it had not begun: queued for a thread for 0.0")
    assert answer.failure.message.endswith(
        " s, with 1 at work: give it a longer timeout, raise Registry(threads=...) or lower max_parallel"
    )
    function.go_on.set()
    assert await running == Succeeded(b'"done"')
    assert await ask(first, task("first")) == Succeeded(b'"done"')  # the thread has been past the queue
    registry.close()
    assert ran == []


async def test_a_call_that_has_begun_is_left_to_the_engines_timer() -> None:
    function = Stoppable(asyncio.get_running_loop())
    registry = Registry.of({"work": function.ignore})
    work = registry.resolve("work")
    assert work is not None
    running = asyncio.create_task(ask(work, task("work", deadline=time.time() + 0.01)))
    await function.begun.wait()
    assert not (await asyncio.wait([running], timeout=0.02))[0]
    function.go_on.set()
    assert await running == Succeeded(b'"done"')
    registry.close()


async def test_as_many_plain_functions_as_a_run_has_under_way_run_at_once() -> None:
    every = Definition.model_fields["max_parallel"].default
    together = threading.Barrier(every)
    registry = Registry.of({"work": lambda: together.wait(60) >= 0})
    work = registry.resolve("work")
    assert work is not None
    answers = await asyncio.gather(*(ask(work, task("work")) for _ in range(every)))
    registry.close()
    assert answers == [Succeeded(b"true")] * every


async def test_threads_are_made_again_after_a_close() -> None:
    registry = Registry.of({"work": lambda: 1})
    work = registry.resolve("work")
    assert work is not None
    for _ in range(2):
        assert await ask(work, task("work")) == Succeeded(b"1")
        registry.close()


async def test_an_async_function_may_call_exit_and_only_its_task_fails() -> None:
    @agent
    async def leave() -> None:
        sys.exit("bye")

    assert (await failure_of(leave)).message.startswith("agent 'leave': SystemExit: bye")


async def test_a_group_names_its_members_and_is_retried_only_if_each_of_them_would_be() -> None:
    @agent
    async def lasting() -> None:
        raise ExceptionGroup("both", [ConnectionError("gone"), ValueError("never")])

    @agent
    async def passing() -> None:
        raise ExceptionGroup("all", [ConnectionError(str(n)) for n in range(4)] + [AgentError("slow", kind="timeout")])

    failure = await failure_of(lasting)
    assert failure.kind is FailureKind.INTERNAL
    assert "both [ConnectionError: gone; ValueError: never]" in failure.message
    failure = await failure_of(passing)
    assert failure.kind is FailureKind.UNAVAILABLE
    assert "all [ConnectionError: 0; ConnectionError: 1; ConnectionError: 2; and 2 more]" in failure.message


async def test_a_kind_that_there_is_not_is_told_with_those_there_are_at_the_agents_line() -> None:
    @agent
    async def mistaken() -> None:
        raise AgentError("x", kind="silly")

    message = (await failure_of(mistaken)).message
    assert "expected kind to be one of timeout, unavailable, rate_limited" in message
    assert "got: 'silly' (test_function.py:" in message
