"""Rollback as a saga that survives anything: what is undone, in which order, and what becomes of what cannot be."""

from pathlib import Path
from typing import Any

import pytest

from concertato.engine.contract import Cancel, Decide
from concertato.errors import Refused
from concertato.run.events import CompensationFailed, CompensationSucceeded
from support.people import ANN, BOB, asked, decide, details, steps
from support.running import house, outputs
from support.scripted import Hold, Scripts, fail

ONCE = {"max_attempts": 1}


def done(node_id: str, *after: str, **undo: Any) -> dict[str, Any]:
    inputs = {"n": f"'{node_id}'", **{f"after{index}": f"{each}.output" for index, each in enumerate(after)}}
    return {"id": node_id, "type": "do", "inputs": inputs, "compensate": {"type": "undo", **undo}}


def bad(*after: str, **more: Any) -> dict[str, Any]:
    inputs = {f"after{index}": f"{each}.output" for index, each in enumerate(after)}
    return {"id": "bad", "type": "bad", "inputs": inputs, "retry": ONCE, **more}


def scripts(**more: Any) -> Scripts:
    return Scripts(**{"do": lambda **given: given["n"], "undo": None, "bad": fail("rejected"), **more})


def undone(agents: Scripts) -> list[str]:
    return [task.path.removesuffix("~undo") for task in agents.tasks if task.agent == "undo"]


async def test_what_cannot_be_undone_is_asked_about_while_the_others_are_undone(tmp_path: Path) -> None:
    agents = scripts().then("undo", fail("rejected", "gone"))
    definition = {"name": "d", "nodes": [done("a"), done("b", "a"), bad("b")]}
    async with house(tmp_path, agents) as h:
        run_id = await h.start(definition)
        assert await asked(h, run_id) == ["b~undo"]
        assert undone(agents) == ["b", "a"]
        view = await h.engine.get(run_id)
        assert view.run.status == "rolling_back"
        assert view.waits == ("a decision on task 'b~undo' by role:operator",)
        task = await h.engine.task(run_id, "b~undo")
        assert task.question.title == "'b' could not be undone (rejected): gone"
        assert [choice.name for choice in task.question.choices] == ["retry", "done", "leave"]
        with pytest.raises(Refused, match="it is for role:operator"):
            await decide(h, run_id, "b~undo", "leave", ANN)
        await decide(h, run_id, "b~undo", "leave", BOB)
        ended = await h.finish(run_id)
        assert (ended.status, ended.undone_left) == ("failed", ("b",))


async def test_somebody_can_undo_by_hand_what_no_agent_can(tmp_path: Path) -> None:
    agents = scripts().then("undo", fail("rejected", "gone"))
    async with house(tmp_path, agents) as h:
        run_id = await h.start({"name": "d", "nodes": [done("a"), bad("a")]})
        await asked(h, run_id)
        await decide(h, run_id, "a~undo", "done", BOB, reason="refunded at the bank")
        ended = await h.finish(run_id)
        assert (ended.status, ended.undone_left) == ("rolled_back", ())
        assert [told["by_hand"] for told in await details(h, run_id, "compensated")] == [True]


async def test_an_undoing_can_be_tried_again_with_attempts_of_its_own(tmp_path: Path) -> None:
    agents = scripts().then("undo", fail("unavailable"), fail("unavailable"), fail("unavailable"))
    undo = {"retry": {"max_attempts": 2, "initial": 0}}
    async with house(tmp_path, agents) as h:
        run_id = await h.start({"name": "d", "nodes": [done("a", **undo), bad("a")]})
        for _ in range(4):
            await h.quiet()
            if (step := h.clock.next_alarm) is not None:
                h.clock.advance(max(step, 0.0))
        assert await asked(h, run_id) == ["a~undo"]
        await decide(h, run_id, "a~undo", "retry", BOB)
        assert (await h.finish(run_id)).status == "rolled_back"
        assert [task.attempt for task in agents.tasks if task.agent == "undo"] == [1, 2, 3, 4]
        assert {task.id for task in agents.tasks if task.agent == "undo"} == {f"{run_id}/a~undo"}


