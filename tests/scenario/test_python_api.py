"""What a Python program does with Concertato: through the public names alone, as the docs tell it."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import concertato
from concertato import (
    AgentError,
    Engine,
    JournalError,
    RequestError,
    RunCancelled,
    RunFailed,
    RunRolledBack,
    TaskContext,
    agent,
    workflow,
)
from support import process_agents

ORDER: dict[str, Any] = {
    "name": "order",
    "inputs": {"amount": "number"},
    "nodes": [
        {"id": "pay", "type": "pay", "inputs": ["amount"], "compensate": {"type": "refund", "inputs": ["amount"]}},
        {"id": "ship", "type": "ship", "inputs": ["pay.output"]},
    ],
}


@agent
async def pay(amount: float) -> str:
    if amount < 0:
        raise AgentError("less than nothing", kind="rejected")
    return f"paid {amount:g}"


@agent
def ship(paid: str) -> str:
    if paid == "paid 13":
        raise AgentError("an unlucky parcel", kind="rejected")
    return f"{paid}, shipped"


@agent
async def refund(amount: float) -> None: ...


AGENTS = [pay, ship, refund]


async def test_a_program_starts_a_run_and_waits_for_its_outputs(tmp_path: Path) -> None:
    async with Engine.open(tmp_path / "journal.db", agents=AGENTS) as engine:
        run = await engine.start(ORDER, {"amount": 5})
        assert await run.result() == {"ship": "paid 5, shipped"}
        again = engine.run(run.id)
        assert (await again.view()).run.status == "succeeded"
        assert [row.run_id for row in await engine.runs()] == [run.id]


async def test_an_engine_that_is_opened_is_awaited_or_entered_or_both(tmp_path: Path) -> None:
    engine = await Engine.open(tmp_path / "journal.db", agents=AGENTS)
    await engine.close()
    async with await Engine.open(tmp_path / "journal.db", agents=AGENTS) as engine:
        assert await engine.runs() == []
    async with Engine.open(tmp_path / "journal.db", agents=AGENTS) as engine:
        with pytest.raises(JournalError, match="driven by this very process"):
            async with Engine.open(tmp_path / "journal.db"):
                pass
    await (await Engine.open(tmp_path / "journal.db")).close()  # leaving has closed it


async def test_agents_may_be_named_by_where_they_are_written(tmp_path: Path) -> None:
    file = tmp_path / "counting.py"
    file.write_text("from concertato import agent\n\n\n@agent\ndef count() -> int:\n    return 3\n", encoding="utf-8")
    definition = {
        "name": "c",
        "nodes": [{"id": "x", "type": "count"}, {"id": "y", "type": "pay", "with": {"amount": 1}}],
    }
    async with Engine.open(tmp_path / "journal.db", agents=[file, pay]) as engine:
        assert await (await engine.start(definition)).result() == {"x": 3, "y": "paid 1"}
    counting = {"name": "c", "nodes": definition["nodes"][:1]}
    assert concertato.run(counting, agents=str(file), journal=tmp_path / "journal.db") == {"x": 3}
    with pytest.raises(RequestError, match=r"there is no such file") as missing:
        concertato.run(counting, agents=str(tmp_path / "counted.py"), journal=tmp_path / "journal.db")
    assert missing.value.code == "CT306"


class HasADocument:
    """As many an object has, which is no workflow for that."""

    document = b"x"


async def test_what_is_no_workflow_or_no_inputs_is_told_as_that(tmp_path: Path) -> None:
    async with Engine.open(tmp_path / "journal.db", agents=AGENTS) as engine:
        with pytest.raises(RequestError, match=r"expected a workflow: a file's path, .*; got: 5 \(int\)"):
            await engine.start(5, {})  # type: ignore[arg-type]
        for take in (concertato.load, concertato.compile, concertato.simulate):
            with pytest.raises(RequestError, match=r"expected a workflow: .*; got: .*HasADocument"):
                take(HasADocument())  # type: ignore[arg-type]
        for inputs in ({5: 1}, {"amount": 1, 5: 1}):
            with pytest.raises(RequestError, match=r"the names of inputs to be text, got: 5 \(int\)") as wrong:
                await engine.start(ORDER, inputs)  # type: ignore[arg-type]
            assert wrong.value.code == "CT305"
        with pytest.raises(RequestError, match=r"expected the inputs by name, .* got: \[1\] \(list\)"):
            await engine.start(ORDER, [1])  # type: ignore[arg-type]
        run = await engine.start(ORDER, {"amount": 5})
        await run.ended()
        with pytest.raises(RequestError, match="the names of inputs to be text"):
            await run.fork(inputs={5: 1})  # type: ignore[dict-item]


def test_a_script_without_its_agents_is_told_how_to_hand_them_over_and_nothing_else(tmp_path: Path) -> None:
    nobody = {"name": "n", "nodes": [{"id": "x", "type": "nobody_of_this_name"}]}
    with pytest.raises(RequestError, match=r"hand the agents to run\(agents=\.\.\.\)") as missing:
        concertato.run(nobody, journal=tmp_path / "journal.db")
    assert missing.value.__context__ is None, "no other exception was being handled"


async def test_a_program_sees_a_run_as_it_happens(tmp_path: Path) -> None:
    async with await Engine.open(tmp_path / "journal.db", agents=AGENTS) as engine:
        run = await engine.start(ORDER, {"amount": 5})
        events = [type(stored.event).__name__ async for stored in run.events()]
        changes = [(change.path, change.status) async for change in run.changes()]
    assert events == ["RunStarted", "NodeSucceeded", "NodeSucceeded", "RunFinished"]
    assert changes == [("pay", "running"), ("pay", "succeeded"), ("ship", "running"), ("ship", "succeeded")]


async def test_an_end_that_is_no_success_is_an_exception_that_says_what_and_where(tmp_path: Path) -> None:
    async with await Engine.open(tmp_path / "journal.db", agents=AGENTS) as engine:
        failing = await engine.start(ORDER, {"amount": -1})
        with pytest.raises(RunFailed, match="less than nothing") as failed:
            await failing.result()
        assert (failed.value.run_id, failed.value.path, failed.value.kind) == (failing.id, "pay", "rejected")
        with pytest.raises(RunRolledBack, match="an unlucky parcel"):
            await (await engine.start(ORDER, {"amount": 13})).result()
        assert (await failing.ended()).status == "failed"


async def test_a_program_cancels_signals_and_edits(tmp_path: Path) -> None:
    gate = {"name": "gate", "nodes": [{"id": "go", "type": "wait", "signal": "go"}]}
    async with await Engine.open(tmp_path / "journal.db", agents=AGENTS) as engine:
        stopped = await engine.start(gate)
        await stopped.cancel(by="ann", reason="not today")
        with pytest.raises(RunCancelled, match="cancelled by ann: not today"):
            await stopped.result()
        going = await engine.start(gate)
        await going.pause()
        await going.resume()
        await going.edit({"add": {"nodes": [{"id": "pay", "type": "pay", "inputs": {"amount": "go.output"}}]}})
        await going.signal("go", 7.5)
        assert await going.result() == {"pay": "paid 7.5"}


async def test_a_program_forks_and_retries(tmp_path: Path) -> None:
    async with await Engine.open(tmp_path / "journal.db", agents=AGENTS) as engine:
        first = await engine.start(ORDER, {"amount": 13})
        assert (await first.ended()).status == "rolled_back"
        with pytest.raises(RunRolledBack):
            await (await first.retry()).result()
        forked = await first.fork(inputs={"amount": 14})
        assert await forked.result() == {"ship": "paid 14, shipped"}


async def test_an_agent_knows_its_task(tmp_path: Path) -> None:
    told: list[tuple[str, str, int]] = []

    @agent
    async def curious(context: TaskContext) -> str:
        told.append((context.run_id, context.node, context.attempt))
        context.progress(0.5, "half way")
        return context.task_id

    async with await Engine.open(tmp_path / "journal.db", agents=curious) as engine:
        run = await engine.start({"name": "c", "nodes": [{"id": "x", "type": "curious"}]})
        assert await run.result() == {"x": f"{run.id}/x"}
        assert told == [(run.id, "x", 1)]


async def test_progress_reaches_whoever_watches(tmp_path: Path) -> None:
    watched = asyncio.Event()

    @agent
    async def slow(context: TaskContext) -> None:
        await watched.wait()
        context.progress(0.25, "counting")

    async with await Engine.open(tmp_path / "journal.db", agents=slow) as engine:
        run = await engine.start({"name": "c", "nodes": [{"id": "x", "type": "slow"}]})
        messages = []
        async for change in run.changes():
            watched.set()
            messages.append((change.status, change.message))
        assert messages == [("running", None), ("running", "25% counting"), ("succeeded", None)]


def test_a_script_runs_a_workflow_to_its_end(tmp_path: Path) -> None:
    outputs = concertato.run(ORDER, {"amount": 5}, agents=AGENTS, journal=tmp_path / "journal.db")
    assert outputs == {"ship": "paid 5, shipped"}


def test_a_script_runs_what_the_builder_made(tmp_path: Path) -> None:
    with workflow("order", inputs={"amount": "number"}) as wf:
        ship(pay(wf.inputs.amount))  # type: ignore[arg-type]  # a checker sees the coroutine of an async agent
    assert concertato.run(wf, {"amount": 5}, agents=AGENTS, journal=tmp_path / "j.db") == {"ship": "paid 5, shipped"}


async def test_a_notebook_whose_loop_is_running_may_use_the_synchronous_door(tmp_path: Path) -> None:
    outputs = concertato.run(ORDER, {"amount": 5}, agents=AGENTS, journal=tmp_path / "journal.db")
    assert outputs == {"ship": "paid 5, shipped"}


def test_a_script_that_is_run_twice_with_a_key_does_the_work_once(tmp_path: Path) -> None:
    calls = []

    @agent
    async def work() -> int:
        calls.append(1)
        return len(calls)

    definition = {"name": "once", "nodes": [{"id": "x", "type": "work"}]}
    results = [concertato.run(definition, agents=work, journal=tmp_path / "journal.db", key="k") for _ in range(2)]
    assert results == [{"x": 1}, {"x": 1}]


def test_a_workflow_may_be_a_file_a_text_or_a_plan(tmp_path: Path) -> None:
    text = "name: t\ninputs: {amount: number}\nnodes:\n  - {id: pay, type: pay, inputs: [amount]}\n"
    (tmp_path / "t.yaml").write_text(text, encoding="utf-8")
    for given in (text, tmp_path / "t.yaml", concertato.load(text), concertato.compile(text)):
        outputs = concertato.run(given, {"amount": 1}, agents=pay, journal=tmp_path / "journal.db")
        assert outputs == {"pay": "paid 1"}


def test_an_interrupt_in_a_notebook_stops_the_work_and_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    @agent
    async def slow(context: TaskContext) -> str:
        if calls:
            return context.run_id
        calls.append(context.run_id)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        await asyncio.Event().wait()
        return "never"

    calls: list[str] = []
    definition = {"name": "c", "nodes": [{"id": "x", "type": "slow"}]}

    async def cell() -> None:
        concertato.run(definition, agents=slow, journal=tmp_path / "journal.db")

    async def afterwards() -> Any:
        async with await Engine.open(tmp_path / "journal.db", agents=slow) as engine:
            return await engine.run(calls[0]).result()

    with notebook() as kernel:
        with pytest.raises(KeyboardInterrupt):
            kernel.run_until_complete(cell())
        assert kernel.run_until_complete(afterwards()) == {"x": calls[0]}


def test_an_interrupt_in_a_notebook_ends_a_simulation_with_agents_that_are_called_for_real() -> None:
    calls: list[int] = []

    @agent
    async def slow() -> int:
        calls.append(len(calls))
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        await asyncio.Event().wait()
        return 0

    async def cell() -> None:
        document = {"name": "c", "nodes": [{"id": "x", "type": "slow"}]}
        concertato.simulate(document, agents=slow, real=True, faults="none", runs=50)

    with notebook() as kernel, pytest.raises(KeyboardInterrupt):
        kernel.run_until_complete(cell())
    assert len(calls) == 1


@contextmanager
def notebook() -> Iterator[asyncio.AbstractEventLoop]:
    """A kernel's loop: it leaves it to Python what an interrupt does, where `asyncio.run` would catch it."""
    kernel = asyncio.new_event_loop()
    try:
        yield kernel
    finally:
        kernel.close()


async def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    async with await Engine.open(tmp_path / "journal.db", agents=AGENTS) as engine:
        await engine.close()


async def test_closing_an_engine_ends_the_processes_that_were_made_for_it_alone(tmp_path: Path) -> None:
    definition = {"name": "p", "inputs": {"n": "integer"}, "nodes": [{"id": "x", "type": "where", "inputs": ["n"]}]}
    theirs = concertato.Registry.of(process_agents)
    try:
        pids = []
        for agents in (process_agents, theirs):
            async with await Engine.open(tmp_path / "journal.db", agents=agents) as engine:
                pids.append((await (await engine.start(definition, {"n": 1})).result())["x"]["pid"])
        made, shared = pids
        with pytest.raises(ProcessLookupError):
            os.kill(made, 0)
        os.kill(shared, 0)
    finally:
        theirs.close()
