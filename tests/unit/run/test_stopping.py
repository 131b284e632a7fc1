"""Failing for good, stopping, undoing: the whole run, or an item of a map that collects failures."""

from typing import Any

import pytest

from concertato.run import scopes
from concertato.run.events import CancelRequested
from support.histories import START
from support.invariants import every_prefix_of_the_journal_is_the_run
from support.stepping import Stepped, task, undoable


def items(*body: dict[str, Any], over: str = "[1, 2]", **more: Any) -> dict[str, Any]:
    """A map that collects failures."""
    return {"id": "m", "type": "map", "over": over, "on_item_failure": "collect", "nodes": [*body], **more}


def test_what_can_be_undone_is_let_finish_and_the_rest_is_told_to_stop() -> None:
    run = Stepped({"nodes": [task("a"), undoable("b"), task("c")]})
    run.fail("c")
    assert run.world.told == {"a"}
    run.fail("a", "cancelled")
    run.answer("b", 1)
    assert run.called == ["b~undo"]
    run.undone("b")
    assert run.end == "rolled_back"


def test_a_cancel_without_rollback_tells_everybody_to_stop() -> None:
    run = Stepped({"nodes": [task("a"), undoable("b")]})
    run.cancel(by="ann", reason="wrong")
    assert run.world.told == {"a", "b"}
    run.answer("b", 1)
    run.fail("a", "cancelled")
    assert run.end == "cancelled"
    assert run.run.finished is not None
    assert run.run.finished.failure is not None
    assert run.run.finished.failure.message == "cancelled by ann: wrong"
    assert run.statuses == {"a": "cancelled", "b": "succeeded"}


def test_what_was_told_to_stop_is_not_tried_again() -> None:
    run = Stepped({"nodes": [task("a"), task("c")]})
    run.fail("c")
    run.fail("a", "unavailable")
    assert run.world.timers == {}
    assert run.end == "failed"


def test_what_is_let_finish_and_fails_is_not_tried_again_nor_undone() -> None:
    run = Stepped({"nodes": [undoable("b"), task("c")]})
    run.fail("c")
    run.fail("b", "unavailable")
    assert run.end == "failed"
    assert run.statuses["b"] == "cancelled"


def test_what_queues_or_waits_is_dropped_at_once() -> None:
    waits = [{"id": "w", "type": "wait", "for": 5}, {"id": "s", "type": "wait", "signal": "x", "timeout": 9}]
    nodes = [*waits, task("a"), task("retry"), task("queued"), task("later", inputs=["a.output"])]
    run = Stepped({"max_parallel": 2, "nodes": nodes})
    run.fail("retry", "unavailable")
    assert run.called == ["a", "queued"]
    run.fail("a")
    assert run.world.timers == {}
    run.fail("queued", "cancelled")
    assert run.end == "failed"
    expected = dict.fromkeys(["w", "s", "retry", "queued", "later"], "cancelled")
    assert run.statuses == {**expected, "a": "failed"}


def test_a_failure_inside_scopes_fails_the_nodes_that_hold_them() -> None:
    loop = {"id": "l", "type": "loop", "until": "true", "timeout": 60, "nodes": [task("a")]}
    run = Stepped({"nodes": [{"id": "m", "type": "map", "over": "[1]", "timeout": 60, "nodes": [loop]}]})
    assert len(run.world.timers) == 2
    run.fail("m[0]/l[0]/a")
    assert run.statuses == {"m": "failed", "m[0]/l": "failed", "m[0]/l[0]/a": "failed"}
    assert run.run.finished is not None
    assert run.run.finished.path == "m[0]/l[0]/a"


def test_a_collected_failure_undoes_its_item_only() -> None:
    run = Stepped({"nodes": [undoable("before"), items(undoable("a"), task("b", inputs=["a.output"]))]})
    run.answer("before")
    run.answer("m[0]/a", "did")
    run.answer("m[1]/a", "did")
    run.fail("m[0]/b")
    assert run.called == ["m[1]/b", "m[0]/a~undo"]
    run.undone("m[0]/a")
    run.answer("m[1]/b", "fine")
    error = {"kind": "rejected", "message": "as the test says", "path": "m[0]/b"}
    assert run.outputs == {"before": None, "m": [{"error": error}, {"b": "fine"}]}


def test_the_last_answer_of_an_item_that_is_being_stopped_ends_it_once() -> None:
    """Every node of it has ended then, and so has its being stopped: that is one end, not two."""
    run = Stepped({"nodes": [items(task("a"), task("b"), over="[1, 2, 3]", concurrency=1)]})
    run.fail("m[0]/b")
    run.answer("m[0]/a", "too late to be told to stop")
    assert run.called == ["m[1]/a", "m[1]/b"]
    assert len(run.run.root.children[0]) == 1


