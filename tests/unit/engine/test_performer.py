"""What becomes of a call that nobody waits for any more."""

import asyncio
from pathlib import Path

import pytest

from concertato.engine.contract import Cancel
from concertato.engine.embedded import performer
from concertato.run.events import LateResult
from support.running import House, house, outputs
from support.scripted import Hold, Scripts, fail

TIMED = {
    "name": "d",
    "nodes": [{"id": "a", "type": "work", "timeout": "5s", "retry": {"max_attempts": 2, "initial": "1s"}}],
}


async def late(house: House, run_id: str) -> list[LateResult]:
    return [event for event in await house.events(run_id) if isinstance(event, LateResult)]


async def test_a_given_up_call_that_stops_as_told_is_not_recorded_as_late(tmp_path: Path) -> None:
    slow = Hold("never said")
    async with house(tmp_path, Scripts(work="in time").then("work", slow)) as h:
        run_id = await h.start(TIMED)
        await slow.started.wait()
        h.clock.advance(5)
        await slow.cancelled.wait()
        assert outputs(await h.finish(run_id)) == {"a": "in time"}
        await h.quiet()
        assert await late(h, run_id) == []
        assert h.engine._driver.house.get(run_id) is None, "nothing holds an ended run in memory"


@pytest.mark.parametrize(("then", "outcome"), [("too late", "succeeded"), (fail(message="broke"), "failed")])
async def test_a_given_up_call_that_answers_all_the_same_is_recorded_as_late_once(
    tmp_path: Path, then: object, outcome: str
) -> None:
    slow = Hold(then, stubborn=True)
    async with house(tmp_path, Scripts(work="in time").then("work", slow)) as h:
        run_id = await h.start(TIMED)
        await slow.started.wait()
        h.clock.advance(5)
        await slow.cancelled.wait()
        assert outputs(await h.finish(run_id)) == {"a": "in time"}
        slow.release()
        await h.quiet()
        assert [(event.attempt, event.outcome) for event in await late(h, run_id)] == [(1, outcome)]


async def test_a_call_that_stops_as_the_run_is_cancelled_has_answered_and_is_not_late(tmp_path: Path) -> None:
    slow = Hold("never said")
    async with house(tmp_path, Scripts(work=slow)) as h:
        run_id = await h.start(TIMED)
        await slow.started.wait()
        await h.engine.send(run_id, Cancel())
        assert (await h.finish(run_id)).status == "cancelled"
        assert await late(h, run_id) == []


async def test_who_answers_after_the_engine_was_closed_is_not_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performer, "_LAST_MOMENT", 0.01)
    slow = Hold("too late", stubborn=True)
    async with house(tmp_path, Scripts(work="in time").then("work", slow)) as h:
        run_id = await h.start(TIMED)
        await slow.started.wait()
        driver = h.engine._driver
        hot = driver.house.get(run_id)
        assert hot is not None
        await h.engine.close()
        before = hot.seq
        slow.release()
        for _ in range(20):
            await asyncio.sleep(0)
        assert hot.seq == before
        assert "was closed" in str(driver.failure)
        await h.open()
        assert outputs(await h.finish(run_id)) == {"a": "in time"}
