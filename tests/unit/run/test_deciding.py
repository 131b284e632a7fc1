"""What people's decisions lead to, and their silence."""

from typing import Any

from concertato.run.events import Identity, TaskDelegated
from support.stepping import Stepped, escalate, task

ANN, BOB, CAT = (Identity(name, ["boss"]) for name in ("ann", "bob", "cat"))


def human(**more: Any) -> dict[str, Any]:
    return {"id": "ask", "type": "human", "to": "role:boss", **more}


def test_the_output_of_a_human_node_is_what_was_decided_and_by_whom() -> None:
    form = {"properties": {"n": {"type": "integer"}}}
    run = Stepped({"nodes": [human(form=form, choices=["yes", "no"])]})
    run.decide("ask", "yes", by=ANN, values={"n": 3})
    assert run.outputs["ask"] == {"choice": "yes", "values": {"n": 3}, "reason": "said", "by": ["ann"]}


def test_a_choice_can_be_an_edge() -> None:
    nodes = [human(choices=["yes", "no"]), task("pay"), task("tell")]
    edges = [{"from": "ask", "to": "pay", "when": "yes"}, {"from": "ask", "to": "tell", "when": "no"}]
    run = Stepped({"nodes": nodes, "edges": edges})
    run.decide("ask", "no")
    assert run.called == ["tell"]
    assert run.statuses["pay"] == "skipped"


def test_what_somebody_gave_in_place_of_a_person_is_an_edge_if_it_is_a_choice() -> None:
    nodes = [human(choices=["yes", "no"], timeout=5, on_failure=[escalate()]), task("pay")]
    for choice, called in (("yes", ["pay"]), ("no", []), ("what", [])):
        run = Stepped({"nodes": nodes, "edges": [{"from": "ask", "to": "pay", "when": "yes"}]})
        run.fire("due:ask")
        run.decide("ask~failed", "use_output", values={"output": {"choice": choice}})
        assert run.called == called


def test_four_eyes_see_more_than_two() -> None:
    run = Stepped({"nodes": [human(choices=["yes", "no"], approvals=2)]})
    run.decide("ask", "yes", by=ANN)
    assert "ann has decided it already" in run.refusal(run.decision("ask", "yes", by=ANN)).reason
    run.decide("ask", "no", by=BOB)
    assert run.asked == ["ask"]
    run.decide("ask", "yes", by=CAT)
    assert (run.outputs["ask"]["choice"], run.outputs["ask"]["by"]) == ("yes", ["ann", "cat"])
    assert [detail["final"] for _, detail in run.told("decided")] == [False, False, True]


def test_where_all_who_are_named_disagree_one_of_them_hands_it_to_somebody_else() -> None:
    run = Stepped({"nodes": [human(to=["ann", "bob"], choices=["yes", "no"], approvals=2)]})
    to_cat = TaskDelegated(at=run.now, task="ask", to="user:cat", by=ANN)
    run.decide("ask", "yes", by=ANN)
    assert "has nothing left to hand on" in run.refusal(to_cat).reason
    run.decide("ask", "no", by=BOB)
    assert run.send(to_cat) is None
    run.decide("ask", "no", by=CAT)
    assert run.outputs["ask"]["by"] == ["bob", "cat"]


def test_a_choice_can_need_more_people_than_the_others() -> None:
    run = Stepped({"nodes": [human(choices=["no", {"name": "yes", "approvals": 2}])]})
    run.decide("ask", "yes", by=ANN)
    run.decide("ask", "no", by=BOB)
    assert (run.outputs["ask"]["choice"], run.outputs["ask"]["by"]) == ("no", ["bob"])


def test_the_first_decision_that_is_valid_wins() -> None:
    run = Stepped({"nodes": [human(), task("a")]})
    run.decide("ask", "done", by=ANN)
    assert "task 'ask' is not open" in run.refusal(run.turns[-1].event).reason


def test_people_decide_while_the_run_is_paused_and_what_follows_waits() -> None:
    run = Stepped({"nodes": [human(), task("a", on_failure=[escalate()])], "edges": [{"from": "ask", "to": "a"}]})
    run.pause()
    run.decide("ask", "done")
    assert (run.called, run.statuses["a"]) == ([], "queued")
    run.resume()
    run.fail("a")
    run.pause()
    run.decide("a~failed", "retry")
    assert (run.called, run.statuses["a"]) == ([], "queued")
    run.resume()
    assert run.called == ["a"]


def test_a_failed_node_whose_time_to_be_decided_is_over_goes_on_to_its_default_or_its_next_rung() -> None:
    run = Stepped({"nodes": [task("a", on_failure=[escalate(timeout=5, default="skip")])]})
    run.fail("a")
    run.fire("due:a~failed")
    assert (run.end, run.statuses["a"]) == ("succeeded", "skipped")
    run = Stepped({"nodes": [task("a", on_failure=[escalate(timeout=5), escalate(to="role:chief")])]})
    run.fail("a")
    run.fire("due:a~failed")
    assert run.world.tasks["a~failed#2"].to == ("role:chief",)


def test_somebody_who_has_a_node_tried_again_is_asked_again_if_it_fails_again() -> None:
    run = Stepped({"nodes": [task("a", inputs={"x": "1"}, on_failure=[escalate(), "continue"])]})
    run.fail("a")
    run.decide("a~failed", "retry", values={"inputs": {"x": 2}})
    assert run.given("a") == {"x": 2}
    run.fail("a")
    run.decide("a~failed#2", "retry")
    assert run.given("a") == {"x": 2}
    run.answer("a", 1)
    assert run.outputs == {"a": 1}


def test_a_failed_node_is_retried_as_it_was_edited_meanwhile_under_another_task_id() -> None:
    run = Stepped({"nodes": [task("a", on_failure=[escalate()])]})
    run.fail("a")
    run.edit(replace={"nodes": [task("a", inputs={"x": "5"}, on_failure=[escalate()])]})
    run.decide("a~failed", "retry")
    assert run.given("a") == {"x": 5}
    assert run.world.calls["a"].task_id != "r/a"
