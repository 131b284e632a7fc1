"""The ladder of a node that has failed for good: who is tried, in which order, and where one is looked for."""

from pathlib import Path
from typing import Any

from concertato.run.events import AttemptFailed, NodeSucceeded
from support.people import ANN, asked, decide, details, steps
from support.running import House, house, outputs
from support.scripted import Hold, Scripts, fail

ONCE = {"max_attempts": 1}


def score(*rungs: Any, **more: Any) -> dict[str, Any]:
    return {"id": "score", "type": "score", "inputs": ["amount"], "retry": ONCE, "on_failure": list(rungs), **more}


def flow(*nodes: Any, **more: Any) -> dict[str, Any]:
    return {"name": "flow", "inputs": {"amount": "integer"}, "nodes": list(nodes), **more}


AFTER = {"id": "after", "type": "after", "inputs": ["score.output"]}


async def test_a_fallback_gets_what_the_node_got_and_its_result_is_the_nodes(tmp_path: Path) -> None:
    scripts = Scripts(score=fail("unavailable"), rules=lambda **given: given, after=lambda **given: given)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(flow(score({"fallback": {"type": "rules", "with": {"strict": True}}}), AFTER), amount=7)
        assert outputs(await h.finish(run_id)) == {"after": {"score": {"amount": 7, "strict": True}}}
        assert [task.id for task in scripts.tasks][:2] == [f"{run_id}/score", f"{run_id}/score~fallback1"]
        recorded = [event.path for event in await h.events(run_id) if isinstance(event, AttemptFailed | NodeSucceeded)]
        assert recorded == ["score", "score~fallback1", "after"]


async def test_a_fallback_with_inputs_of_its_own_sees_the_failure(tmp_path: Path) -> None:
    rung = {"fallback": {"type": "rules", "inputs": {"why": "failure.kind", "had": "input.amount"}}}
    async with house(tmp_path, score=fail("rejected"), rules=lambda **given: given) as h:
        ended = await h.run(flow(score(rung)), amount=7)
        assert outputs(ended) == {"score": {"why": "rejected", "had": 7}}


async def test_a_fallback_has_retries_of_its_own_and_then_the_next_rung_is_tried(tmp_path: Path) -> None:
    first = {"fallback": {"type": "first", "retry": {"max_attempts": 2}}}
    scripts = Scripts(score=fail("rejected"), first=fail("timeout"), second="at last")
    async with house(tmp_path, scripts) as h:
        ended = await h.run(flow(score(first, {"fallback": {"type": "second"}})), amount=1)
        assert outputs(ended) == {"score": "at last"}
        assert scripts.names == ["score", "first", "first", "second"]


async def test_the_result_of_a_fallback_is_undone_as_the_nodes_own(tmp_path: Path) -> None:
    pay = score({"fallback": {"type": "other"}}, compensate={"type": "refund"})
    scripts = Scripts(score=fail("rejected"), other={"id": 5}, after=fail("rejected"), refund=None)
    async with house(tmp_path, scripts) as h:
        ended = await h.run(flow(pay, AFTER), amount=1)
        assert ended.status == "rolled_back"
        assert scripts.calls("refund") == [{"input": {"amount": 1}, "output": {"id": 5}}]


async def test_continue_lets_the_run_go_on_without_the_node(tmp_path: Path) -> None:
    other = {"id": "other", "type": "other", "inputs": {"was": "score.output", "how": "score.status"}, "join": "all"}
    free = {"id": "free", "type": "free"}
    scripts = Scripts(score=fail("rejected"), after=1, free=lambda **_: "done", other=1)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(flow(score("continue"), AFTER, free, other), amount=1)
        ended = await h.finish(run_id)
        assert (ended.status, outputs(ended)) == ("succeeded", {"after": None, "free": "done", "other": None})
        assert (await h.statuses(run_id))["score"] == "failed"