def test_an_item_that_is_being_undone_when_the_run_fails_is_undone_further() -> None:
    run = Stepped({"nodes": [items(undoable("a"), undoable("b"), task("c")), undoable("d"), task("e")]})
    for path in ("m[0]/a", "d", "m[0]/b"):
        run.answer(path)
    run.fail("m[0]/c")
    assert "m[0]/b~undo" in run.called
    run.fail("e")
    run.undone("m[0]/b")
    for path in ("m[1]/a", "m[1]/b", "m[1]/c"):
        run.fail(path, "cancelled")
    run.undone("d")
    run.undone("m[0]/a")
    assert run.end == "rolled_back"
    assert run.run.finished is not None
    assert run.run.finished.path == "e"


def test_an_item_that_is_being_undone_is_undone_to_its_end_when_the_run_is_cancelled() -> None:
    """The cancel undoes nothing; but half undone is worse than either."""
    run = Stepped({"nodes": [undoable("before"), items(undoable("a"), undoable("b"), task("c"), over="[1]")]})
    for path in ("before", "m[0]/a", "m[0]/b"):
        run.answer(path)
    run.fail("m[0]/c")
    run.cancel()
    run.undone("m[0]/b")
    run.undone("m[0]/a")
    assert (run.end, run.statuses["before"]) == ("cancelled", "succeeded")


def test_what_a_collected_item_could_not_undo_is_told_in_its_output_and_at_the_end() -> None:
    run = Stepped({"nodes": [items(undoable("a"), task("b"), over="[1]")]})
    run.answer("m[0]/a")
    run.fail("m[0]/b")
    run.not_undone("m[0]/a")
    assert run.outputs["m"][0]["error"]["undone_left"] == ["m[0]/a"]
    assert run.run.finished is not None
    assert run.run.finished.undone_left == ["m[0]/a"]


def test_a_compensation_has_its_own_attempts_and_time() -> None:
    undo = {"type": "undo", "timeout": 3, "retry": {"max_attempts": 2}}
    run = Stepped({"nodes": [task("a", compensate=undo), task("b")]})
    run.answer("a")
    run.fail("b")
    run.fire("timeout:a~undo#1")
    run.fire("retry:a~undo#2")
    run.fire("timeout:a~undo#2")
    assert (run.end, run.statuses["a"]) == ("failed", "compensation_failed")


def test_a_compensation_is_given_the_same_at_every_attempt_though_the_run_goes_on_around_it() -> None:
    undo = {"type": "undo", "inputs": {"outside": "b.output"}}
    run = Stepped({"nodes": [items(task("a", compensate=undo), task("c"), over="[1]"), task("b")]})
    run.answer("m[0]/a")
    run.fail("m[0]/c")
    assert run.given("m[0]/a~undo") == {"outside": None}
    run.answer("b", 5)
    run.not_undone("m[0]/a", "unavailable")
    run.fire("retry:m[0]/a~undo#2")
    assert run.given("m[0]/a~undo") == {"outside": None}


def test_a_compensation_whose_input_cannot_be_computed_is_left_and_the_others_go_on() -> None:
    undo = {"type": "undo", "inputs": {"x": "output.missing"}}
    run = Stepped(
        {"nodes": [undoable("a"), task("b", inputs=["a.output"], compensate=undo), task("c", inputs=["b.output"])]}
    )
    run.answer("a")
    run.answer("b", {})
    run.fail("c")
    run.undone("a")
    assert run.run.finished is not None
    assert (run.end, run.run.finished.undone_left) == ("failed", ["b"])


def test_a_cancel_with_rollback_undoes_everything_and_with_nothing_to_undo_is_a_cancel() -> None:
    run = Stepped({"nodes": [undoable("a"), {"id": "w", "type": "wait", "signal": "s"}]})
    run.answer("a")
    run.cancel(rollback=True)
    run.undone("a")
    assert run.end == "rolled_back"
    nothing = Stepped({"nodes": [{"id": "w", "type": "wait", "signal": "s"}]})
    nothing.cancel(rollback=True)
    assert nothing.end == "cancelled"


def test_a_run_is_stopped_once() -> None:
    run = Stepped({"nodes": [undoable("a"), task("b")]})
    run.fail("b")
    assert "being stopped already" in run.refusal(CancelRequested(at=START)).reason


def test_a_workflow_that_takes_too_long_stops_and_is_undone() -> None:
    run = Stepped({"timeout": 10, "nodes": [undoable("a"), task("b")]})
    run.answer("a")
    run.fire("run:")
    assert run.world.told == {"b"}
    run.fail("b", "cancelled")
    run.undone("a")
    assert run.run.finished is not None
    assert run.run.finished.failure is not None
    assert (run.end, run.run.finished.failure.kind) == ("rolled_back", "timeout")


def test_a_rollback_takes_its_time_when_that_of_the_workflow_is_over() -> None:
    run = Stepped({"timeout": 10, "nodes": [undoable("a"), task("b")]})
    run.answer("a")
    run.fail("b")
    run.fire("run:")
    run.undone("a")
    assert run.run.finished is not None
    assert run.run.finished.path == "b"


