"""What a run does when an agent fails: each row of "An agent fails" in docs/failure-semantics.md."""

from pathlib import Path
from typing import Any

import pytest

from concertato.errors import FailureKind
from concertato.run.events import AttemptFailed, LateResult, NodeSucceeded, TimerFired
from support.running import house, outputs
from support.scripted import Hold, Scripts, fail

ONE: dict[str, Any] = {"name": "one", "nodes": [{"id": "work", "type": "work"}]}


def one(**node: Any) -> dict[str, Any]:
    return {"name": "one", "nodes": [{"id": "work", "type": "work", **node}]}


@pytest.mark.parametrize("kind", ["timeout", "unavailable", "rate_limited", "invalid_output"])
async def test_a_passing_failure_is_retried_after_a_back_off(tmp_path: Path, kind: str) -> None:
    scripts = Scripts(work="done").then("work", fail(kind), fail(kind))
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(one(retry={"initial": "10s", "factor": 2, "jitter": 0}))
        await h.quiet()
        assert len(scripts.tasks) == 1
        h.clock.advance(9.9)
        await h.quiet()
        assert len(scripts.tasks) == 1
        h.clock.advance(0.2)
        await h.quiet()
        assert len(scripts.tasks) == 2
        ended = await h.finish(run_id)
        assert outputs(ended) == {"work": "done"}
        waits = [event.at for event in await h.events(run_id) if isinstance(event, TimerFired)]
        assert waits[1] - waits[0] == pytest.approx(20, abs=0.2)


@pytest.mark.parametrize("kind", ["internal", "rejected", "invalid_input"])
async def test_a_lasting_failure_is_not_retried(tmp_path: Path, kind: str) -> None:
    scripts = Scripts(work=fail(kind, "no use"))
    async with house(tmp_path, scripts) as h:
        ended = await h.run(ONE)
        assert (ended.status, ended.path, len(scripts.tasks)) == ("failed", "work", 1)
        assert ended.failure is not None
        assert (ended.failure.kind, ended.failure.message) == (kind, "no use")


async def test_the_definition_says_which_kinds_are_retried(tmp_path: Path) -> None:
    scripts = Scripts(work=1).then("work", fail("internal"), fail("timeout"))
    async with house(tmp_path, scripts) as h:
        ended = await h.run(one(retry={"on": ["internal"]}))
        assert ended.status == "failed"
        assert ended.failure is not None
        assert ended.failure.kind is FailureKind.TIMEOUT


async def test_attempts_are_spent_and_the_last_failure_is_the_runs(tmp_path: Path) -> None:
    scripts = Scripts(work=fail("unavailable", "down"))
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(one(retry={"max_attempts": 4}))
        ended = await h.finish(run_id)
        assert (ended.status, len(scripts.tasks)) == ("failed", 4)
        attempts = [event.attempt for event in await h.events(run_id) if isinstance(event, AttemptFailed)]
        assert attempts == [1, 2, 3, 4]


async def test_every_attempt_carries_the_same_task_id(tmp_path: Path) -> None:
    scripts = Scripts(work=1).then("work", fail("timeout"), fail("unavailable"))
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(ONE)
        await h.finish(run_id)
        assert [(task.id, task.attempt) for task in scripts.tasks] == [(f"{run_id}/work", n) for n in (1, 2, 3)]


async def test_an_agent_that_asks_for_time_gets_it(tmp_path: Path) -> None:
    scripts = Scripts(work=1).then("work", fail("rate_limited", "slow down", retry_after=30))
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(ONE)
        await h.quiet()
        h.clock.advance(29)
        await h.quiet()
        assert len(scripts.tasks) == 1
        h.clock.advance(1.5)
        await h.quiet()
        assert len(scripts.tasks) == 2
        assert (await h.finish(run_id)).status == "succeeded"


async def test_an_attempt_that_takes_too_long_is_stopped_and_retried(tmp_path: Path) -> None:
    hold = Hold()
    scripts = Scripts(work="second").then("work", hold)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(one(timeout="10s"))
        await hold.started.wait()
        h.clock.advance(10)
        await hold.cancelled.wait()
        ended = await h.finish(run_id)
        assert outputs(ended) == {"work": "second"}
        fired = [event.timer for event in await h.events(run_id) if isinstance(event, TimerFired)]
        assert fired == ["timeout:work#1", "retry:work#2"]


async def test_an_answer_after_its_time_is_recorded_as_late_and_changes_nothing(tmp_path: Path) -> None:
    slow = Hold("too late", stubborn=True)
    scripts = Scripts(work="in time").then("work", slow)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(one(timeout="10s"))
        await slow.started.wait()
        h.clock.advance(10)
        await slow.cancelled.wait()
        await h.quiet()
        h.clock.advance(5)
        await h.quiet()
        slow.release()
        ended = await h.finish(run_id)
        await h.quiet()
        assert outputs(ended) == {"work": "in time"}
        late = [event for event in await h.events(run_id) if isinstance(event, LateResult)]
        assert [(event.path, event.attempt, event.outcome) for event in late] == [("work", 1, "succeeded")]


async def test_an_answer_after_the_end_is_recorded_as_late_and_changes_nothing(tmp_path: Path) -> None:
    slow = Hold("too late", stubborn=True)
    scripts = Scripts(work=slow)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(one(timeout="10s", retry={"max_attempts": 1}))
        await slow.started.wait()
        h.clock.advance(10)
        ended = await h.finish(run_id)
        assert ended.status == "failed"
        slow.release()
        await h.quiet()
        await h.quiet()
        events = await h.events(run_id)
        assert isinstance(events[-1], LateResult)
        assert (await h.engine.get(run_id)).run.status == "failed"
        assert await h.engine.result(run_id) == ended


async def test_a_result_is_recorded_once(tmp_path: Path) -> None:
    async with house(tmp_path, work=1) as h:
        run_id = await h.start(ONE)
        await h.finish(run_id)
        assert sum(isinstance(event, NodeSucceeded) for event in await h.events(run_id)) == 1
