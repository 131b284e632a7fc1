"""Ladders: rungs from top to bottom, whose ladder it is, and nodes that hold scopes, which begin anew."""

from typing import Any

from concertato.run.codec import decode_state, encode_state
from concertato.run.commands import FinishRun
from concertato.run.question import decode as read_question
from support.invariants import ALL
from support.stepping import Stepped, escalate, fallback, held, recover, task, undoable


def rungs(run: Stepped, path: str = "a") -> list[tuple[int, str]]:
    return [(detail["rung"], detail["what"]) for where, detail in run.told("rung") if where == path]


def test_a_ladder_is_walked_from_top_to_bottom() -> None:
    run = Stepped({"nodes": [task("a", on_failure=[fallback(), recover("skip"), escalate(), "continue"])]})
    run.fail("a")
    run.fail("a~fallback1")
    run.fail("a~recover2")
    assert run.asked == ["a~failed"]
    run.decide("a~failed", "abort")
    assert run.end == "failed"
    assert rungs(run) == [(1, "fallback"), (2, "recover"), (3, "escalate")]


def test_a_ladder_begins_once_the_attempts_are_spent() -> None:
    run = Stepped({"nodes": [task("a", retry={"max_attempts": 2}, on_failure=[fallback()])]})
    run.fail("a", "unavailable")
    assert run.called == []
    run.fire("retry:a#2")
    run.fail("a", "unavailable")
    assert run.called == ["a~fallback1"]


def test_a_fallback_gets_what_the_node_got_and_its_result_is_the_nodes() -> None:
    node = task("a", inputs={"x": "1"}, compensate={"type": "undo"}, on_failure=[fallback(**{"with": {"y": 2}})])
    run = Stepped({"nodes": [node, task("b", inputs=["a.output"])]})
    run.fail("a")
    assert run.given("a~fallback1") == {"x": 1, "y": 2}
    run.answer("a~fallback1", "instead")
    assert run.given("b") == {"a": "instead"}
    run.fail("b")
    assert run.given("a~undo") == {"input": {"x": 1}, "output": "instead"}


def test_a_fallback_has_attempts_and_time_of_its_own() -> None:
    run = Stepped({"nodes": [task("a", on_failure=[fallback(timeout=2, retry={"max_attempts": 2}), "continue"])]})
    run.fail("a")
    run.fire("timeout:a~fallback1#1")
    assert run.statuses["a"] == "retrying"
    run.fire("retry:a~fallback1#2")
    run.fire("timeout:a~fallback1#2")
    assert (run.end, run.statuses["a"]) == ("succeeded", "failed")


def test_what_ends_a_ladder() -> None:
    ends = {"rollback": "rolled_back", "fail": "failed", "continue": "succeeded"}
    for word, expected in ends.items():
        run = Stepped({"nodes": [undoable("before"), task("a", on_failure=[word])]})
        run.answer("before")
        run.fail("a")
        if word == "rollback":
            run.undone("before")
        assert run.end == expected, word


def test_a_ladder_without_a_last_word_ends_in_a_rollback() -> None:
    run = Stepped({"nodes": [undoable("before"), task("a", on_failure=[fallback()])]})
    run.answer("before")
    run.fail("a")
    run.fail("a~fallback1")
    run.undone("before")
    assert run.end == "rolled_back"


def test_the_ladder_of_a_workflow_is_walked_for_each_node_that_has_none() -> None:
    nodes = [task("a"), held("m", task("b")), task("own", on_failure=["continue"])]
    run = Stepped({"nodes": nodes, "on_failure": [fallback(), "continue"]})
    run.fail("own")
    run.fail("a")
    run.fail("m[0]/b")
    assert run.called == ["a~fallback1", "m[0]/b~fallback1"]
    run.answer("a~fallback1", 1)
    run.fail("m[0]/b~fallback1")
    assert (run.end, run.statuses["m"], run.statuses["m[0]/b"]) == ("succeeded", "succeeded", "failed")