async def test_fail_ends_the_run_and_undoes_nothing(tmp_path: Path) -> None:
    paid = {"id": "paid", "type": "paid", "compensate": {"type": "refund"}}
    late = score("fail", inputs={"amount": "amount", "after": "paid.output"})
    scripts = Scripts(paid=1, refund=1, score=fail("rejected"))
    async with house(tmp_path, scripts) as h:
        ended = await h.run(flow(paid, late), amount=1)
        assert (ended.status, ended.path) == ("failed", "score")
        assert scripts.names == ["paid", "score"]


async def test_rollback_undoes_what_was_done(tmp_path: Path) -> None:
    paid = {"id": "paid", "type": "paid", "compensate": {"type": "refund"}}
    late = score("rollback", inputs={"amount": "amount", "after": "paid.output"})
    scripts = Scripts(paid=1, refund=1, score=fail("rejected"))
    async with house(tmp_path, scripts) as h:
        ended = await h.run(flow(paid, late), amount=1)
        assert ended.status == "rolled_back"
        assert scripts.names == ["paid", "score", "refund"]


async def test_a_node_without_a_ladder_walks_the_workflows(tmp_path: Path) -> None:
    bare = {"id": "score", "type": "score", "inputs": ["amount"], "retry": ONCE}
    definition = flow(bare, AFTER, on_failure=[{"fallback": {"type": "rules"}}])
    async with house(tmp_path, score=fail("rejected"), rules=lambda **given: given, after=lambda **given: given) as h:
        run_id = await h.start(definition, amount=3)
        assert outputs(await h.finish(run_id)) == {"after": {"score": {"amount": 3}}}
        assert (await details(h, run_id, "rung")) == [{"rung": 1, "of": 1, "what": "fallback", "ladder": "workflow"}]


async def test_a_ladder_that_is_spent_ends_as_if_there_were_none(tmp_path: Path) -> None:
    paid = {"id": "paid", "type": "paid", "compensate": {"type": "refund"}}
    rung = {"fallback": {"type": "rules"}}
    late = score(rung, inputs={"amount": "amount", "after": "paid.output"})
    scripts = Scripts(paid=1, refund=1, score=fail("rejected"), rules=fail("rejected", "nor this"))
    async with house(tmp_path, scripts) as h:
        ended = await h.run(flow(paid, late, on_failure=["continue"]), amount=1)
        assert ended.status == "rolled_back"
        assert ended.failure is not None
        assert ended.failure.message == "nor this"


async def test_each_item_of_a_map_walks_the_ladder_by_itself(tmp_path: Path) -> None:
    each = {
        "id": "each",
        "type": "map",
        "over": "[1, 2, 3]",
        "nodes": [{**score({"fallback": {"type": "rules"}}), "inputs": {"amount": "item"}}],
    }
    scripts = Scripts(score=lambda amount: fail("rejected") if amount == 2 else "scored", rules="by rule")
    async with house(tmp_path, scripts) as h:
        run_id = await h.start({"name": "d", "nodes": [each]})
        assert outputs(await h.finish(run_id)) == {
            "each": [{"score": "scored"}, {"score": "by rule"}, {"score": "scored"}]
        }
        assert [task.path for task in scripts.tasks if task.agent == "rules"] == ["each[1]/score~fallback1"]


async def test_the_ladder_of_a_map_holds_what_fails_inside_and_undoes_it_first(tmp_path: Path) -> None:
    pay = {"id": "pay", "type": "pay", "inputs": {"item": "item"}, "compensate": {"type": "refund"}}
    check = {"id": "check", "type": "check", "inputs": {"item": "item", "paid": "pay.output"}, "retry": ONCE}
    each = {
        "id": "each",
        "type": "map",
        "over": "[1, 2]",
        "concurrency": 1,
        "nodes": [pay, check],
        "on_failure": [{"fallback": {"type": "whole", "inputs": {"n": "2"}}}],
    }
    scripts = Scripts(
        pay=1, refund=1, check=lambda item, paid: fail("rejected") if item == 2 else "fine", whole=["a", "b"]
    )
    async with house(tmp_path, scripts) as h:
        run_id = await h.start({"name": "d", "nodes": [each]})
        assert outputs(await h.finish(run_id)) == {"each": ["a", "b"]}
        assert scripts.names == ["pay", "check", "pay", "check", "refund", "refund", "whole"]
        undone = [task.path for task in scripts.tasks if task.agent == "refund"]
        assert undone == ["each[1]/pay~undo", "each[0]/pay~undo"]