async def test_what_is_tried_again_is_not_undone_beside_something_else(tmp_path: Path) -> None:
    slow = Hold()
    agents = scripts().then("undo", fail("rejected"), slow)
    async with house(tmp_path, agents) as h:
        run_id = await h.start({"name": "d", "nodes": [done("a"), done("b", "a"), bad("b")]})
        await slow.started.wait()
        await decide(h, run_id, "b~undo", "retry", BOB)
        await h.quiet()
        assert undone(agents) == ["b", "a"]
        slow.release()
        assert (await h.finish(run_id)).status == "rolled_back"
        assert undone(agents) == ["b", "a", "b"]


async def test_a_compensation_says_who_is_asked_when_it_fails(tmp_path: Path) -> None:
    undo = {"on_failure": [{"escalate": {"to": "user:ann", "timeout": "1h", "title": "Undo {{ output }} by hand"}}]}
    agents = scripts(undo=fail("rejected"))
    async with house(tmp_path, agents) as h:
        run_id = await h.start({"name": "d", "nodes": [done("a", **undo), bad("a")]})
        await asked(h, run_id)
        assert (await h.engine.task(run_id, "a~undo")).question.title == "Undo a by hand"
        ended = await h.finish(run_id)  # nobody decides: it is listed, and never forgotten
        assert (ended.status, ended.undone_left) == ("failed", ("a",))


async def test_a_compensation_may_fail_in_silence_where_it_says_so(tmp_path: Path) -> None:
    agents = scripts(undo=fail("rejected"))
    async with house(tmp_path, agents) as h:
        ended = await h.run({"name": "d", "nodes": [done("a", on_failure=["fail"]), bad("a")]})
        assert (ended.status, ended.undone_left) == ("failed", ("a",))


async def test_every_iteration_of_a_loop_and_every_item_of_a_map_is_undone(tmp_path: Path) -> None:
    loop = {"id": "turns", "type": "loop", "until": "iteration == 1", "nodes": [done("turn")]}
    each = {"id": "each", "type": "map", "over": "[1, 2]", "concurrency": 1, "nodes": [loop]}
    agents = scripts()
    async with house(tmp_path, agents) as h:
        ended = await h.run({"name": "d", "nodes": [each, bad("each")]})
        assert ended.status == "rolled_back"
        paths = [f"each[{item}]/turns[{turn}]/turn" for item in (1, 0) for turn in (1, 0)]
        assert undone(agents) == paths


async def test_a_sub_workflow_that_had_finished_is_undone_as_a_whole(tmp_path: Path) -> None:
    inner = {"name": "inner", "nodes": [done("first"), done("second", "first")]}
    part = {"id": "part", "type": "workflow", "workflow": "inner"}
    agents = scripts()
    async with house(tmp_path, agents) as h:
        ended = await h.run({"name": "d", "nodes": [part, bad("part")], "workflows": {"inner": inner}})
        assert ended.status == "rolled_back"
        assert undone(agents) == ["part/second", "part/first"]


async def test_what_is_not_cancellable_is_let_finish_and_then_undone(tmp_path: Path) -> None:
    wire, quick, wrong = Hold("wired"), Hold("quick"), Hold(fail("rejected"))
    nodes = [
        {"id": "wire", "type": "wire", "cancellable": False},
        {"id": "quick", "type": "quick", "cancellable": True, "compensate": {"type": "undo"}},
        {"id": "bad", "type": "bad", "retry": ONCE},
    ]
    agents = scripts(wire=wire, quick=quick, bad=wrong)
    async with house(tmp_path, agents) as h:
        run_id = await h.start({"name": "d", "nodes": nodes})
        for each in (wire, quick, wrong):
            await each.started.wait()
        wrong.release()
        await quick.cancelled.wait()
        assert not wire.cancelled.is_set()
        wire.release()
        assert (await h.finish(run_id)).status == "failed"
        assert await h.statuses(run_id) == {"wire": "succeeded", "quick": "cancelled", "bad": "failed"}