def test_a_sub_workflow_that_fails_is_the_failure_of_the_node_that_holds_it() -> None:
    part = {"name": "part", "nodes": [undoable("x"), task("y")], "on_failure": [fallback(), "rollback"]}
    node = {"id": "p", "type": "workflow", "workflow": "part", "on_failure": ["continue"]}
    run = Stepped({"nodes": [node], "workflows": {"part": part}})
    run.answer("p/x")
    run.fail("p/y")
    run.fail("p/y~fallback1")
    assert run.statuses["p"] == "recovering"
    run.undone("p/x")
    assert (run.end, run.statuses["p"]) == ("succeeded", "failed")


def test_what_stands_inside_a_node_is_undone_before_it_begins_anew() -> None:
    run = Stepped({"nodes": [held("m", undoable("x"), task("y", inputs=["x.output"]), on_failure=[escalate()])]})
    run.answer("m[0]/x", "did")
    run.fail("m[0]/y")
    assert run.called == ["m[0]/x~undo"]
    run.undone("m[0]/x")
    run.decide("m~failed", "retry")
    assert run.world.calls["m~2[0]/x"].task_id == "r/m~2[0]/x"
    run.answer("m~2[0]/x", "again")
    run.answer("m~2[0]/y", "well")
    assert run.outputs == {"m": [{"y": "well"}]}


def test_the_ladder_of_a_node_that_began_anew_goes_on_where_it_stood() -> None:
    run = Stepped({"nodes": [held("m", task("x"), on_failure=[fallback(), recover("retry", max_times=2), "continue"])]})
    run.fail("m[0]/x")
    run.fail("m~fallback1")
    run.advise("m", "retry")
    run.fail("m~2[0]/x")
    assert run.called == ["m~recover2.2"]
    run.advise("m", "retry")
    run.fail("m~3[0]/x")
    assert (run.end, run.statuses["m"]) == ("succeeded", "failed")
    assert rungs(run, "m") == [(1, "fallback"), (2, "recover"), (2, "recover"), (2, "recover"), (3, "continue")]


def test_what_stands_inside_a_node_is_undone_whatever_the_word_was_that_ended_a_ladder_further_in() -> None:
    failing = task("y", on_failure=["fail"])
    run = Stepped({"nodes": [held("m", undoable("x"), failing, on_failure=[escalate()]), task("z")]})
    run.answer("m[0]/x", 1)
    run.fail("m[0]/y")
    assert run.called == ["z", "m[0]/x~undo"]
    run.undone("m[0]/x")
    run.decide("m~failed", "retry")
    run.answer("m~2[0]/x", 2)
    run.answer("m~2[0]/y")
    run.fail("z")
    run.undone("m~2[0]/x")
    assert run.end == "rolled_back"


def test_a_run_whose_nodes_began_anew_is_the_same_once_it_is_stored() -> None:
    run = Stepped({"nodes": [held("m", task("x"), on_failure=[escalate()])]})
    run.fail("m[0]/x")
    run.decide("m~failed", "retry")
    assert list(decode_state(run.run.plan, encode_state(run.run)).calls) == ["m~2[0]/x"]


def test_a_node_fails_once_though_the_conditions_of_two_edges_into_it_have_no_value() -> None:
    nodes = [task("a"), {"id": "s", "type": "set"}, task("b", on_failure=[fallback(), "continue"])]
    edges = [{"from": source, "to": "b", "when": "a.output.x == 1"} for source in ("a", "s")]
    run = Stepped({"nodes": nodes, "edges": edges})
    run.answer("a", {})
    assert run.called == ["b~fallback1"]
    run.answer("b~fallback1", "instead")
    assert run.outputs == {"b": "instead"}


def test_what_has_its_last_result_as_its_holder_was_stopped_does_not_close() -> None:
    part = {"name": "part", "nodes": [task("x")]}
    inner = {"id": "p", "type": "workflow", "workflow": "part"}
    run = Stepped({"nodes": [held("m", inner, task("y"), on_failure=["continue"])], "workflows": {"part": part}})
    run.fail("m[0]/y")
    run.answer("m[0]/p/x", "too late")
    assert (run.end, run.statuses["m"], run.statuses["m[0]/p"]) == ("succeeded", "failed", "cancelled")