async def test_the_failure_of_a_sub_workflow_is_that_of_the_node_that_holds_it(tmp_path: Path) -> None:
    inner = {
        "name": "inner",
        "nodes": [
            {"id": "pay", "type": "pay", "compensate": {"type": "refund"}},
            {"id": "check", "type": "check", "inputs": ["pay.output"], "retry": ONCE},
        ],
    }
    part = {"id": "part", "type": "workflow", "workflow": "inner", "on_failure": [{"fallback": {"type": "instead"}}]}
    scripts = Scripts(pay=1, refund=1, check=fail("rejected"), instead="other")
    async with house(tmp_path, scripts) as h:
        ended = await h.run({"name": "d", "nodes": [part], "workflows": {"inner": inner}})
        assert outputs(ended) == {"part": "other"}
        assert scripts.names == ["pay", "check", "refund", "instead"]


async def test_a_sub_workflows_own_ladder_comes_before_that_of_the_node_that_holds_it(tmp_path: Path) -> None:
    inner = {
        "name": "inner",
        "nodes": [{"id": "check", "type": "check", "retry": ONCE}],
        "on_failure": [{"fallback": {"type": "near"}}],
    }
    part = {"id": "part", "type": "workflow", "workflow": "inner", "on_failure": [{"fallback": {"type": "far"}}]}
    scripts = Scripts(check=fail("rejected"), near="near", far="far")
    async with house(tmp_path, scripts) as h:
        ended = await h.run({"name": "d", "nodes": [part], "workflows": {"inner": inner}})
        assert outputs(ended) == {"part": {"check": "near"}}


async def test_what_stood_inside_is_undone_before_a_ladder_is_walked_whatever_ended_the_ladder_inside(
    tmp_path: Path,
) -> None:
    pay = {"id": "pay", "type": "pay", "compensate": {"type": "refund"}}
    check = {"id": "check", "type": "check", "inputs": ["pay.output"], "retry": ONCE, "on_failure": ["fail"]}
    inner = {"name": "inner", "nodes": [pay, check]}
    part = {"id": "part", "type": "workflow", "workflow": "inner", "on_failure": [{"fallback": {"type": "instead"}}]}
    scripts = Scripts(pay=1, refund=1, check=fail("rejected"), instead="other")
    async with house(tmp_path, scripts) as h:
        assert outputs(await h.run({"name": "d", "nodes": [part], "workflows": {"inner": inner}})) == {"part": "other"}
        assert scripts.names == ["pay", "check", "refund", "instead"]


async def test_a_loop_that_is_tried_again_begins_anew_under_paths_of_its_own(tmp_path: Path) -> None:
    loop = {
        "id": "turns",
        "type": "loop",
        "until": "iteration == 1",
        "nodes": [{"id": "turn", "type": "turn", "inputs": {"n": "iteration"}, "retry": ONCE}],
        "on_failure": [{"escalate": {"to": "role:risk"}}],
    }
    scripts = Scripts(turn=lambda n: n).then("turn", 0, fail("rejected"))
    async with house(tmp_path, scripts) as h:
        run_id = await h.start({"name": "d", "nodes": [loop]})
        assert await asked(h, run_id) == ["turns~failed"]
        await decide(h, run_id, "turns~failed", "retry")
        assert outputs(await h.finish(run_id)) == {"turns": {"turn": 1}}
        paths = [task.id.removeprefix(f"{run_id}/") for task in scripts.tasks]
        assert paths == ["turns[0]/turn", "turns[1]/turn", "turns~2[0]/turn", "turns~2[1]/turn"]


