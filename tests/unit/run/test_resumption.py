"""Taking up a run: what is put under way again, and what it is said to wait for."""

from concertato.run.commands import CallAgent, CancelCall, StartTimer
from concertato.run.resumption import next_due, only_waits, take_up, waits_for
from support.histories import START
from support.stepping import Stepped, task, undoable


def test_calls_are_repeated_with_their_time_anew_and_timers_keep_their_moment() -> None:
    run = Stepped({"nodes": [task("a", timeout=5, **{"with": {"x": 1}}), {"id": "w", "type": "wait", "for": 60}]})
    call = run.world.calls["a"]
    commands = take_up(run.run, START + 1000)
    assert commands == [call, StartTimer("timeout:a#1", START + 1005), StartTimer("wait:w", START + 60)]
    assert call.task_id == "r/a"


def test_what_was_told_to_stop_is_not_called_again() -> None:
    run = Stepped({"nodes": [task("a"), task("b")]})
    run.fail("b")
    assert take_up(run.run, START) == [CancelCall("a", 1)]


def test_a_compensation_is_repeated_as_one() -> None:
    run = Stepped({"nodes": [undoable("a"), task("b")]})
    run.answer("a", 7)
    run.fail("b")
    (command,) = take_up(run.run, START)
    assert isinstance(command, CallAgent)
    assert (command.agent, command.task_id, command.purpose) == ("undo", "r/a~undo", "compensation")
    assert command.fields == {"input": b"{}", "output": b"7"}


def test_a_run_only_waits_when_nobody_is_at_work() -> None:
    run = Stepped({"nodes": [task("a"), {"id": "w", "type": "wait", "for": 60}]})
    assert not only_waits(run.run)
    run.answer("a")
    assert only_waits(run.run)
    assert next_due(run.run) == START + 60
    run.fire("wait:w")
    assert not only_waits(run.run)
    assert next_due(run.run) is None


def test_a_paused_run_only_waits_though_something_queues() -> None:
    run = Stepped({"nodes": [task("a"), task("b", inputs=["a.output"])]})
    run.pause()
    assert not only_waits(run.run)
    run.answer("a")
    assert only_waits(run.run)


def test_what_a_run_waits_for_is_said_in_words() -> None:
    body = [{"id": "go", "type": "wait", "signal": "go"}]
    nodes = [
        task("a"),
        task("b"),
        {"id": "m", "type": "map", "over": "[0]", "nodes": body},
        {"id": "w", "type": "wait", "for": 5},
    ]
    run = Stepped({"nodes": nodes})
    run.fail("b", "unavailable")
    run.pause()
    assert waits_for(run.run) == [
        "an answer from agent 'work' for a",
        "being resumed: it is paused",
        "signal 'go' at m[0]/go",
        "the time set by w",
        "the next attempt of b",
    ]