def test_an_item_that_is_collected_has_walked_its_ladder_before() -> None:
    item = task("x", on_failure=[recover("rollback"), "continue"])
    run = Stepped({"nodes": [held("m", item, over="[1, 2]", on_item_failure="collect")]})
    run.fail("m[0]/x")
    run.advise("m[0]/x", "rollback")
    run.answer("m[1]/x", "fine")
    assert [sorted(each) for each in run.outputs["m"]] == [["error"], ["x"]]


def test_a_run_that_a_recovery_agent_ends_at_once_ends_once() -> None:
    run = Stepped({"nodes": [task("a", on_failure=[recover("abort")])]})
    run.fail("a")
    run.advise("a", "abort")
    assert [type(each) for each in run.turns[-1].commands] == [FinishRun]


def test_a_node_that_holds_scopes_is_timed_anew_each_time_it_begins() -> None:
    run = Stepped({"nodes": [held("m", task("x"), timeout=5, on_failure=[escalate(), "continue"])]})
    run.fire("timeout:m#1")
    run.fail("m[0]/x", "cancelled")
    run.decide("m~failed", "retry")
    assert run.world.timers["timeout:m#1"] == run.now + 5
    run.answer("m~2[0]/x")
    assert (run.end, run.world.timers) == ("succeeded", {})


def test_what_waits_and_what_computes_have_ladders_too() -> None:
    wait = {"id": "w", "type": "wait", "signal": "go", "timeout": 5, "on_failure": [escalate()]}
    computes = {"id": "s", "type": "set", "inputs": {"x": "[1][5]"}, "on_failure": [escalate()]}
    ways = {"id": "way", "type": "switch", "cases": [{"when": "[1][7] == 1", "to": "s"}], "on_failure": [escalate()]}
    run = Stepped({"nodes": [wait, computes, ways], "edges": [{"from": "way", "to": "s"}]})
    assert run.asked == ["way~failed"]
    run.decide("way~failed", "skip")
    run.fire("timeout:w#1")
    run.decide("w~failed", "retry")
    run.signal("go", "now")
    assert (run.end, run.statuses["s"], run.outputs["w"]) == ("succeeded", "skipped", "now")


def test_a_cancel_ends_every_ladder() -> None:
    nodes: list[dict[str, Any]] = [task("a", on_failure=[escalate()]), task("b", on_failure=[fallback()])]
    run = Stepped({"nodes": [*nodes, held("m", undoable("x"), task("y"), on_failure=["continue"])]})
    run.fail("a")
    run.fail("b")
    run.answer("m[0]/x")
    run.fail("m[0]/y")
    run.cancel()
    assert run.asked == []
    assert run.world.told == {"b~fallback1"}
    run.fail("b~fallback1", "cancelled")
    run.undone("m[0]/x")
    assert (run.end, run.statuses["m"]) == ("cancelled", "cancelled")
    for invariant in ALL:
        invariant(run)


def test_of_a_workflows_ladder_a_switch_walks_the_rungs_that_mean_something_for_it() -> None:
    ways = {"id": "way", "type": "switch", "cases": [{"when": "[1][7] == 1", "to": "a"}]}
    ladder = [
        *(fallback(), recover("use_output"), escalate(may=["use_output"])),
        *(recover("use_output", "retry", max_times=1), escalate(may=["use_output", "skip"])),
    ]
    run = Stepped({"nodes": [ways, task("a")], "on_failure": ladder})
    assert run.called == ["way~recover4"]
    assert run.given("way~recover4")["problem"]["may"] == ["retry"]
    run.advise("way", "use_output", output="a")
    assert [each.name for each in read_question(run.world.tasks["way~failed"].question).choices] == ["skip"]
    assert [detail["what"] for _, detail in run.told("passed_over")] == ["fallback", "recover", "escalate"]
