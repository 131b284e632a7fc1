"""Agents that are called for real, in virtual time."""

import asyncio
import threading
from contextlib import suppress
from typing import Any

import pytest

from concertato import AgentError, RequestError, TaskContext, agent, simulate
from concertato.errors import UnknownAgent

DOCUMENT: dict[str, Any] = {
    "name": "real",
    "inputs": {"n": "integer"},
    "nodes": [
        {"id": "double", "type": "double", "inputs": ["n"], "retry": {"max_attempts": 5}},
        {"id": "keep", "type": "keep", "inputs": {"n": "double.output"}},
    ],
    "outputs": {"n": "double.output"},
}


def test_a_real_agent_is_called_with_its_inputs_and_its_answer_goes_on() -> None:
    @agent
    async def double(n: int) -> int:
        return n * 2

    report = simulate(DOCUMENT, agents=double, real=["double"], inputs={"n": 21}, faults="none", runs=1)
    assert report.real == ["double"]
    assert "double answers 42" in [each.text for each in report.story]


def test_repeats_bear_the_same_task_id() -> None:
    seen: list[tuple[str, int]] = []

    @agent
    def double(n: int, task: TaskContext) -> int:
        seen.append((task.task_id, task.attempt))
        return n

    faults = "failure=0.6,slow=0,hang=0,crash=0.2,outage=0"
    report = simulate(DOCUMENT, agents=[double], real=["double"], faults=faults, runs=30)
    assert report.ended("fault") == 0
    assert any(attempt > 1 for _, attempt in seen)
    assert len({task for task, _ in seen}) <= 30 < len(seen)


def test_what_it_raises_is_the_failure_that_it_is_in_the_engine() -> None:
    @agent
    async def double(n: int) -> int:
        raise AgentError("no such number", kind="rejected")

    report = simulate(DOCUMENT, agents=double, real=["double"], inputs={"n": 1}, faults="none", runs=1)
    assert [(each.end, each.at, each.kinds) for each in report.ends] == [("failed", "double", {"rejected": 1})]


def test_one_that_never_answers_is_given_up() -> None:
    @agent
    async def double(n: int) -> int:
        await asyncio.Event().wait()
        return n

    document = {**DOCUMENT, "nodes": [{**DOCUMENT["nodes"][0], "timeout": 0.05, "retry": {"max_attempts": 1}}]}
    report = simulate(document, agents=double, real=["double"], faults="none", runs=1)
    assert report.ends[0].kinds == {"timeout": 1}


def test_one_that_hangs_in_its_thread_is_given_up_as_well() -> None:
    ended = threading.Event()

    @agent
    def double(n: int) -> int:
        ended.wait()
        return n

    document = {**DOCUMENT, "nodes": [{**DOCUMENT["nodes"][0], "timeout": 0.05, "retry": {"max_attempts": 1}}]}
    try:
        report = simulate(document, agents=double, real=["double"], faults="none", runs=2)
    finally:
        ended.set()
    assert report.ends[0].kinds == {"timeout": 2}


def test_one_that_does_not_listen_is_given_up_as_well() -> None:
    @agent
    async def double(n: int) -> int:
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    document = {**DOCUMENT, "nodes": [{**DOCUMENT["nodes"][0], "timeout": 0.05, "retry": {"max_attempts": 1}}]}
    report = simulate(document, agents=double, real=["double"], faults="none", runs=1)
    assert report.ends[0].kinds == {"timeout": 1}


def test_one_that_ends_as_if_it_had_been_told_to_stop() -> None:
    @agent
    async def double(n: int) -> int:
        raise asyncio.CancelledError

    document = {**DOCUMENT, "nodes": [{**DOCUMENT["nodes"][0], "retry": {"max_attempts": 1}}]}
    assert simulate(document, agents=double, real=["double"], faults="none", runs=1).ends[0].at == "double"


def test_all_of_them_must_be_there() -> None:
    @agent
    async def double(n: int) -> int:
        return n

    with pytest.raises(UnknownAgent, match="nobody is registered as 'keep'"):
        simulate(DOCUMENT, agents=double, real=True, runs=1)
    with pytest.raises(RequestError, match="the workflow names no agent 'treble'"):
        simulate(DOCUMENT, agents=double, real="treble", runs=1)
    assert simulate(DOCUMENT, agents=double, real="double", runs=1).real == ["double"]


async def test_it_may_be_asked_for_where_a_loop_is_running() -> None:
    @agent
    async def double(n: int) -> int:
        await asyncio.sleep(0)
        return n * 2

    report = simulate(DOCUMENT, agents=double, real="double", inputs={"n": 21}, faults="none", runs=2)
    assert report.ended("succeeded") == 2
