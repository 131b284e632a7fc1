"""What a run does when something in it fails for good: as docs/failure-semantics.md tells it."""

from pathlib import Path
from typing import Any

from concertato.run.events import CompensationFailed, CompensationSucceeded
from support.running import house, outputs
from support.scripted import Hold, Scripts, fail

PAY = {"id": "pay", "type": "pay", "compensate": {"type": "refund"}}
BOOK = {"id": "book", "type": "book", "inputs": ["pay.output"], "compensate": {"type": "unbook"}}
SHIP = {"id": "ship", "type": "ship", "inputs": ["book.output"]}
ORDER: dict[str, Any] = {"name": "order", "nodes": [PAY, BOOK, SHIP]}


async def test_what_succeeded_is_undone_in_reverse_order_of_completion(tmp_path: Path) -> None:
    scripts = Scripts(pay={"id": 7}, book="b1", ship=fail("rejected"), refund=None, unbook=None)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(ORDER)
        ended = await h.finish(run_id)
        assert (ended.status, ended.path, ended.undone_left) == ("rolled_back", "ship", ())
        assert scripts.names == ["pay", "book", "ship", "unbook", "refund"]
        assert await h.statuses(run_id) == {"pay": "compensated", "book": "compensated", "ship": "failed"}


async def test_a_compensation_sees_what_its_node_got_and_gave(tmp_path: Path) -> None:
    undo = {"type": "refund", "inputs": {"transfer": "output.id", "amount": "input.amount"}, "with": {"why": "undo"}}
    definition = {
        "name": "order",
        "inputs": {"amount": "number"},
        "nodes": [
            {"id": "pay", "type": "pay", "inputs": ["amount"], "compensate": undo},
            {"id": "ship", "type": "ship", "inputs": ["pay.output"]},
        ],
    }
    scripts = Scripts(pay={"id": 7}, ship=fail("rejected"), refund=None)
    async with house(tmp_path, scripts) as h:
        await h.run(definition, amount=12.5)
        assert scripts.calls("refund") == [{"transfer": 7, "amount": 12.5, "why": "undo"}]


async def test_a_compensation_without_inputs_gets_the_whole_input_and_output(tmp_path: Path) -> None:
    scripts = Scripts(pay={"id": 7}, book="b1", ship=fail("rejected"), refund=None, unbook=None)
    async with house(tmp_path, scripts) as h:
        await h.run(ORDER)
        assert scripts.calls("unbook") == [{"input": {"pay": {"id": 7}}, "output": "b1"}]


async def test_compensations_have_their_own_task_id_and_retries(tmp_path: Path) -> None:
    scripts = Scripts(pay=1, book=2, ship=fail("rejected"), refund=None, unbook=None)
    scripts.then("unbook", fail("unavailable"), fail("timeout"))
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(ORDER)
        assert (await h.finish(run_id)).status == "rolled_back"
        ids = [task.id for task in scripts.tasks if task.agent == "unbook"]
        assert ids == [f"{run_id}/book~undo"] * 3


async def test_a_compensation_that_fails_is_listed_and_the_others_go_on(tmp_path: Path) -> None:
    scripts = Scripts(pay=1, book=2, ship=fail("rejected"), refund=None, unbook=fail("rejected", "gone"))
    book = {**BOOK, "compensate": {"type": "unbook", "on_failure": ["fail"]}}
    async with house(tmp_path, scripts) as h:
        run_id = await h.start({"name": "order", "nodes": [PAY, book, SHIP]})
        ended = await h.finish(run_id)
        assert (ended.status, ended.undone_left) == ("failed", ("book",))
        assert (await h.statuses(run_id))["pay"] == "compensated"
        kinds = [type(e) for e in await h.events(run_id) if isinstance(e, CompensationFailed | CompensationSucceeded)]
        assert kinds == [CompensationFailed, CompensationSucceeded]


async def test_what_is_in_flight_is_stopped_and_what_can_be_undone_is_let_finish(tmp_path: Path) -> None:
    slow, paying = Hold(), Hold("paid")
    scripts = Scripts(slow=slow, pay=paying, bad=fail("rejected"), refund=None)
    definition = {"name": "d", "nodes": [{"id": "slow", "type": "slow"}, PAY, {"id": "bad", "type": "bad"}]}
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(definition)
        await slow.cancelled.wait()
        await h.quiet()
        assert (await h.engine.get(run_id)).run.status == "stopping"
        assert not paying.cancelled.is_set()
        paying.release()
        ended = await h.finish(run_id)
        assert ended.status == "rolled_back"
        assert await h.statuses(run_id) == {"slow": "cancelled", "pay": "compensated", "bad": "failed"}


async def test_an_expression_that_cannot_be_evaluated_fails_the_node_without_asking_its_agent(tmp_path: Path) -> None:
    definition = {
        "name": "d",
        "nodes": [
            {"id": "a", "type": "a"},
            {"id": "b", "type": "b", "inputs": {"x": "a.output.amount + 1"}},
        ],
    }
    scripts = Scripts(a={"amount": 1.5}, b=None)
    async with house(tmp_path, scripts) as h:
        ended = await h.run(definition)
        assert ended.failure is not None
        assert (ended.status, ended.path, ended.failure.kind) == ("failed", "b", "invalid_input")
        assert "a.output.amount + 1" in ended.failure.message
        assert scripts.names == ["a"]


