"""Functions in processes of their own: found again there, killed when cancelled, replaced when they die."""

import asyncio
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from concertato.agents.contract import Answer, Failed, Succeeded
from concertato.agents.decorator import AgentFunction
from concertato.agents.loading import load_agents
from concertato.agents.registry import Registry
from concertato.errors import FailureKind
from concertato.run.events import Failure
from support import process_agents
from support.tasks import ask, task


@pytest.fixture
def registry() -> Iterator[Registry]:
    made = Registry(processes=2)
    made.include(process_agents)
    yield made
    made.close()


async def call(registry: Registry, name: str, **fields: Any) -> Answer:
    agent = registry.resolve(name)
    assert agent is not None
    return await ask(agent, task(name, **fields))


async def output(registry: Registry, name: str, **fields: Any) -> Any:
    answer = await call(registry, name, **fields)
    assert isinstance(answer, Succeeded), answer
    return msgspec.json.decode(answer.output)


async def failure(registry: Registry, name: str, **fields: Any) -> Failure:
    answer = await call(registry, name, **fields)
    assert isinstance(answer, Failed), answer
    return answer.failure


def wait_until_gone(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([descriptor], [], [], 10)[0], f"process {pid} is still there"
    finally:
        os.close(descriptor)


async def test_the_function_runs_elsewhere_and_the_process_is_used_again(registry: Registry) -> None:
    first = await output(registry, "where", n=1)
    second = await output(registry, "where", n=2)
    assert first["pid"] == second["pid"] != os.getpid()
    assert second["n"] == 2


async def test_a_worker_is_out_of_reach_of_an_interrupt_at_the_terminal(registry: Registry) -> None:
    told = await output(registry, "where", n=1)
    assert told["group"] == told["pid"] != os.getpgid(0)


async def test_async_functions_run_there_too(registry: Registry) -> None:
    assert await output(registry, "doubled", n=4) == 8


async def test_values_and_exceptions_are_judged_as_anywhere(registry: Registry) -> None:
    assert (await failure(registry, "doubled", n="x")).kind is FailureKind.INVALID_INPUT
    refusal = await failure(registry, "refuses", n=7)
    assert (refusal.kind, refusal.retry_after) == (FailureKind.RATE_LIMITED, 7)
    assert refusal.message.startswith("agent 'refuses': not today (process_agents.py:")


async def test_progress_and_log_records_come_back(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[tuple[float | None, str | None]] = []
    registry.listen(lambda _, fraction, message: heard.append((fraction, message)))
    with caplog.at_level(logging.WARNING, "concertato.agent"):
        await output(registry, "where", n=3)
    assert heard == [(0.5, "score 1")]
    assert [(each.getMessage(), each.name, vars(each)["node"]) for each in caplog.records] == [
        ("asked for 3", "concertato.agent.where", "score")
    ]


async def test_a_worker_that_dies_fails_its_task_as_unavailable_and_is_replaced(registry: Registry) -> None:
    left = await failure(registry, "leaves", code=3)
    assert left.kind is FailureKind.UNAVAILABLE
    assert left.message == "agent 'leaves': its worker process ended with exit code 3 before it answered"
    killed = await failure(registry, "is_killed")
    assert killed.message == "agent 'is_killed': its worker process ended killed (out of memory?) before it answered"
    assert await output(registry, "doubled", n=1) == 2


async def test_a_worker_that_dies_while_idle_costs_no_task_anything(registry: Registry) -> None:
    pid = (await output(registry, "where", n=1))["pid"]
    descriptor = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    assert select.select([descriptor], [], [], 10)[0]
    os.close(descriptor)
    assert (await output(registry, "where", n=1))["pid"] != pid


async def test_cancelling_kills_the_process_with_what_it_started_and_no_other(registry: Registry) -> None:
    other = (await output(registry, "where", n=1))["pid"]
    said: asyncio.Queue[str] = asyncio.Queue()
    stop = registry.listen(lambda _, __, message: said.put_nowait(message or ""))
    running = asyncio.create_task(call(registry, "never_ends"))
    pid, child = map(int, (await said.get()).split())
    stop()
    assert pid == other, "the idle worker is taken first"
    beside = (await output(registry, "where", n=1))["pid"]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    wait_until_gone(child)
    assert (await output(registry, "where", n=1))["pid"] == beside


async def test_a_call_that_finds_no_process_in_time_says_that_it_queued_and_never_begins(registry: Registry) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    registry.listen(lambda _, __, message: heard.put_nowait(message or ""))
    busy = [asyncio.create_task(call(registry, "never_ends")) for _ in range(2)]
    for _ in busy:
        await heard.get()
    agent = registry.resolve("where")
    assert agent is not None
    answer = await ask(agent, task("where", deadline=time.time() + 0.02, n=1))
    assert isinstance(answer, Failed)
    assert answer.failure.kind is FailureKind.TIMEOUT
    assert answer.failure.message.startswith("agent 'where': it had not begun: queued for a process for 0.0")
    assert "with 2 at work: give it a longer timeout, raise Registry(processes=...)" in answer.failure.message
    for each in busy:
        each.cancel()
    await asyncio.wait(busy)
    assert heard.empty()


async def test_closing_kills_what_runs_and_the_next_task_finds_a_new_process(registry: Registry) -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    registry.listen(lambda _, __, message: said.put_nowait(message or ""))
    running = asyncio.create_task(call(registry, "never_ends"))
    pid = int((await said.get()).split()[0])
    registry.close()
    answer = await running
    assert isinstance(answer, Failed)
    assert answer.failure.kind is FailureKind.UNAVAILABLE
    assert (await output(registry, "where", n=1))["pid"] != pid


def test_a_function_that_a_worker_could_not_find_is_refused_when_registered() -> None:
    def within() -> None: ...

    with pytest.raises(TypeError, match=r"agent 'within' is to run in a process of its own.*top level of a module"):
        Registry.of(AgentFunction(within, process=True))


async def test_a_function_of_a_file_that_no_path_leads_to_is_found(tmp_path: Path) -> None:
    (tmp_path / "priced.py").write_text(
        "from concertato.agents.decorator import agent\nimport rates\n"
        "@agent(process=True)\ndef price(n: int) -> int:\n    return n * rates.RATE\n"
    )
    (tmp_path / "rates.py").write_text("RATE = 5\n")
    registry = load_agents(str(tmp_path / "priced.py"))
    try:
        assert await output(registry, "price", n=3) == 15
    finally:
        registry.close()
        sys.path.remove(str(tmp_path))


SCRIPT = """
import asyncio, os
from concertato.agents.contract import Task
from concertato.agents.decorator import agent
from concertato.agents.registry import default_registry

@agent(process=True)
def pid() -> int:
    return os.getpid()

async def main():
    registry = default_registry()
    answer = await registry.resolve("pid").start(Task("r/a", "pid", "r", "w", "a", 1, {}))
    print(answer.output.decode() if hasattr(answer, "output") else answer.failure.message, flush=True)
    return registry
"""


def run_script(path: Path, ending: str, **more: Any) -> "subprocess.Popen[str]":
    path.write_text(SCRIPT + ending)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen([sys.executable, str(path)], env=environment, stdout=subprocess.PIPE, text=True, **more)


def test_a_script_may_hold_the_function_itself(tmp_path: Path) -> None:
    with run_script(tmp_path / "script.py", 'if __name__ == "__main__":\n    asyncio.run(main()).close()\n') as script:
        said = script.communicate(timeout=30)[0]
    assert int(said) != script.pid


def test_a_script_that_does_its_work_on_import_is_told_what_to_guard(tmp_path: Path) -> None:
    with run_script(tmp_path / "script.py", "asyncio.run(main()).close()\n") as script:
        said = script.communicate(timeout=30)[0]
    assert 'put what it does under `if __name__ == "__main__":`' in said


def test_a_worker_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    ending = 'if __name__ == "__main__":\n    kept = asyncio.run(main())\n    input()\n'
    with run_script(tmp_path / "script.py", ending, stdin=subprocess.PIPE) as script:
        assert script.stdout is not None
        worker = int(script.stdout.readline())
        script.kill()
        wait_until_gone(worker)