async def test_an_expression_that_cannot_be_evaluated_is_a_failure_like_any_other(tmp_path: Path) -> None:
    wrong = {"id": "wrong", "type": "set", "inputs": {"x": "amount.missing"}, "on_failure": ["continue"]}
    async with house(tmp_path) as h:
        run_id = await h.start({"name": "d", "inputs": {"amount": "any"}, "nodes": [wrong]}, amount={})
        assert (await h.finish(run_id)).status == "succeeded"
        assert await h.statuses(run_id) == {"wrong": "failed"}


async def test_a_wait_that_takes_too_long_walks_its_ladder(tmp_path: Path) -> None:
    wait = {
        "id": "wait",
        "type": "wait",
        "signal": "go",
        "timeout": "1h",
        "on_failure": [{"fallback": {"type": "ask"}}],
    }
    async with house(tmp_path, ask=lambda: "gone on") as h:
        assert outputs(await h.run({"name": "d", "nodes": [wait]})) == {"wait": "gone on"}


async def test_a_map_that_takes_too_long_stops_its_items_and_walks_its_ladder(tmp_path: Path) -> None:
    slow = Hold()
    each = {
        "id": "each",
        "type": "map",
        "over": "[1]",
        "timeout": "10s",
        "nodes": [{"id": "work", "type": "work"}],
        "on_failure": [{"fallback": {"type": "instead"}}],
    }
    async with house(tmp_path, work=slow, instead="none") as h:
        run_id = await h.start({"name": "d", "nodes": [each]})
        await slow.started.wait()
        assert outputs(await h.finish(run_id)) == {"each": "none"}
        assert slow.cancelled.is_set()


async def test_a_failure_in_another_branch_stops_a_ladder_that_is_being_walked(tmp_path: Path) -> None:
    slow, bad = Hold(), Hold(fail("rejected"))
    scripts = Scripts(score=fail("rejected"), rules=slow, bad=bad)
    definition = flow(score({"fallback": {"type": "rules"}}), {"id": "bad", "type": "bad", "retry": ONCE})
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(definition, amount=1)
        await slow.started.wait()
        bad.release()
        ended = await h.finish(run_id)
        assert (ended.status, ended.path) == ("failed", "bad")
        assert await h.statuses(run_id) == {"score": "cancelled", "bad": "failed"}


async def test_a_paused_run_asks_no_fallback_until_it_is_resumed(tmp_path: Path) -> None:
    from concertato.engine.contract import Pause, Resume

    held = Hold(fail("rejected"))
    scripts = Scripts(score=held, rules="rule")
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(flow(score({"fallback": {"type": "rules"}})), amount=1)
        await held.started.wait()
        await h.engine.send(run_id, Pause())
        held.release()
        await h.engine.settled(run_id)
        assert scripts.names == ["score"]
        await h.engine.send(run_id, Resume())
        assert outputs(await h.finish(run_id)) == {"score": "rule"}


async def test_the_decision_path_tells_every_rung_in_order(tmp_path: Path) -> None:
    rungs = [{"fallback": {"type": "rules"}}, {"escalate": {"to": "user:ann"}}, "fail"]
    scripts = Scripts(score=fail("rejected", "no"), rules=fail("timeout", "slow"))
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(flow(score(*rungs, retry={"max_attempts": 1})), amount=1)
        await _let_time_pass_until_asked(h, run_id)
        await decide(h, run_id, "score~failed", "abort", ANN, reason="not worth it")
        await h.finish(run_id)
        assert await steps(h, run_id) == [
            *("attempt_failed", "failed", "rung", "attempt_failed", "attempt_failed", "attempt_failed", "failed"),
            *("rung", "task_opened", "decided", "action", "stopping", "ended"),
        ]
        delays = [each.get("delay") for each in await details(h, run_id, "attempt_failed")]
        assert [delay is None for delay in delays] == [True, False, False, True]


async def _let_time_pass_until_asked(h: House, run_id: str) -> None:
    for _ in range(20):
        await h.quiet()
        step = h.clock.next_alarm
        if step is not None and (await h.engine.get(run_id)).waits[0].startswith("the next attempt"):
            h.clock.advance(max(step, 0.0))
    assert await asked(h, run_id) == ["score~failed"]
