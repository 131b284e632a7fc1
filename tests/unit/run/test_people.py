"""Tasks for people: opened, reminded of, handed on, and closed once."""

from typing import Any

import msgspec

from concertato.run.commands import CloseTask, OpenTask, ReassignTask, RemindTask
from concertato.run.events import Identity, TaskDelegated
from concertato.run.question import decode as read_question
from concertato.run.question import digest
from concertato.run.resumption import only_waits, waits_for
from support.stepping import Stepped, escalate, held, task


def human(**more: Any) -> dict[str, Any]:
    return {"id": "ask", "type": "human", "to": "role:boss", **more}


def commands(run: Stepped, kind: type) -> list[Any]:
    return [each for turn in run.turns for each in turn.commands if isinstance(each, kind)]


def test_what_is_shown_is_filled_in_from_the_run() -> None:
    node = human(title="Order {{ order.id }}", instructions="{{ order }} in {{ run.workflow }}", choices=["yes", "no"])
    run = Stepped({"inputs": {"order": "any"}, "nodes": [node]}, inputs={"order": {"id": 7}})
    (opened,) = commands(run, OpenTask)
    question = read_question(opened.question)
    assert (opened.title, question.instructions) == ("Order 7", '{"id":7} in d')
    assert [each.name for each in question.choices] == ["yes", "no"]
    ((_, told),) = run.told("task_opened")
    assert told["shown"] == digest(opened.question)


def test_a_text_that_has_no_value_fails_the_node() -> None:
    run = Stepped({"nodes": [human(title="{{ [1][5] }}", on_failure=["continue"])]})
    assert (run.end, run.statuses["ask"], run.told("task_opened")) == ("succeeded", "failed", [])


def test_of_a_failure_people_are_asked_though_a_text_has_no_value() -> None:
    run = Stepped({"nodes": [task("a", inputs={"x": "1"}, on_failure=[escalate(title="{{ [1][5] }}")])]})
    run.fail("a")
    (opened,) = commands(run, OpenTask)
    question = read_question(opened.question)
    assert opened.title.startswith("(title: ")
    assert question.failure is not None
    assert (question.failure.message, question.attempts) == ("as the test says", 1)
    assert msgspec.json.decode(question.input) == {"x": 1}


def test_what_is_asked_once_more_has_another_name() -> None:
    run = Stepped({"nodes": [task("a", on_failure=[escalate()])]})
    run.fail("a")
    run.decide("a~failed", "retry")
    run.fail("a")
    assert run.asked == ["a~failed#2"]


def test_each_item_and_each_round_has_tasks_of_its_own() -> None:
    run = Stepped({"nodes": [held("m", human(), task("x"), over="[1, 2]", on_failure=[escalate()])]})
    assert run.asked == ["m[0]/ask", "m[1]/ask"]
    run.fail("m[0]/x")
    run.fail("m[1]/x", "cancelled")
    assert run.asked == ["m~failed"]
    assert [each.status for each in commands(run, CloseTask)] == ["cancelled", "cancelled"]
    run.decide("m~failed", "retry")
    assert run.asked == ["m~2[0]/ask", "m~2[1]/ask"]


def test_people_are_reminded_until_it_is_decided() -> None:
    run = Stepped({"nodes": [human(timeout=10, remind=[2, 5])]})
    assert sorted(run.world.timers) == ["due:ask", "remind:ask#0", "remind:ask#1"]
    run.fire("remind:ask#0")
    assert commands(run, RemindTask) == [RemindTask("ask")]
    run.decide("ask", "done")
    assert (run.end, run.world.timers) == ("succeeded", {})


def test_a_task_passes_on_once_and_is_then_decided_by_its_default() -> None:
    run = Stepped(
        {"nodes": [human(timeout=10, choices=["yes", "no"], default="no", escalate={"to": "zed", "timeout": 4})]}
    )
    run.fire("due:ask")
    assert commands(run, ReassignTask) == [ReassignTask("ask", ("user:zed",), "handed_over", run.now + 4)]
    run.fire("due:ask")
    assert commands(run, CloseTask) == [CloseTask("ask", "timed_out", "no")]
    assert run.outputs["ask"] == {"choice": "no", "values": None, "reason": "nobody decided in time", "by": []}


def test_what_was_handed_over_without_a_time_waits_for_ever() -> None:
    run = Stepped({"nodes": [human(timeout=10, escalate={"to": "role:chief"})]})
    run.fire("due:ask")
    assert run.world.timers == {}
    run.decide("ask", "done", by=Identity("carl", ["chief"]))
    assert run.end == "succeeded"


def test_a_task_without_a_default_runs_out_and_fails_its_node() -> None:
    run = Stepped({"nodes": [human(timeout=10, on_failure=[escalate(timeout=5), "continue"])]})
    run.fire("due:ask")
    assert run.asked == ["ask~failed"]
    assert run.world.tasks["ask~failed"].title == "'ask' failed (timeout): nobody decided 'ask' in time"
    run.fire("due:ask~failed")
    assert (run.end, run.statuses["ask"]) == ("succeeded", "failed")


def test_a_delegated_task_keeps_its_time_and_its_reminders() -> None:
    run = Stepped({"nodes": [human(timeout=10, remind=[5])]})
    due = run.world.tasks["ask"].due
    boss = Identity("ann", ["boss"])
    assert run.send(TaskDelegated(at=run.now, task="ask", to="user:zed", by=boss)) is None
    assert commands(run, ReassignTask) == [ReassignTask("ask", ("user:zed",), "delegated", due)]
    assert sorted(run.world.timers) == ["due:ask", "remind:ask#0"]
    assert "not" in run.refusal(run.decision("ask", "done", by=boss)).reason
    run.decide("ask", "done", by=Identity("zed"))


def test_a_cancel_closes_what_people_are_asked() -> None:
    run = Stepped({"nodes": [human(timeout=10), task("a", on_failure=[escalate()])]})
    run.fail("a")
    run.cancel()
    assert [(each.task, each.status) for each in commands(run, CloseTask)] == [
        ("ask", "cancelled"),
        ("a~failed", "cancelled"),
    ]
    assert (run.end, run.world.timers) == ("cancelled", {})


def test_a_run_that_waits_for_people_says_for_whom_and_is_doing_nothing_else() -> None:
    run = Stepped({"nodes": [human(to=["role:boss", "ann"])]})
    assert waits_for(run.run) == ["a decision on task 'ask' by role:boss, user:ann"]
    assert only_waits(run.run)