async def test_a_missing_field_is_named_with_the_fields_there_are(tmp_path: Path) -> None:
    definition = {
        "name": "d",
        "nodes": [{"id": "a", "type": "a"}, {"id": "b", "type": "b", "inputs": {"x": "a.output.amont"}}],
    }
    async with house(tmp_path, a={"amount": 1}, b=None) as h:
        ended = await h.run(definition)
        assert ended.failure is not None
        assert "amont" in ended.failure.message
        assert "amount" in ended.failure.message


async def test_a_condition_that_is_no_condition_fails_its_target(tmp_path: Path) -> None:
    definition = {
        "name": "d",
        "nodes": [{"id": "a", "type": "a"}, {"id": "b", "type": "a"}],
        "edges": [{"from": "a", "to": "b", "when": "a.output"}],
    }
    async with house(tmp_path, a="yes") as h:
        ended = await h.run(definition)
        assert ended.failure is not None
        assert (ended.path, ended.failure.kind) == ("b", "invalid_input")
        assert "true or false" in ended.failure.message


async def test_outputs_that_cannot_be_computed_fail_the_run(tmp_path: Path) -> None:
    definition = {"name": "d", "nodes": [PAY], "outputs": {"x": "pay.output.nothing"}}
    async with house(tmp_path, pay={}, refund=None) as h:
        ended = await h.run(definition)
        assert ended.failure is not None
        assert (ended.status, ended.failure.kind) == ("rolled_back", "invalid_output")


async def test_a_map_over_what_is_no_list_fails(tmp_path: Path) -> None:
    definition = {
        "name": "d",
        "nodes": [
            {"id": "a", "type": "a"},
            {"id": "m", "type": "map", "over": "a.output", "nodes": [{"id": "x", "type": "a", "inputs": ["item"]}]},
        ],
    }
    async with house(tmp_path, a={"not": "a list"}) as h:
        ended = await h.run(definition)
        assert ended.failure is not None
        assert (ended.path, ended.failure.kind) == ("m", "invalid_input")
        assert "expected a list" in ended.failure.message


def mapped(**options: Any) -> dict[str, Any]:
    body = [
        {"id": "book", "type": "book", "inputs": ["item"], "compensate": {"type": "unbook"}},
        {"id": "check", "type": "check", "inputs": {"item": "item", "b": "book.output"}},
    ]
    return {
        "name": "d",
        "inputs": {"rows": "array"},
        "nodes": [
            {"id": "m", "type": "map", "over": "rows", "nodes": body, "outputs": {"ok": "check.output"}, **options}
        ],
    }


def reject_two(item: int, b: Any) -> Any:
    return fail("rejected", "two") if item == 2 else item * 10


async def test_a_failed_item_fails_the_map_and_everything_is_undone(tmp_path: Path) -> None:
    scripts = Scripts(book=1, check=reject_two, unbook=None)
    async with house(tmp_path, scripts) as h:
        ended = await h.run(mapped(concurrency=1), rows=[1, 2, 3])
        assert (ended.status, ended.path) == ("rolled_back", "m[1]/check")
        assert [task.path for task in scripts.tasks if task.agent == "unbook"] == ["m[1]/book~undo", "m[0]/book~undo"]


async def test_a_collected_failure_undoes_its_item_only_and_becomes_its_output(tmp_path: Path) -> None:
    scripts = Scripts(book=1, check=reject_two, unbook=None)
    async with house(tmp_path, scripts) as h:
        ended = await h.run(mapped(on_item_failure="collect"), rows=[1, 2, 3])
        error = {"error": {"kind": "rejected", "message": "two", "path": "m[1]/check"}}
        assert outputs(ended) == {"m": [{"ok": 10}, error, {"ok": 30}]}
        assert [task.path for task in scripts.tasks if task.agent == "unbook"] == ["m[1]/book~undo"]


async def test_a_loop_that_does_not_end_fails_at_its_bound(tmp_path: Path) -> None:
    loop = {
        "id": "l",
        "type": "loop",
        "until": "last.x.output > 5",
        "max_iterations": 3,
        "nodes": [{"id": "x", "type": "x"}],
    }
    scripts = Scripts(x=1)
    async with house(tmp_path, scripts) as h:
        ended = await h.run({"name": "d", "nodes": [{**loop, "until": "last.x > 5"}]})
        assert ended.failure is not None
        assert (ended.path, ended.failure.kind, len(scripts.tasks)) == ("l", "rejected", 3)


async def test_a_workflow_that_takes_too_long_is_stopped_and_undone(tmp_path: Path) -> None:
    slow = Hold()
    definition = {"name": "d", "timeout": "1m", "nodes": [PAY, {"id": "s", "type": "s", "inputs": ["pay.output"]}]}
    async with house(tmp_path, pay=1, s=slow, refund=None) as h:
        run_id = await h.start(definition)
        await slow.started.wait()
        h.clock.advance(60)
        ended = await h.finish(run_id)
        assert slow.cancelled.is_set()
        assert ended.failure is not None
        assert (ended.status, ended.failure.kind) == ("rolled_back", "timeout")


async def test_a_wait_for_a_signal_that_takes_too_long_fails(tmp_path: Path) -> None:
    definition = {"name": "d", "nodes": [{"id": "w", "type": "wait", "signal": "go", "timeout": "1h"}]}
    async with house(tmp_path) as h:
        ended = await h.run(definition)
        assert ended.failure is not None
        assert (ended.status, ended.path, ended.failure.kind) == ("failed", "w", "timeout")
