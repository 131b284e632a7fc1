"""People in a run: what they are asked, who may decide, what a decision leads to, and what silence does."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from concertato.errors import InvalidInput, Refused, UnknownTask
from concertato.journal.contract import TaskFilter
from concertato.plan.compile import compile_plan
from concertato.run.events import Decided, Identity
from concertato.run.question import encode
from support.people import ANN, BOB, EVE, asked, decide, delegate, details
from support.running import house, outputs
from support.scripted import Scripts, fail

FORM = {
    "type": "object",
    "properties": {"limit": {"type": "integer", "minimum": 1}, "note": {"type": "string"}},
    "required": ["limit"],
}


def human(**more: Any) -> dict[str, Any]:
    return {"id": "approval", "type": "human", "to": "role:risk", "choices": ["approve", "reject"], **more}


def flow(node: dict[str, Any], *edges: dict[str, Any]) -> dict[str, Any]:
    ways = [
        {"from": "approval", "to": "pay", "when": "approve"},
        {"from": "approval", "to": "refuse", "when": "reject"},
    ]
    return {
        "name": "flow",
        "inputs": {"order": "any"},
        "nodes": [node, {"id": "pay", "type": "pay"}, {"id": "refuse", "type": "refuse"}],
        "edges": [*(edges or ways)],
    }


def agents() -> Scripts:
    return Scripts(pay="paid", refuse="refused")


async def test_a_choice_is_an_edge(tmp_path: Path) -> None:
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human()), order=1)
        assert await asked(h, run_id) == ["approval"]
        await decide(h, run_id, "approval", "reject", reason="too much")
        assert outputs(await h.finish(run_id)) == {"pay": None, "refuse": "refused"}
        statuses = await h.statuses(run_id)
        assert (statuses["pay"], statuses["refuse"]) == ("skipped", "succeeded")


async def test_what_was_decided_is_the_nodes_output(tmp_path: Path) -> None:
    definition = {"name": "d", "nodes": [human(form=FORM)]}
    async with house(tmp_path) as h:
        run_id = await h.start(definition)
        await asked(h, run_id)
        await decide(h, run_id, "approval", "approve", reason="known", values={"limit": 5})
        assert outputs(await h.finish(run_id)) == {
            "approval": {"choice": "approve", "values": {"limit": 5}, "reason": "known", "by": ["ann"]}
        }


async def test_a_task_is_shown_with_its_texts_filled_in(tmp_path: Path) -> None:
    node = human(
        title="Order {{ order.id }}",
        instructions="It is worth {{ order.amount }} and holds {{ order.lines }}.",
        form=FORM,
        timeout="4h",
    )
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(node), order={"id": "o-1", "amount": 12, "lines": ["a"]})
        await asked(h, run_id)
        view = await h.engine.task(run_id, "approval")
        assert view.question.title == "Order o-1"
        assert view.question.instructions == 'It is worth 12 and holds ["a"].'
        assert view.row.due == h.clock.now() + 4 * 3600
        assert view.shown == sha256(encode(view.question)).hexdigest()


async def test_the_record_says_who_chose_what_why_by_which_rule_and_what_they_saw(tmp_path: Path) -> None:
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human()), order=1)
        await asked(h, run_id)
        shown = (await h.engine.task(run_id, "approval")).shown
        await decide(h, run_id, "approval", "approve", reason="a good customer")
        (event,) = [event for event in await h.events(run_id) if isinstance(event, Decided)]
        assert (event.by, event.choice, event.reason) == (ANN, "approve", "a good customer")
        assert (event.rule, event.shown) == ("it is for role:risk", shown)
        (told,) = await details(h, run_id, "decided")
        assert told["by"] == {"user": "ann", "roles": ["risk"], "established": "a test says so"}


@pytest.mark.parametrize(
    ("choice", "by", "more", "why"),
    [
        ("approve", EVE, {}, "eve with the roles intern may not decide it: it is for role:risk"),
        ("approve", Identity(user="zoe"), {}, "zoe without any role may not decide it"),
        ("aprove", ANN, {}, "'aprove' is not among its choices; did you mean 'approve'?"),
        ("approve", ANN, {"values": {"limit": 0}}, "values.limit: 0 is less than the minimum of 1|values.limit"),
        ("approve", ANN, {}, '"?limit"? is a required property|limit'),
        ("approve", ANN, {"values": {"limit": 2}, "shown": "ab"}, "is not what you were shown"),
        ("approve", ANN, {"values": {"limit": 2, "nte": "x"}}, "the form has no field 'nte'; did you mean 'note'"),
    ],
    ids=["wrong role", "no role", "misspelt", "form", "missing field", "shown something else", "unknown field"],
)
async def test_a_decision_that_does_not_fit_is_refused_and_changes_nothing(
    tmp_path: Path, choice: str, by: Identity, more: Any, why: str
) -> None:
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human(form=FORM)), order=1)
        await asked(h, run_id)
        with pytest.raises(Refused, match=why):
            await decide(h, run_id, "approval", choice, by, **more)
        assert await asked(h, run_id) == ["approval"]
        assert not [event for event in await h.events(run_id) if isinstance(event, Decided)]


async def test_values_where_none_are_asked_for_are_refused(tmp_path: Path) -> None:
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human()), order=1)
        await asked(h, run_id)
        with pytest.raises(Refused, match="takes no values"):
            await decide(h, run_id, "approval", "approve", values={"limit": 5})


async def test_the_first_decision_wins_and_a_second_is_refused(tmp_path: Path) -> None:
    second = {"id": "hold", "type": "wait", "signal": "go"}
    definition = {"name": "d", "nodes": [human(), second]}
    async with house(tmp_path) as h:
        run_id = await h.start(definition)
        await asked(h, run_id)
        await decide(h, run_id, "approval", "approve")
        with pytest.raises(Refused, match=r"task 'approval' has been decided \(approve\)"):
            await decide(h, run_id, "approval", "reject", BOB)


async def test_a_decision_after_the_end_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human()), order=1)
        await asked(h, run_id)
        await decide(h, run_id, "approval", "approve")
        await h.finish(run_id)
        with pytest.raises(Refused, match="has ended"):
            await decide(h, run_id, "approval", "approve")
        with pytest.raises(UnknownTask, match="has been decided"):
            await h.engine.task(run_id, "approval")


async def test_a_task_that_there_never_was_is_told_with_those_there_are(tmp_path: Path) -> None:
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human()), order=1)
        await asked(h, run_id)
        with pytest.raises(Refused, match="has no task 'aproval'; open are approval"):
            await decide(h, run_id, "aproval", "approve")


async def test_four_eyes_need_two_people(tmp_path: Path) -> None:
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human(approvals=2)), order=1)
        await asked(h, run_id)
        await decide(h, run_id, "approval", "approve")
        assert await asked(h, run_id) == ["approval"]
        assert (await h.engine.task(run_id, "approval")).so_far == {"ann": "approve"}
        with pytest.raises(Refused, match="ann has decided it already"):
            await decide(h, run_id, "approval", "approve")
        await h.reopen()
        await decide(h, run_id, "approval", "approve", BOB)
        assert outputs(await h.finish(run_id))["pay"] == "paid"
        assert [told["final"] for told in await details(h, run_id, "decided")] == [False, True]


async def test_two_who_disagree_can_change_their_minds(tmp_path: Path) -> None:
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human(to=["user:ann", "user:bob"], approvals=2)), order=1)
        await asked(h, run_id)
        await decide(h, run_id, "approval", "approve")
        await decide(h, run_id, "approval", "reject", BOB)
        assert (await h.engine.task(run_id, "approval")).so_far == {"ann": "approve", "bob": "reject"}
        await decide(h, run_id, "approval", "approve", BOB)
        assert outputs(await h.finish(run_id))["pay"] == "paid"


async def test_one_person_can_stop_what_two_must_allow(tmp_path: Path) -> None:
    choices = [{"name": "approve", "approvals": 2}, "reject"]
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human(choices=choices)), order=1)
        await asked(h, run_id)
        await decide(h, run_id, "approval", "approve")
        await decide(h, run_id, "approval", "reject", BOB)
        assert outputs(await h.finish(run_id))["refuse"] == "refused"


async def test_whoever_started_the_run_may_be_barred(tmp_path: Path) -> None:
    plan = compile_plan(flow(human(**{"not": ["initiator", "user:bob"]})))
    async with house(tmp_path, agents()) as h:
        with pytest.raises(InvalidInput, match="say who starts it"):
            await h.engine.start(plan, {"order": 1})
        run_id = await h.engine.start(plan, {"order": 1}, by=ANN)
        await asked(h, run_id)
        with pytest.raises(Refused, match="ann may not decide it: it is not for whoever started the run"):
            await decide(h, run_id, "approval", "approve", ANN)
        with pytest.raises(Refused, match="bob may not decide it: it is not for user:bob"):
            await decide(h, run_id, "approval", "approve", BOB)
        await decide(h, run_id, "approval", "approve", Identity(user="cid", roles=["risk"]))
        assert outputs(await h.finish(run_id))["pay"] == "paid"


async def test_a_task_can_be_handed_to_somebody_else(tmp_path: Path) -> None:
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human()), order=1)
        await asked(h, run_id)
        with pytest.raises(Refused, match="eve with the roles intern may not decide it"):
            await delegate(h, run_id, "approval", "user:eve", EVE)
        with pytest.raises(Refused, match="as user:NAME or role:NAME, got: 'eve'"):
            await delegate(h, run_id, "approval", "eve")
        await delegate(h, run_id, "approval", "user:eve")
        with pytest.raises(Refused, match="it is for user:eve"):
            await decide(h, run_id, "approval", "approve", ANN)
        (row,) = await h.engine.tasks(TaskFilter(to=["user:eve"]))
        assert row.task == "approval"
        await decide(h, run_id, "approval", "approve", EVE)
        assert outputs(await h.finish(run_id))["pay"] == "paid"


async def test_a_task_is_not_handed_to_somebody_who_is_barred(tmp_path: Path) -> None:
    plan = compile_plan(flow(human(**{"not": ["initiator"]})))
    async with house(tmp_path, agents()) as h:
        run_id = await h.engine.start(plan, {"order": 1}, by=EVE)
        await asked(h, run_id)
        with pytest.raises(Refused, match="may not be handed to user:eve"):
            await delegate(h, run_id, "approval", "user:eve")


async def test_whoever_hands_on_their_part_leaves_the_others_theirs(tmp_path: Path) -> None:
    node = human(to=["user:ann", "user:bob"], approvals=2)
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(node), order=1)
        await asked(h, run_id)
        await delegate(h, run_id, "approval", "user:eve")
        await decide(h, run_id, "approval", "approve", BOB)
        with pytest.raises(Refused, match="bob has decided it already, and has nothing left to hand on"):
            await delegate(h, run_id, "approval", "user:zoe", BOB)
        with pytest.raises(Refused, match="may not be handed to user:bob, who has decided it already"):
            await delegate(h, run_id, "approval", "user:bob", EVE)
        await decide(h, run_id, "approval", "approve", EVE)
        assert outputs(await h.finish(run_id))["pay"] == "paid"


async def test_a_role_of_which_two_are_needed_stays_beside_whom_it_is_handed_to(tmp_path: Path) -> None:
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human(approvals=2)), order=1)
        await asked(h, run_id)
        await delegate(h, run_id, "approval", "user:eve")
        await decide(h, run_id, "approval", "approve", EVE)
        await decide(h, run_id, "approval", "approve", BOB)
        assert outputs(await h.finish(run_id))["pay"] == "paid"


async def test_a_fork_is_started_by_whoever_forks(tmp_path: Path) -> None:
    plan = compile_plan(flow(human(**{"not": ["initiator"]})))
    async with house(tmp_path, agents()) as h:
        run_id = await h.engine.start(plan, {"order": 1}, by=ANN)
        await asked(h, run_id)
        with pytest.raises(InvalidInput, match="say who starts it"):
            await h.engine.fork(run_id, inputs={"order": 1_000_000})
        fork = await h.engine.fork(run_id, inputs={"order": 1_000_000}, by=BOB)
        assert await asked(h, fork) == ["approval"]
        with pytest.raises(Refused, match="bob may not decide it: it is not for whoever started the run"):
            await decide(h, fork, "approval", "approve", BOB)
        await decide(h, fork, "approval", "approve", ANN)


async def test_silence_is_the_default(tmp_path: Path) -> None:
    async with house(tmp_path, agents()) as h:
        ended = await h.run(flow(human(timeout="4h", default="reject")), order=1)
        assert outputs(ended)["refuse"] == "refused"


async def test_silence_without_a_default_is_a_failure_that_walks_the_ladder(tmp_path: Path) -> None:
    node = human(timeout="4h", on_failure=[{"fallback": {"type": "judge"}}])
    scripts = Scripts(pay="paid", refuse="refused", judge={"choice": "approve"})
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(flow(node), order=1)
        assert outputs(await h.finish(run_id))["pay"] == "paid"
        (told,) = await details(h, run_id, "failed")
        assert (told["kind"], told["message"]) == ("timeout", "nobody decided 'approval' in time")


async def test_a_task_that_nobody_decides_passes_on_before_it_is_given_up(tmp_path: Path) -> None:
    node = human(timeout="1h", escalate={"to": "role:operator", "timeout": "2h"}, default="reject")
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(node), order=1)
        await asked(h, run_id)
        h.clock.advance(3600)
        await h.quiet()
        with pytest.raises(Refused, match="it is for role:operator"):
            await decide(h, run_id, "approval", "approve", ANN)
        (row,) = await h.engine.tasks(TaskFilter())
        assert (row.to, row.due) == (["role:operator"], h.clock.now() + 2 * 3600)
        await decide(h, run_id, "approval", "approve", BOB)
        assert outputs(await h.finish(run_id))["pay"] == "paid"


async def test_whoever_is_silent_is_reminded(tmp_path: Path) -> None:
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human(timeout="4h", remind=["1h", "3h"], default="reject")), order=1)
        await h.finish(run_id)
        names = [each.step for each in await h.engine.decisions(run_id)]
        assert names == ["task_opened", "task_reminded", "task_reminded", "task_timed_out", "ended"]


async def test_a_run_that_waits_for_a_person_leaves_memory_and_asks_nobody_again(tmp_path: Path) -> None:
    definition = flow(human())
    definition["nodes"].insert(0, {"id": "first", "type": "first"})
    definition["edges"].append({"from": "first", "to": "approval"})
    scripts = Scripts(first=1, pay="paid", refuse="refused")
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(definition, order=1)
        await asked(h, run_id)
        assert len(h.engine._driver.house) == 0
        for _ in range(5):
            await h.reopen()
            assert await asked(h, run_id) == ["approval"]
        assert scripts.names == ["first"]
        await decide(h, run_id, "approval", "approve")
        await h.finish(run_id)
        assert scripts.names == ["first", "pay"]


async def test_a_deadline_that_passed_while_nobody_was_there_counts(tmp_path: Path) -> None:
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human(timeout="1h", default="reject")), order=1)
        await asked(h, run_id)
        await h.engine.close()
        h.clock.advance(7200)
        await h.open()
        assert outputs(await h.finish(run_id))["refuse"] == "refused"


async def test_cancelling_a_run_takes_its_tasks_back(tmp_path: Path) -> None:
    from concertato.engine.contract import Cancel

    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human()), order=1)
        await asked(h, run_id)
        await h.engine.send(run_id, Cancel(by="ann"))
        assert (await h.finish(run_id)).status == "cancelled"
        assert await h.engine.tasks(TaskFilter()) == []
        (row,) = await h.engine.tasks(TaskFilter(status=["cancelled"]))
        assert row.task == "approval"


async def test_a_text_that_has_no_value_fails_the_node_before_anybody_is_asked(tmp_path: Path) -> None:
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(human(title="{{ order.missing }}")), order={})
        ended = await h.finish(run_id)
        assert (ended.status, ended.path) == ("failed", "approval")
        assert ended.failure is not None
        assert ended.failure.kind == "invalid_input"


class TestOfAFailure:
    """A person decides what becomes of a node that failed."""

    @staticmethod
    def flow(**more: Any) -> dict[str, Any]:
        rung = {"escalate": {"to": "role:risk", **more}}
        pay = {
            "id": "pay",
            "type": "pay",
            "inputs": ["order"],
            "retry": {"max_attempts": 1},
            "on_failure": [rung, "fail"],
        }
        return {"name": "flow", "inputs": {"order": "any"}, "nodes": [pay]}

    async def test_they_are_shown_what_failed(self, tmp_path: Path) -> None:
        texts = {"title": "Payment of {{ input.order }}: {{ failure.kind }}", "instructions": "{{ input.order.x.y }}"}
        async with house(tmp_path, pay=fail("rejected", "no funds")) as h:
            run_id = await h.start(self.flow(**texts), order="o-1")
            await asked(h, run_id)
            question = (await h.engine.task(run_id, "pay~failed")).question
            assert question.title == "Payment of o-1: rejected"
            assert question.instructions.startswith("(instructions: ")  # a text that fails must not hide the failure
            assert question.failure is not None
            assert (question.failure.message, question.attempts, bytes(question.input)) == (
                "no funds",
                1,
                b'{"order":"o-1"}',
            )
            assert [choice.name for choice in question.choices] == ["retry", "skip", "use_output", "rollback", "abort"]

    async def test_they_may_have_it_tried_again_with_other_inputs(self, tmp_path: Path) -> None:
        scripts = Scripts(pay=lambda order: fail("rejected") if order == 1 else order)
        async with house(tmp_path, scripts) as h:
            run_id = await h.start(self.flow(), order=1)
            await asked(h, run_id)
            with pytest.raises(Refused, match=r"the node has no input 'oder'; did you mean 'order'\?"):
                await decide(h, run_id, "pay~failed", "retry", values={"inputs": {"oder": 2}})
            await decide(h, run_id, "pay~failed", "retry")
            assert await asked(h, run_id) == ["pay~failed#2"]
            await decide(h, run_id, "pay~failed#2", "retry", values={"inputs": {"order": 2}})
            assert outputs(await h.finish(run_id)) == {"pay": 2}

    async def test_use_output_needs_an_output(self, tmp_path: Path) -> None:
        async with house(tmp_path, pay=fail("rejected")) as h:
            run_id = await h.start(self.flow(), order=1)
            await asked(h, run_id)
            with pytest.raises(Refused, match="the choice 'use_output' takes values such as"):
                await decide(h, run_id, "pay~failed", "use_output")
            await decide(h, run_id, "pay~failed", "use_output", values={"output": {"id": 3}})
            assert outputs(await h.finish(run_id)) == {"pay": {"id": 3}}

    async def test_silence_is_the_next_rungs_turn(self, tmp_path: Path) -> None:
        async with house(tmp_path, pay=fail("rejected")) as h:
            ended = await h.run(self.flow(timeout="1h"), order=1)
            assert ended.status == "failed"

    async def test_silence_is_the_default_where_there_is_one(self, tmp_path: Path) -> None:
        async with house(tmp_path, pay=fail("rejected")) as h:
            ended = await h.run(self.flow(timeout="1h", default="skip"), order=1)
            assert outputs(ended) == {"pay": None}
