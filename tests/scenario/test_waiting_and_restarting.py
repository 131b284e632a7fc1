"""Runs that wait and engines that come back: nothing is asked twice, nothing that was due is missed."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from concertato.engine.contract import Cancel, Resume, Signal
from concertato.engine.embedded import EmbeddedEngine
from concertato.errors import JournalCorrupt, JournalError, JournalLocked, Refused, UnknownAgent
from concertato.journal.contract import RunFilter
from support.clock import START
from support.people import asked, decide
from support.running import House, house, outputs
from support.scripted import Hold, Scripts, fail

GATE: dict[str, Any] = {
    "name": "gate",
    "nodes": [
        {"id": "before", "type": "before"},
        {"id": "go", "type": "wait", "signal": "go"},
        {"id": "after", "type": "after", "inputs": {"before": "before.output", "go": "go.output"}},
    ],
    "edges": [{"from": "before", "to": "go"}],
}
SLEEP: dict[str, Any] = {
    "name": "sleep",
    "nodes": [{"id": "nap", "type": "wait", "for": "8h"}, {"id": "after", "type": "after"}],
    "edges": [{"from": "nap", "to": "after"}],
}


def hot(h: House) -> int:
    return len(h.engine._driver.house)


async def test_a_run_that_only_waits_leaves_memory_and_comes_back(tmp_path: Path) -> None:
    scripts = Scripts(before=1, after=lambda before, go: [before, go])
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(GATE)
        view = await h.engine.settled(run_id)
        assert (hot(h), view.run.parked, view.waits) == (0, True, ("signal 'go' at go",))
        await h.engine.send(run_id, Signal(name="go", payload=2))
        assert outputs(await h.finish(run_id)) == {"after": [1, 2]}
        assert scripts.names == ["before", "after"]


async def test_a_waiting_run_survives_any_number_of_restarts_and_asks_nobody_twice(tmp_path: Path) -> None:
    scripts = Scripts(before=1, after=lambda before, go: [before, go])
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(GATE)
        for _ in range(5):
            await h.engine.settled(run_id)
            await h.reopen()
            assert hot(h) == 0
        await h.engine.send(run_id, Signal(name="go", payload=2))
        await h.finish(run_id)
        assert scripts.names == ["before", "after"]


async def test_a_timer_brings_a_waiting_run_back(tmp_path: Path) -> None:
    async with house(tmp_path, after="up") as h:
        run_id = await h.start(SLEEP)
        view = await h.engine.settled(run_id)
        assert (hot(h), view.run.wake_at) == (0, START + 8 * 3600)
        h.clock.advance(8 * 3600 - 1)
        await h.quiet()
        assert hot(h) == 0
        h.clock.advance(1)
        assert outputs(await h.finish(run_id)) == {"after": "up"}


async def test_a_timer_that_fell_due_while_nobody_was_there_fires_on_opening(tmp_path: Path) -> None:
    async with house(tmp_path, after="up") as h:
        run_id = await h.start(SLEEP)
        await h.engine.settled(run_id)
        await h.engine.close()
        h.clock.advance(30 * 3600)
        await h.open()
        assert outputs(await h.finish(run_id)) == {"after": "up"}
        nap = (await h.engine.get(run_id)).nodes[0]
        assert nap.ended_at is not None
        assert nap.ended_at >= START + 30 * 3600


async def test_an_unfinished_run_goes_on_when_its_journal_is_opened(tmp_path: Path) -> None:
    working = Hold("never told")
    definition = {"name": "d", "nodes": [{"id": "a", "type": "a"}, {"id": "b", "type": "b", "inputs": ["a.output"]}]}
    scripts = Scripts(a=1, b="second time").then("b", working)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(definition)
        await working.started.wait()
        await h.reopen()
        assert outputs(await h.finish(run_id)) == {"b": "second time"}
        assert [task.id for task in scripts.tasks] == [f"{run_id}/a", f"{run_id}/b", f"{run_id}/b"]
        assert [task.attempt for task in scripts.tasks] == [1, 1, 1]


async def test_a_rollback_goes_on_where_it_was_when_the_engine_comes_back(tmp_path: Path) -> None:
    definition = {
        "name": "d",
        "nodes": [
            {"id": "a", "type": "do", "compensate": {"type": "undo_a"}},
            {"id": "b", "type": "do", "inputs": ["a.output"], "compensate": {"type": "undo_b"}},
            {"id": "c", "type": "bad", "inputs": ["b.output"]},
        ],
    }
    undoing = Hold()
    scripts = Scripts(do=1, bad=fail("rejected"), undo_a=None, undo_b=None).then("undo_a", undoing)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(definition)
        await undoing.started.wait()
        assert (await h.engine.get(run_id)).run.status == "rolling_back"
        await h.reopen()
        assert (await h.finish(run_id)).status == "rolled_back"
        assert scripts.names == ["do", "do", "bad", "undo_b", "undo_a", "undo_a"]


async def test_a_run_whose_agent_is_missing_stays_where_it_is_and_others_go_on(tmp_path: Path) -> None:
    working, other = Hold(), Hold()
    scripts = Scripts(a=1, b=2).then("a", working).then("b", other)
    async with house(tmp_path, scripts) as h:
        lost = await h.start({"name": "d", "nodes": [{"id": "x", "type": "a"}]})
        fine = await h.start({"name": "d", "nodes": [{"id": "x", "type": "b"}]})
        await working.started.wait()
        await other.started.wait()
        await h.engine.close()
        h.scripts.agents = {"b": scripts.agents["b"]}
        await h.open()
        assert outputs(await h.finish(fine)) == {"x": 2}
        with pytest.raises(UnknownAgent, match="'a'"):
            await h.engine.result(lost)
        with pytest.raises(UnknownAgent, match="'a'"):
            await h.engine.settled(lost)
        assert (await h.engine.get(lost)).run.status == "running"


async def test_a_journal_has_one_driver(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        with pytest.raises(JournalLocked, match="driven by"):
            await EmbeddedEngine.open(h.path)


async def test_everybody_who_waits_learns_of_the_end(tmp_path: Path) -> None:
    working = Hold(1)
    async with house(tmp_path, a=working) as h:
        run_id = await h.start({"name": "d", "nodes": [{"id": "x", "type": "a"}]})
        waiting = [asyncio.ensure_future(h.engine.result(run_id)) for _ in range(3)]
        waiting[0].cancel()
        await working.started.wait()
        working.release()
        ends = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(ends[0], asyncio.CancelledError)
        assert ends[1] == ends[2] == await h.engine.result(run_id)


async def test_closing_with_grace_records_the_answers_of_those_at_work(tmp_path: Path) -> None:
    working = Hold("kept")
    scripts = Scripts(a="again").then("a", working)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(
            {"name": "d", "nodes": [{"id": "x", "type": "a"}, {"id": "y", "type": "a", "inputs": ["x.output"]}]}
        )
        await working.started.wait()
        closing = asyncio.ensure_future(h.engine.close(grace=10))
        await asyncio.sleep(0)
        working.release()
        await closing
        assert len(scripts.tasks) == 1
        await h.open()
        await h.finish(run_id)
        assert [task.path for task in scripts.tasks] == ["x", "y"]


async def test_of_runs_that_are_started_while_the_engine_is_closed_each_is_kept_or_refused(tmp_path: Path) -> None:
    async with house(tmp_path, after=1) as h:
        starting = [asyncio.ensure_future(h.start(SLEEP)) for _ in range(300)]
        await asyncio.sleep(0)
        await h.reopen()
        outcomes = await asyncio.wait_for(asyncio.gather(*starting, return_exceptions=True), 20)
        kept = {outcome for outcome in outcomes if isinstance(outcome, str)}
        assert 0 < len(kept) < len(outcomes)
        assert all(isinstance(outcome, str | JournalError) for outcome in outcomes)
        assert {row.run_id for row in await h.engine.runs(RunFilter(limit=1000))} == kept


async def test_old_runs_are_purged_and_live_ones_are_not(tmp_path: Path) -> None:
    async with house(tmp_path, before=1, after=1) as h:
        live = await h.start(GATE)
        for _ in range(3):
            await h.run({"name": "d", "nodes": [{"id": "x", "type": "after"}]})
        h.clock.advance(3600)
        fresh = await h.start({"name": "d", "nodes": [{"id": "x", "type": "after"}]})
        await h.finish(fresh)
        assert await h.engine.purge(ended_before=START + 1800) == 3
        assert [row.run_id for row in await h.engine.runs(RunFilter())] == [fresh, live]


async def test_a_refused_request_does_not_keep_a_waiting_run_in_memory(tmp_path: Path) -> None:
    async with house(tmp_path, before=1, after=2) as h:
        run_id = await h.start(GATE)
        await h.engine.settled(run_id)
        with pytest.raises(Refused):
            await h.engine.send(run_id, Resume())
        await h.quiet()
        assert hot(h) == 0


async def test_a_run_can_be_cancelled_where_its_agents_are_missing(tmp_path: Path) -> None:
    working = Hold()
    definition = {"name": "d", "nodes": [{"id": "x", "type": "a", "compensate": {"type": "undo"}}]}
    async with house(tmp_path, a=working, undo=None) as h:
        run_id = await h.start(definition)
        await working.started.wait()
        await h.engine.close()
        h.scripts.agents = {}
        await h.open()
        with pytest.raises(UnknownAgent):
            await h.engine.send(run_id, Cancel(rollback=True))
        await h.engine.send(run_id, Cancel(reason="nobody can do it any more"))
        assert (await h.engine.result(run_id)).status == "cancelled"


async def test_an_engine_that_does_not_recover_goes_on_only_with_what_it_is_asked_about(tmp_path: Path) -> None:
    first, second = Hold(), Hold()
    definition = {"name": "d", "nodes": [{"id": "x", "type": "a"}]}
    scripts = Scripts(a="done").then("a", first, second)
    async with house(tmp_path, scripts) as h:
        asked, left = await h.start(definition), await h.start(definition)
        sleeping = await h.start({"name": "s", "nodes": [{"id": "w", "type": "wait", "for": "1h"}]})
        await second.started.wait()
        await h.engine.settled(sleeping)
        await h.engine.close()
        h.engine = await EmbeddedEngine.open(h.path, agents=list(scripts.agents.values()), clock=h.clock, recover=False)
        assert outputs(await h.engine.result(asked)) == {"x": "done"}
        assert (await h.engine.settled(sleeping)).run.parked
        assert [task.run_id for task in scripts.tasks] == [asked, left, asked]
        assert (await h.engine.get(left)).run.status == "running"
        h.clock.advance(3600)
        assert (await h.finish(sleeping)).status == "succeeded"


async def test_one_damaged_run_costs_no_other(tmp_path: Path) -> None:
    holds = [Hold(), Hold()]
    definition = {"name": "d", "nodes": [{"id": "x", "type": "a"}]}
    scripts = Scripts(a="done").then("a", *holds)
    async with house(tmp_path, scripts) as h:
        damaged, fine = await h.start(definition), await h.start(definition)
        asleep = [await h.start(SLEEP | {"nodes": SLEEP["nodes"][:1], "edges": []}) for _ in range(2)]
        for hold in holds:
            await hold.started.wait()
        for run_id in asleep:
            await h.engine.settled(run_id)
        await h.engine.close()
        with closing(sqlite3.connect(h.path)) as journal:
            journal.execute("UPDATE events SET body = '{}' WHERE number IN (1, 3)")
            journal.commit()
        await h.open()
        assert outputs(await h.finish(fine)) == {"x": "done"}
        with pytest.raises(JournalCorrupt):
            await h.engine.result(damaged)
        h.clock.advance(9 * 3600)
        assert (await h.finish(asleep[1])).status == "succeeded"
        with pytest.raises(JournalCorrupt):
            await h.engine.get(asleep[0])


async def test_a_run_that_has_ended_is_settled_while_a_stopped_function_is_still_at_it(tmp_path: Path) -> None:
    stubborn = Hold(stubborn=True)
    definition = {"name": "d", "nodes": [{"id": "x", "type": "a", "timeout": "1s", "retry": {"max_attempts": 1}}]}
    async with house(tmp_path, a=stubborn) as h:
        run_id = await h.start(definition)
        await stubborn.started.wait()
        h.clock.advance(1)
        assert (await h.finish(run_id)).status == "failed"
        assert (await h.engine.settled(run_id)).run.status == "failed"
        assert await h.engine.purge(ended_before=h.clock.now() + 1) == 0
        stubborn.release()
        await h.quiet()
        assert await h.engine.purge(ended_before=h.clock.now() + 1) == 1


async def test_an_item_that_is_being_undone_is_undone_to_its_end_when_the_run_is_only_to_be_ended(
    tmp_path: Path,
) -> None:
    body = [
        {"id": "do", "type": "do", "compensate": {"type": "undo"}},
        {"id": "bad", "type": "bad", "inputs": ["do.output"]},
    ]
    items = {"id": "m", "type": "map", "over": "[1]", "on_item_failure": "collect", "nodes": body}
    undoing = Hold()
    scripts = Scripts(do=1, bad=fail("rejected"), undo=None).then("undo", undoing)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start({"name": "d", "nodes": [items, {"id": "w", "type": "wait", "signal": "never"}]})
        await undoing.started.wait()
        await h.engine.close()
        h.engine = await EmbeddedEngine.open(h.path, agents=list(scripts.agents.values()), clock=h.clock, recover=False)
        await h.engine.send(run_id, Cancel())
        assert (await h.finish(run_id)).status == "cancelled"
        assert scripts.names == ["do", "bad", "undo", "undo"]


async def test_whoever_watches_learns_that_the_engine_was_closed(tmp_path: Path) -> None:
    async with house(tmp_path, before=1, after=2) as h:
        run_id = await h.start(GATE)

        async def watch() -> None:
            async for _ in h.engine.events(run_id):
                watching.set()

        watching = asyncio.Event()
        watcher = asyncio.ensure_future(watch())
        await watching.wait()
        await h.engine.close()
        with pytest.raises(JournalError, match="closed"):
            await watcher


async def test_a_wide_run_of_which_things_are_asked_one_after_another_is_brought_in_once(tmp_path: Path) -> None:
    ask = {"id": "ask", "type": "human", "to": "role:risk"}
    many = {"name": "many", "nodes": [{"id": "each", "type": "map", "over": "given", "nodes": [ask]}]}
    async with house(tmp_path) as h:
        run_id = await h.start({**many, "inputs": {"given": "array"}}, given=list(range(150)))
        names = await asked(h, run_id)
        assert len(h.engine._driver.house) == 0
        await decide(h, run_id, names[0], "done")
        await h.engine.settled(run_id)
        kept = h.engine._driver.house.get(run_id)
        assert kept is not None
        await decide(h, run_id, names[1], "done")
        await h.engine.settled(run_id)
        assert h.engine._driver.house.get(run_id) is kept
        assert kept.parked
        h.clock.advance(6)
        await h.quiet()
        assert len(h.engine._driver.house) == 0
        for name in names[2:]:
            await decide(h, run_id, name, "done")
        assert (await h.finish(run_id)).status == "succeeded"
