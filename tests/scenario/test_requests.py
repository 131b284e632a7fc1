"""What reaches a run from outside: "Requests" in docs/failure-semantics.md."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from concertato.definition.problem import DefinitionError
from concertato.engine.contract import Cancel, Edit, Pause, Resume, Signal
from concertato.errors import InvalidInput, KeyConflict, Refused, RequestError, UnknownAgent, UnknownRun
from concertato.journal.contract import RunFilter
from concertato.plan.compile import compile_plan
from concertato.run.events import NodeSucceeded, PlanEdited, SignalReceived
from support.running import house, outputs
from support.scripted import Hold, Scripts, fail

PAY = {"id": "pay", "type": "pay", "compensate": {"type": "refund"}}
SHIP = {"id": "ship", "type": "ship", "inputs": ["pay.output"]}
ORDER: dict[str, Any] = {"name": "order", "nodes": [PAY, SHIP]}
GATE: dict[str, Any] = {
    "name": "gate",
    "nodes": [{"id": "go", "type": "wait", "signal": "go"}, {"id": "work", "type": "work", "inputs": ["go.output"]}],
}


async def test_cancel_stops_what_is_in_flight_and_undoes_nothing(tmp_path: Path) -> None:
    shipping = Hold()
    scripts = Scripts(pay=1, ship=shipping, refund=None)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(ORDER)
        await shipping.started.wait()
        await h.engine.send(run_id, Cancel(by="ann", reason="wrong order"))
        ended = await h.finish(run_id)
        assert shipping.cancelled.is_set()
        assert ended.failure is not None
        assert (ended.status, ended.failure.message) == ("cancelled", "cancelled by ann: wrong order")
        assert scripts.names == ["pay", "ship"]


async def test_cancel_with_rollback_undoes_what_succeeded(tmp_path: Path) -> None:
    shipping = Hold()
    scripts = Scripts(pay=1, ship=shipping, refund=None)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(ORDER)
        await shipping.started.wait()
        await h.engine.send(run_id, Cancel(rollback=True))
        assert (await h.finish(run_id)).status == "rolled_back"
        assert scripts.names == ["pay", "ship", "refund"]


async def test_cancel_with_rollback_and_nothing_to_undo_is_a_cancel(tmp_path: Path) -> None:
    async with house(tmp_path, work=1) as h:
        run_id = await h.start(GATE)
        await h.engine.send(run_id, Cancel(rollback=True))
        assert (await h.finish(run_id)).status == "cancelled"


async def test_a_run_that_has_ended_refuses_everything(tmp_path: Path) -> None:
    async with house(tmp_path, pay=1, ship=1, refund=None) as h:
        run_id = await h.start(ORDER)
        await h.finish(run_id)
        for request in (Cancel(), Pause(), Resume(), Signal(name="x"), Edit(patch={"remove": {"nodes": ["ship"]}})):
            with pytest.raises(Refused, match="ended"):
                await h.engine.send(run_id, request)
        assert (await h.engine.get(run_id)).run.status == "succeeded"


async def test_an_unknown_run_is_named(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        with pytest.raises(UnknownRun, match="nosuchrun"):
            await h.engine.send("nosuchrun", Pause())


async def test_a_paused_run_starts_nothing_and_keeps_what_is_answered(tmp_path: Path) -> None:
    paying = Hold(1)
    scripts = Scripts(pay=paying, ship=2, refund=None)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(ORDER)
        await paying.started.wait()
        await h.engine.send(run_id, Pause(by="ann"))
        paying.release()
        await h.quiet()
        view = await h.engine.get(run_id)
        assert (view.run.status, scripts.names) == ("paused", ["pay"])
        assert (await h.statuses(run_id))["pay"] == "succeeded"
        await h.reopen()
        await h.quiet()
        assert scripts.names == ["pay"]
        await h.engine.send(run_id, Resume())
        assert outputs(await h.finish(run_id)) == {"ship": 2}


async def test_pause_and_resume_are_refused_where_they_mean_nothing(tmp_path: Path) -> None:
    async with house(tmp_path, work=1) as h:
        run_id = await h.start(GATE)
        with pytest.raises(Refused, match="only a paused run"):
            await h.engine.send(run_id, Resume())
        await h.engine.send(run_id, Pause())
        with pytest.raises(Refused, match="only a running run"):
            await h.engine.send(run_id, Pause())


async def test_a_signal_is_handed_to_the_node_that_waits(tmp_path: Path) -> None:
    scripts = Scripts(work=lambda go: go["answer"])
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(GATE)
        await h.engine.send(run_id, Signal(name="go", payload={"answer": 42}))
        assert outputs(await h.finish(run_id)) == {"work": 42}


async def test_a_signal_before_anybody_waits_is_kept(tmp_path: Path) -> None:
    first = Hold(1)
    definition = {
        "name": "d",
        "nodes": [{"id": "a", "type": "a"}, {"id": "w", "type": "wait", "signal": "go"}],
        "edges": [{"from": "a", "to": "w"}],
    }
    async with house(tmp_path, a=first) as h:
        run_id = await h.start(definition)
        await first.started.wait()
        await h.engine.send(run_id, Signal(name="go", payload="early"))
        first.release()
        assert outputs(await h.finish(run_id)) == {"w": "early"}


async def test_of_several_waits_the_longest_takes_the_signal(tmp_path: Path) -> None:
    definition = {"name": "d", "nodes": [{"id": w, "type": "wait", "signal": "go"} for w in ("first", "second")]}
    async with house(tmp_path) as h:
        run_id = await h.start(definition)
        await h.engine.send(run_id, Signal(name="go", payload=1))
        assert await h.statuses(run_id) == {"first": "succeeded", "second": "waiting"}
        await h.engine.send(run_id, Signal(name="go", payload=2))
        assert outputs(await h.finish(run_id)) == {"first": 1, "second": 2}
        assert sum(isinstance(event, SignalReceived) for event in await h.events(run_id)) == 2


async def test_starting_twice_with_a_key_is_starting_once(tmp_path: Path) -> None:
    plan = compile_plan({"name": "k", "inputs": {"n": "integer"}, "nodes": [{"id": "a", "type": "a", "inputs": ["n"]}]})
    scripts = Scripts(a=1)
    async with house(tmp_path, scripts) as h:
        first = await h.engine.start(plan, {"n": 1}, key="order-1")
        assert await h.engine.start(plan, {"n": 1}, key="order-1") == first
        await h.finish(first)
        await h.reopen()
        assert await h.engine.start(plan, {"n": 1}, key="order-1") == first
        assert len(scripts.tasks) == 1
        with pytest.raises(KeyConflict, match="other inputs"):
            await h.engine.start(plan, {"n": 2}, key="order-1")
        with pytest.raises(KeyConflict, match="another definition"):
            await h.engine.start(compile_plan(ORDER | {"nodes": [{"id": "b", "type": "a"}]}), {}, key="order-1")


async def test_inputs_that_do_not_fit_start_nothing(tmp_path: Path) -> None:
    plan = compile_plan({"name": "k", "inputs": {"n": "integer"}, "nodes": [{"id": "a", "type": "a", "inputs": ["n"]}]})
    async with house(tmp_path, a=1) as h:
        for wrong in ({}, {"n": "one"}, {"n": 1, "m": 2}):
            with pytest.raises(InvalidInput):
                await h.engine.start(plan, wrong)
        assert await h.engine.runs(RunFilter()) == []


async def test_an_agent_that_nobody_registered_starts_nothing(tmp_path: Path) -> None:
    async with house(tmp_path, pay=1) as h:
        with pytest.raises(UnknownAgent, match="'refund', 'ship'"):
            await h.start(ORDER)


async def test_an_edit_adds_replaces_and_removes_what_has_not_started(tmp_path: Path) -> None:
    scripts = Scripts(work=lambda **given: given, late="late", other="other")
    definition = {
        "name": "gate",
        "nodes": [
            {"id": "go", "type": "wait", "signal": "go"},
            {"id": "work", "type": "work", "inputs": ["go.output"]},
            {"id": "gone", "type": "work", "inputs": ["go.output"]},
        ],
    }
    patch = {
        "add": {"nodes": [{"id": "late", "type": "late"}], "edges": [{"from": "work", "to": "late"}]},
        "replace": {"nodes": [{"id": "work", "type": "other", "inputs": ["go.output"]}]},
        "remove": {"nodes": ["gone"]},
    }
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(definition)
        await h.engine.send(run_id, Edit(patch=patch, by="ann", reason="new rule"))
        await h.reopen()
        await h.engine.send(run_id, Signal(name="go", payload=1))
        assert outputs(await h.finish(run_id)) == {"late": "late"}
        assert scripts.names == ["other", "late"]


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ({"remove": {"nodes": ["done"]}}, "done.*succeeded"),
        ({"replace": {"nodes": [{"id": "done", "type": "work"}]}}, "done.*succeeded"),
        ({"add": {"edges": [{"from": "done", "to": "go"}]}}, "go.*waiting"),
    ],
)
async def test_an_edit_that_touches_what_has_started_is_refused(
    tmp_path: Path, patch: dict[str, Any], reason: str
) -> None:
    definition = {**GATE, "nodes": [*GATE["nodes"], {"id": "done", "type": "work"}]}
    async with house(tmp_path, work=1) as h:
        run_id = await h.start(definition)
        await h.quiet()
        before = await h.engine.get(run_id)
        with pytest.raises((Refused, DefinitionError), match=reason):
            await h.engine.send(run_id, Edit(patch=patch))
        assert await h.engine.get(run_id) == before


async def test_only_the_engine_says_that_an_edit_takes_another_back(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="undoes"):
        Edit(patch={}, undoes=0)  # type: ignore[call-arg]
    waiting = {"name": "d", "nodes": [{"id": "w", "type": "wait", "signal": "go"}]}
    async with house(tmp_path, Scripts(a=1)) as h:
        run_id = await h.start(waiting)
        await h.engine.send(run_id, Edit(patch={"add": {"nodes": [{"id": "a", "type": "a", "inputs": ["w.output"]}]}}))
        await h.engine.undo_edit(run_id)
        edits = [event for event in await h.events(run_id) if isinstance(event, PlanEdited)]
        assert [event.undoes for event in edits] == [None, 1]


async def test_an_edit_that_leads_to_mistakes_is_refused_with_all_of_them(tmp_path: Path) -> None:
    patch = {"add": {"nodes": [{"id": "x", "type": "work", "inputs": ["nothing.output", "nowhere.output"]}]}}
    async with house(tmp_path, work=1) as h:
        run_id = await h.start(GATE)
        with pytest.raises(DefinitionError) as refused:
            await h.engine.send(run_id, Edit(patch=patch))
        assert len(refused.value.problems) == 2


async def test_an_edit_that_needs_an_unknown_agent_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path, work=1) as h:
        run_id = await h.start(GATE)
        with pytest.raises(UnknownAgent, match="'unheard'"):
            await h.engine.send(run_id, Edit(patch={"add": {"nodes": [{"id": "x", "type": "unheard"}]}}))


async def test_a_retry_continues_at_what_failed_with_the_same_task_ids(tmp_path: Path) -> None:
    definition = {"name": "d", "nodes": [{"id": "a", "type": "a"}, {"id": "b", "type": "b", "inputs": ["a.output"]}]}
    scripts = Scripts(a=1, b=lambda a: a + 1).then("b", fail("rejected"))
    async with house(tmp_path, scripts) as h:
        first = await h.start(definition)
        await h.finish(first)
        second = await h.engine.retry(first)
        assert outputs(await h.finish(second)) == {"b": 2}
        assert [task.id for task in scripts.tasks] == [f"{first}/a", f"{first}/b", f"{first}/b"]
        view = await h.engine.get(second)
        assert (view.run.continues, view.run.relation) == (first, "retry")
        taken = [event.path for event in await h.events(second) if isinstance(event, NodeSucceeded)]
        assert taken == ["b"]


async def test_a_retry_after_a_rollback_does_again_what_was_undone_under_new_task_ids(tmp_path: Path) -> None:
    scripts = Scripts(pay=1, ship=2, refund=None).then("ship", fail("rejected"))
    async with house(tmp_path, scripts) as h:
        first = await h.start(ORDER)
        assert (await h.finish(first)).status == "rolled_back"
        second = await h.engine.retry(first)
        assert (await h.finish(second)).status == "succeeded"
        assert [task.id for task in scripts.tasks if task.agent == "pay"] == [f"{first}/pay", f"{second}/pay"]


async def test_a_retry_that_fails_undoes_what_its_origin_did(tmp_path: Path) -> None:
    definition = {"name": "d", "nodes": [{**PAY}, {"id": "ship", "type": "ship", "inputs": ["pay.output"]}]}
    shipping = Hold()
    scripts = Scripts(pay=1, ship=fail("rejected"), refund=None).then("ship", shipping)
    async with house(tmp_path, scripts) as h:
        first = await h.start(definition)
        await shipping.started.wait()
        await h.engine.send(first, Cancel())
        assert (await h.finish(first)).status == "cancelled"
        second = await h.engine.retry(first)
        assert (await h.finish(second)).status == "rolled_back"
        assert scripts.names == ["pay", "ship", "ship", "refund"]


async def test_what_succeeded_needs_no_retry(tmp_path: Path) -> None:
    async with house(tmp_path, pay=1, ship=1, refund=None) as h:
        run_id = await h.start(ORDER)
        await h.finish(run_id)
        with pytest.raises(Refused, match="nothing to retry"):
            await h.engine.retry(run_id)


async def test_a_fork_runs_again_from_a_node_with_changed_inputs(tmp_path: Path) -> None:
    definition = {
        "name": "d",
        "inputs": {"n": "integer"},
        "nodes": [
            {"id": "a", "type": "a", "inputs": ["n"]},
            {"id": "b", "type": "b", "inputs": {"a": "a.output", "n": "n"}},
            {"id": "c", "type": "c", "inputs": ["b.output"]},
            {"id": "side", "type": "a", "inputs": ["n"]},
        ],
    }
    scripts = Scripts(a=lambda n: n, b=lambda a, n: [a, n], c=lambda b: b)
    async with house(tmp_path, scripts) as h:
        first = await h.start(definition, n=1)
        await h.finish(first)
        second = await h.engine.fork(first, at="b", inputs={"n": 5})
        assert outputs(await h.finish(second)) == {"c": [1, 5], "side": 1}
        assert sorted(task.path for task in scripts.tasks if task.run_id == second) == ["b", "c"]
        assert {task.id for task in scripts.tasks if task.run_id == second} == {f"{second}/b", f"{second}/c"}


async def test_a_fork_at_a_node_that_one_iteration_has_for_itself_is_refused(tmp_path: Path) -> None:
    held = Hold(1)
    loop = {"id": "turns", "type": "loop", "until": "iteration == 1", "nodes": [{"id": "a", "type": "a"}]}
    scripts = Scripts(a=1, b=2).then("a", held)
    async with house(tmp_path, scripts) as h:
        first = await h.start({"name": "d", "nodes": [loop]})
        await held.started.wait()
        more = {"nodes": [{"id": "b", "type": "b", "inputs": ["a.output"]}]}
        await h.engine.send(first, Edit(patch={"in": "turns[0]", "add": more}))
        held.release()
        await h.finish(first)
        with pytest.raises(RequestError, match=r"'turns\[0\]' .* for itself alone.*: fork at 'turns', which holds it"):
            await h.engine.fork(first, at="turns[0]/b")
        await h.finish(await h.engine.fork(first, at="turns"))
        await h.finish(await h.engine.fork(first, at="turns[1]/a"))
        assert [task.path for task in scripts.tasks][3:] == ["turns[0]/a", "turns[1]/a", "turns[1]/a"]


async def test_a_fork_never_undoes_what_its_origin_did(tmp_path: Path) -> None:
    scripts = Scripts(pay=1, ship=2, refund=None)
    async with house(tmp_path, scripts) as h:
        first = await h.start(ORDER)
        await h.finish(first)
        scripts.then("ship", fail("rejected"))
        second = await h.engine.fork(first, at="ship")
        assert (await h.finish(second)).status == "failed"
        assert "refund" not in scripts.names


async def test_a_start_that_is_given_up_keeps_its_key(tmp_path: Path) -> None:
    plan = compile_plan({"name": "k", "nodes": [{"id": "a", "type": "a"}]})
    async with house(tmp_path, a=1) as h:
        first = asyncio.ensure_future(h.engine.start(plan, {}, key="order-1"))
        await asyncio.sleep(0)
        first.cancel()
        second = await h.engine.start(plan, {}, key="order-1")
        assert outputs(await h.finish(second)) == {"a": 1}
        assert len(await h.engine.runs(RunFilter())) == 1


async def test_a_key_means_the_same_inputs_whatever_the_order_of_their_fields(tmp_path: Path) -> None:
    plan = compile_plan({"name": "k", "nodes": [{"id": "a", "type": "a", "inputs": ["x"]}]})
    async with house(tmp_path, a=1) as h:
        first = await h.engine.start(plan, {"x": {"p": 1, "q": 2}}, key="k")
        assert await h.engine.start(plan, {"x": {"q": 2, "p": 1}}, key="k") == first


@pytest.mark.parametrize(
    "request_of", [lambda by: Pause(by=by), lambda by: Signal(name="go", by=by), lambda by: Cancel(reason=by)]
)
@pytest.mark.parametrize("wrong", [7, "\ud800"])
async def test_what_the_journal_could_not_give_back_is_refused(tmp_path: Path, request_of: Any, wrong: Any) -> None:
    async with house(tmp_path, work=1) as h:
        run_id = await h.start(GATE)
        with pytest.raises(InvalidInput):
            await h.engine.send(run_id, request_of(wrong))
        with pytest.raises(InvalidInput, match="the key"):
            await h.engine.start(compile_plan(GATE), {}, key=wrong)
        await h.reopen()
        await h.engine.send(run_id, Signal(name="go"))
        assert (await h.finish(run_id)).status == "succeeded"


async def test_a_retry_does_not_do_again_what_could_not_be_undone(tmp_path: Path) -> None:
    scripts = Scripts(pay=1, ship=2, refund=fail("rejected", "no refunds")).then("ship", fail("rejected"))
    pay, *others = ORDER["nodes"]
    nobody_is_asked = {**pay, "compensate": {**pay["compensate"], "on_failure": ["fail"]}}
    async with house(tmp_path, scripts) as h:
        first = await h.start({**ORDER, "nodes": [nobody_is_asked, *others]})
        assert (await h.finish(first)).undone_left == ("pay",)
        second = await h.engine.retry(first)
        assert outputs(await h.finish(second)) == {"ship": 2}
        assert scripts.names.count("pay") == 1


async def test_a_fork_to_another_plan_is_given_the_inputs_that_the_plan_wants(tmp_path: Path) -> None:
    old = {"name": "d", "inputs": {"n": "integer", "gone": "any"}, "nodes": [{"id": "a", "type": "a", "inputs": ["n"]}]}
    new = {
        "name": "d",
        "inputs": {"n": "integer", "m": "integer"},
        "nodes": [{"id": "a", "type": "a", "inputs": ["m"]}],
    }
    async with house(tmp_path, a=lambda **given: given) as h:
        first = await h.start(old, n=1, gone=2)
        await h.finish(first)
        with pytest.raises(InvalidInput, match="'m' is missing"):
            await h.engine.fork(first, plan=compile_plan(new))
        second = await h.engine.fork(first, plan=compile_plan(new), inputs={"m": 5})
        assert outputs(await h.finish(second)) == {"a": {"m": 5}}


async def test_a_fork_runs_again_what_comes_after_the_node_in_the_new_plan_too(tmp_path: Path) -> None:
    a, c = {"id": "a", "type": "a"}, {"id": "c", "type": "c"}
    old = {"name": "d", "nodes": [a, {"id": "b", "type": "b"}, c]}
    new = {"name": "d", "nodes": [a, {"id": "b", "type": "b", "inputs": ["a.output"]}, c]}
    scripts = Scripts(a=1, b=lambda a=None: a, c=3)
    async with house(tmp_path, scripts) as h:
        first = await h.start(old)
        await h.finish(first)
        second = await h.engine.fork(first, at="a", plan=compile_plan(new))
        assert outputs(await h.finish(second)) == {"b": 1, "c": 3}
        assert [task.path for task in scripts.tasks if task.run_id == second] == ["a", "b"]