async def test_a_second_failure_while_rolling_back_changes_nothing(tmp_path: Path) -> None:
    slow, wrong = Hold(fail("rejected", "the second")), Hold(fail("rejected", "the first"))
    nodes = [done("a"), {"id": "slow", "type": "slow", "cancellable": False, "retry": ONCE}, bad("a")]
    agents = scripts(slow=slow, bad=wrong)
    async with house(tmp_path, agents) as h:
        run_id = await h.start({"name": "d", "nodes": nodes})
        await slow.started.wait()
        await wrong.started.wait()
        wrong.release()
        await h.quiet()
        slow.release()
        ended = await h.finish(run_id)
        assert ended.status == "rolled_back"
        assert ended.failure is not None
        assert ended.failure.message == "the first"
        assert (await h.statuses(run_id))["slow"] == "cancelled"


async def test_cancel_with_rollback_walks_the_same_path(tmp_path: Path) -> None:
    agents = scripts(undo=fail("rejected"))
    gate = {"id": "gate", "type": "human", "to": "role:risk"}
    definition = {"name": "d", "nodes": [done("a"), gate], "edges": [{"from": "a", "to": "gate"}]}
    async with house(tmp_path, agents) as h:
        run_id = await h.start(definition)
        assert await asked(h, run_id) == ["gate"]
        await h.engine.send(run_id, Cancel(rollback=True, by="ann", reason="no longer wanted"))
        assert await asked(h, run_id) == ["a~undo"]
        await decide(h, run_id, "a~undo", "done", BOB)
        assert (await h.finish(run_id)).status == "rolled_back"
        assert await steps(h, run_id) == [
            *("task_opened", "cancel_requested", "stopping", "task_cancelled", "compensating", "compensation_failed"),
            *("task_opened", "decided", "compensated", "ended"),
        ]


async def test_a_compensation_that_cannot_be_asked_for_is_asked_about(tmp_path: Path) -> None:
    agents = scripts()
    undo = {"inputs": {"x": "output.missing"}}
    async with house(tmp_path, agents) as h:
        run_id = await h.start({"name": "d", "nodes": [done("a", **undo), bad("a")]})
        assert await asked(h, run_id) == ["a~undo"]
        assert "the input `x` of the compensation" in (await h.engine.task(run_id, "a~undo")).question.title


async def test_a_rollback_that_waits_for_a_person_survives_restarts_and_undoes_nothing_twice(tmp_path: Path) -> None:
    agents = scripts().then("undo", None, fail("rejected"))
    definition = {"name": "d", "nodes": [done("a"), done("b", "a"), done("c", "b"), bad("c")]}
    async with house(tmp_path, agents) as h:
        run_id = await h.start(definition)
        assert await asked(h, run_id) == ["b~undo"]
        for _ in range(3):
            await h.reopen()
            assert await asked(h, run_id) == ["b~undo"]
        assert undone(agents) == ["c", "b", "a"]
        await decide(h, run_id, "b~undo", "done", BOB)
        assert (await h.finish(run_id)).status == "rolled_back"
        kinds = [type(e) for e in await h.events(run_id) if isinstance(e, CompensationFailed | CompensationSucceeded)]
        assert kinds == [CompensationSucceeded, CompensationFailed, CompensationSucceeded]


async def test_an_item_that_is_collected_waits_for_its_undoing_while_the_others_go_on(tmp_path: Path) -> None:
    wrong = bad("a")
    wrong["inputs"]["item"] = "item"
    each = {"id": "each", "type": "map", "over": "[1, 2]", "on_item_failure": "collect", "nodes": [done("a"), wrong]}
    agents = scripts(bad=lambda item, **_: fail("rejected", "odd") if item == 1 else "fine", undo=fail("rejected"))
    async with house(tmp_path, agents) as h:
        run_id = await h.start({"name": "d", "nodes": [each]})
        assert await asked(h, run_id) == ["each[0]/a~undo"]
        assert (await h.engine.get(run_id)).run.status == "running"
        await h.engine.send(run_id, Decide(task="each[0]/a~undo", choice="leave", by=BOB))
        error = {"kind": "rejected", "message": "odd", "path": "each[0]/bad", "undone_left": ["each[0]/a"]}
        assert outputs(await h.finish(run_id)) == {"each": [{"error": error}, {"bad": "fine"}]}