def test_a_scope_that_takes_too_long_fails_with_what_is_in_it() -> None:
    run = Stepped({"nodes": [items(task("a"), timeout=5), task("b", inputs=["m.output"])]})
    run.fire("timeout:m#1")
    assert run.statuses["m"] == "failed"
    run.fail("m[0]/a", "cancelled")
    run.fail("m[1]/a", "cancelled")
    assert run.end == "failed"


def test_an_item_whose_inner_scope_takes_too_long_is_collected() -> None:
    loop = {"id": "l", "type": "loop", "until": "true", "timeout": 5, "nodes": [task("a")]}
    run = Stepped({"nodes": [items(loop, over="[1]")]})
    run.fire("timeout:m[0]/l#1")
    run.fail("m[0]/l[0]/a", "cancelled")
    assert run.outputs["m"][0]["error"]["kind"] == "timeout"


def test_who_looks_on_sees_the_end_that_there_was() -> None:
    """Items that were undone and collected are over: that they are kept, to be looked at, undoes nothing of the run."""
    run = Stepped({"nodes": [items(undoable("a"), task("b", inputs=["a.output"])), task("z", inputs=["m.output"])]})
    for index in (0, 1):
        run.answer(f"m[{index}]/a")
        run.fail(f"m[{index}]/b")
        run.undone(f"m[{index}]/a")
    run.fail("z")
    assert run.end == "failed"
    every_prefix_of_the_journal_is_the_run(run)


def test_thousands_of_compensations_that_cannot_be_asked_for_are_left_one_by_one() -> None:
    """Without recursion: each is given up in the step in which its turn comes."""
    undo = task("a", compensate={"type": "undo", "inputs": {"x": "output.gone"}})
    mapped = {"id": "m", "type": "map", "over": "xs", "nodes": [undo]}
    taken: dict[str, Any] = {f"m[{index}]/a": {} for index in range(3000)}
    nodes = [mapped, task("z", inputs=["m.output"])]
    run = Stepped({"nodes": nodes}, inputs={"xs": list(range(3000))}, taken=taken, relation="retry")
    run.fail("z")
    assert run.end == "failed"
    assert run.run.undone_left == [f"m[{index}]/a" for index in reversed(range(3000))]


def test_what_comes_after_a_compensation_that_cannot_be_asked_for_is_undone_all_the_same() -> None:
    unaskable = task("b", compensate={"type": "undo", "inputs": {"x": "output.gone"}})
    run = Stepped({"nodes": [undoable("a"), unaskable, task("c")]})
    run.answer("a")
    run.answer("b")
    run.fail("c")
    assert run.called == ["a~undo"]
    run.undone("a")
    assert (run.end, run.run.undone_left) == ("failed", ["b"])


def test_thousands_of_items_that_fail_in_one_step_are_collected() -> None:
    nothing = {"id": "s", "type": "set", "inputs": {"x": "[1][item + 1]"}}
    run = Stepped({"nodes": [items(nothing, over="xs")]}, inputs={"xs": list(range(3000))})
    assert [each["error"]["path"] for each in run.outputs["m"]] == [f"m[{index}]/s" for index in range(3000)]


def test_a_collected_failure_leaves_the_queue_alone_unless_the_item_is_in_it() -> None:
    """A map as wide as the run would go through the whole queue for each of its failures."""
    run = Stepped({"max_parallel": 2, "nodes": [items(task("a"), task("b"), over="[1, 2, 3]")]})
    queue = run.run.queue
    run.fail("m[0]/a")  # the other two places are with m[0]/b, and then with the first of m[1]
    run.fail("m[0]/b", "cancelled")
    assert run.run.queue is queue
    assert run.called == ["m[1]/a", "m[1]/b"]
    run.answer("m[1]/a")
    assert run.called == ["m[1]/b", "m[2]/a"]
    run.fail("m[2]/a")
    assert run.statuses["m[2]/b"] == "cancelled"
    assert not run.run.queue


def test_a_map_that_is_stopped_opens_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scopes, "OPEN_AT_ONCE", 1)
    inner = {"id": "i", "type": "map", "over": "[1, 2, 3]", "nodes": [task("a")]}
    run = Stepped({"max_parallel": 1, "nodes": [items(inner, over="[1, 2]")]})
    assert run.called == ["m[0]/i[0]/a"]
    run.fail("m[0]/i[0]/a")
    assert run.called == ["m[1]/i[0]/a"]
    run.cancel()
    run.fail("m[1]/i[0]/a", "cancelled")
    assert run.end == "cancelled"
    assert set(run.statuses) == {"m", "m[0]/i", "m[0]/i[0]/a", "m[1]/i", "m[1]/i[0]/a"}


def test_a_signal_passes_over_an_item_that_was_stopped_while_it_waited_for_it() -> None:
    wait = {"id": "w", "type": "wait", "signal": "go"}
    run = Stepped({"nodes": [items(task("a"), wait)]})
    run.fail("m[0]/a")
    run.signal("go", "for the other")
    assert (run.statuses["m[0]/w"], run.statuses["m[1]/w"]) == ("cancelled", "succeeded")
