"""The window of a run, time-outs and the attempts that follow."""

from support.stepping import Stepped, task, undoable


def test_what_has_no_place_in_the_window_queues_in_order() -> None:
    run = Stepped({"max_parallel": 2, "nodes": [task("a"), task("b"), task("c"), task("d")]})
    assert run.called == ["a", "b"]
    assert run.statuses["c"] == "queued"
    run.answer("b")
    assert run.called == ["a", "c"]


def test_a_retry_queues_behind_those_that_wait_already() -> None:
    run = Stepped({"max_parallel": 1, "nodes": [task("a"), task("b"), task("c")]})
    run.fail("a", "unavailable")
    assert run.called == ["b"]
    run.fire("retry:a#2")
    assert run.statuses["a"] == "queued"
    run.answer("b")
    run.answer("c")
    assert run.called == ["a"]
    assert run.world.calls["a"].attempt == 2


def test_an_attempt_whose_time_is_over_is_told_to_stop_and_tried_again() -> None:
    run = Stepped({"nodes": [task("a", timeout=5)]})
    assert run.world.timers == {"timeout:a#1": run.now + 5}
    run.fire("timeout:a#1")
    assert run.called == []
    assert run.statuses["a"] == "retrying"
    run.fire("retry:a#2")
    assert set(run.world.timers) == {"timeout:a#2"}


def test_an_answer_in_time_takes_its_timer_with_it() -> None:
    run = Stepped({"nodes": [task("a", timeout=5), task("b")]})
    run.answer("a")
    assert run.world.timers == {}


def test_what_waits_for_its_next_attempt_takes_no_place() -> None:
    run = Stepped({"max_parallel": 1, "nodes": [task("a"), task("b")]})
    run.fail("a", "timeout")
    assert run.called == ["b"]


def test_a_node_that_joins_by_first_is_given_the_same_at_every_attempt() -> None:
    """Between its attempts more has come in; the agent, who knows it by its task id, must not be told otherwise."""
    c = task("c", join="first", inputs=["a.output", "b.output"])
    run = Stepped({"nodes": [task("a"), task("b"), c], "edges": [{"from": "a", "to": "c"}, {"from": "b", "to": "c"}]})
    run.answer("a", 1)
    assert run.given("c") == {"a": 1, "b": None}
    run.fail("c", "unavailable")
    run.answer("b", 2)
    run.fire("retry:c#2")
    assert run.given("c") == {"a": 1, "b": None}


def test_what_runs_inside_a_node_that_joined_by_first_is_given_the_same_too() -> None:
    inside = {"id": "m", "type": "map", "over": "[0]", "join": "first", "nodes": [undoable("c", inputs=["b.output"])]}
    ways = [{"from": "a", "to": "m"}, {"from": "b", "to": "m"}]
    run = Stepped({"nodes": [task("a"), task("b"), inside, task("d", inputs=["m.output"])], "edges": ways})
    run.answer("a", 1)
    assert run.given("m[0]/c") == {"b": None}
    run.answer("b", 2)
    run.answer("m[0]/c", 3)
    run.fail("d")
    assert run.given("m[0]/c~undo")["input"] == {"b": None}


def test_an_object_that_is_computed_has_its_keys_in_one_order_always() -> None:
    """The library that computes gives them in an order that changes from time to time; a replay must not differ."""
    order = {"z": 1, "a": 2, "m": 3, "q": 4, "b": 5, "y": 6}
    fields = [
        Stepped({"nodes": [task("a", inputs={"list": "[given]"})], "inputs": {"given": "any"}}, inputs={"given": order})
        .world.calls["a"]
        .fields["list"]
        for _ in range(8)
    ]
    assert set(fields) == {b'[{"a":2,"b":5,"m":3,"q":4,"y":6,"z":1}]'}
