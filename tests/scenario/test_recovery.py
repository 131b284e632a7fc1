"""An agent decides what becomes of a node that failed: what it is shown, what it may choose, and how often."""

from pathlib import Path
from typing import Any

import pytest

from concertato import agent
from concertato.agents.contract import Answer, Succeeded, Task
from concertato.errors import FailureKind
from concertato.run.events import AttemptFailed, RecoveryDecided
from support.deep import NESTED_TOO_DEEP
from support.people import ANN, asked, decide, details
from support.running import house, outputs
from support.scripted import Scripts, fail

ONCE = {"max_attempts": 1}


def recover(*may: str, **more: Any) -> dict[str, Any]:
    return {"recover": {"type": "supervisor", "may": list(may), **more}}


def flow(*rungs: Any, **more: Any) -> dict[str, Any]:
    score = {
        "id": "score",
        "type": "score",
        "description": "How risky the customer is",
        "inputs": {"amount": "amount", "name": "'Ann'"},
        "retry": ONCE,
        "on_failure": list(rungs),
    }
    return {"name": "flow", "inputs": {"amount": "integer"}, "nodes": [score], **more}


def says(action: str, **more: Any) -> dict[str, Any]:
    return {"action": action, "reason": "I think so", **more}


async def test_it_is_shown_what_failed_and_what_it_may_choose(tmp_path: Path) -> None:
    scripts = Scripts(score=fail("rejected", "no such customer"), supervisor=says("skip"))
    async with house(tmp_path, scripts) as h:
        await h.run(flow(recover("skip", "retry", **{"with": {"policy": "strict"}})), amount=3)
        (given,) = scripts.calls("supervisor")
        assert given == {
            "policy": "strict",
            "problem": {
                "failure": {"kind": "rejected", "message": "no such customer", "path": "score"},
                "attempts": 1,
                "inputs": {"amount": 3, "name": "Ann"},
                "node": {
                    "id": "score",
                    "path": "score",
                    "type": "score",
                    "description": "How risky the customer is",
                },
                "tried": [
                    {"what": "node", "who": "score", "said": "rejected: no such customer", "attempts": 1},
                ],
                "may": ["skip", "retry"],
                "times_left": 2,
            },
        }


@pytest.mark.parametrize(
    ("answer", "status", "output"),
    [
        (says("skip"), "succeeded", {"score": None}),
        (says("use_output", output={"points": 4}), "succeeded", {"score": {"points": 4}}),
        (says("abort"), "failed", None),
        (says("rollback"), "failed", None),
    ],
    ids=["skip", "use_output", "abort", "rollback with nothing to undo"],
)
async def test_what_it_chooses_is_done(tmp_path: Path, answer: Any, status: str, output: Any) -> None:
    async with house(tmp_path, score=fail("rejected"), supervisor=answer) as h:
        run_id = await h.start(flow(recover("skip", "use_output", "abort", "rollback")), amount=1)
        ended = await h.finish(run_id)
        assert (ended.status, outputs(ended)) == (status, output)
        (event,) = [event for event in await h.events(run_id) if isinstance(event, RecoveryDecided)]
        assert b"I think so" in bytes(event.answer)
        (told,) = await details(h, run_id, "recovery_decided")
        assert (told["accepted"], told["action"], told["reason"]) == (True, answer["action"], "I think so")


async def test_a_retry_may_carry_changed_inputs_and_is_another_task_to_the_agent(tmp_path: Path) -> None:
    scripts = Scripts(score=lambda amount, name: fail("rejected") if amount > 5 else [amount, name])
    scripts = Scripts(
        score=lambda amount, name: fail("rejected") if amount > 5 else [amount, name],
        supervisor=says("retry", inputs={"amount": 5}),
    )
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(flow(recover("retry")), amount=9)
        assert outputs(await h.finish(run_id)) == {"score": [5, "Ann"]}
        ids = [task.id.removeprefix(f"{run_id}/") for task in scripts.tasks]
        assert ids == ["score", "score~recover1", "score~inputs1"]


async def test_a_retry_has_attempts_of_its_own(tmp_path: Path) -> None:
    definition = flow(recover("retry", max_times=1))
    definition["nodes"][0]["retry"] = {"max_attempts": 2, "initial": 0}
    scripts = Scripts(score="fine", supervisor=says("retry"))
    scripts.then("score", *[fail("timeout")] * 3)
    async with house(tmp_path, scripts) as h:
        assert outputs(await h.run(definition, amount=1)) == {"score": "fine"}
        assert scripts.names == ["score", "score", "supervisor", "score", "score"]
        assert [task.attempt for task in scripts.tasks if task.agent == "score"] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (says("use_output", output=1), "expected 'action' to be one of skip, retry, escalate"),
        ({"action": "skip"}, "expected a 'reason' for 'skip'"),
        ("skip", 'expected an answer such as {"action"'),
        (says("skip", output=1), "expected an 'output' with 'use_output'"),
        (says("skip", inputs={"amount": 1}), "expected 'inputs' with 'retry' alone"),
        (says("retry", inputs={"amuont": 1}), "the node has no input 'amuont'; did you mean 'amount'?"),
        (says("skip", certainty=0.9), "got also: certainty"),
        (says("skpi"), "did you mean 'skip'?"),
    ],
    ids=["not in may", "no reason", "no object", "an output too many", "inputs too many", "input", "field", "misspelt"],
)
async def test_an_answer_that_it_may_not_give_goes_to_the_next_rung(tmp_path: Path, answer: Any, why: str) -> None:
    rungs = [recover("skip", "retry", "escalate"), {"escalate": {"to": "role:risk"}}]
    async with house(tmp_path, score=fail("rejected"), supervisor=answer) as h:
        run_id = await h.start(flow(*rungs), amount=1)
        assert await asked(h, run_id) == ["score~failed"]
        (told,) = await details(h, run_id, "recovery_decided")
        assert told["accepted"] is False
        assert why in told["why"]
        await decide(h, run_id, "score~failed", "skip", ANN)
        assert (await h.finish(run_id)).status == "succeeded"


async def test_inputs_that_the_nodes_agent_would_not_take_go_to_the_next_rung(tmp_path: Path) -> None:
    @agent
    async def score(amount: int, name: str) -> str:
        raise RuntimeError(name)

    rungs = [recover("retry"), "continue"]
    async with house(tmp_path, supervisor=says("retry", inputs={"amount": "much"})) as h:
        await h.engine.close()
        await h.open(score=score)
        run_id = await h.start(flow(*rungs), amount=1)
        assert (await h.finish(run_id)).status == "succeeded"
        (told,) = await details(h, run_id, "recovery_decided")
        assert "parameter 'amount': expected `int`, got `str`" in told["why"]


class Foreign:
    """A supervisor of a kind that is not ours, which answers with any text."""

    name = "supervisor"

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def start(self, task: Task) -> Answer:
        return Succeeded(self._answer)


@agent("score")
async def careful(amount: int, name: str) -> str:
    """One that checks what it is given."""
    raise RuntimeError(name)


async def test_an_answer_that_cannot_be_read_goes_to_the_next_rung_and_is_kept(tmp_path: Path) -> None:
    """It is JSON, with a number that nothing can hold: whether the node's own agent would take it, nobody can say."""
    answer = b'{"action":"retry","reason":"because","inputs":{"amount":1e999}}'
    async with house(tmp_path, supervisor=None) as h:
        await h.engine.close()
        await h.open(score=careful, supervisor=Foreign(answer))
        run_id = await h.start(flow(recover("retry"), "continue"), amount=1)
        assert (await h.finish(run_id)).status == "succeeded"
        await h.engine.close()
        await h.open(score=careful)
        (told,) = await details(h, run_id, "recovery_decided")
        assert told["accepted"] is False
        assert "expected an answer that can be read" in told["why"]
        (decided,) = [each for each in await h.events(run_id) if isinstance(each, RecoveryDecided)]
        assert (bytes(decided.answer), decided.misfit) == (answer, None)


async def test_an_answer_that_is_nested_too_deep_to_be_read_is_no_answer(tmp_path: Path) -> None:
    async with house(tmp_path, supervisor=None) as h:
        await h.engine.close()
        await h.open(score=careful, supervisor=Foreign(NESTED_TOO_DEEP))
        run_id = await h.start(flow(recover("retry", retry=ONCE), "continue"), amount=1)
        assert (await h.finish(run_id)).status == "succeeded"
        failed = [each for each in await h.events(run_id) if isinstance(each, AttemptFailed)]
        assert [each.failure.kind for each in failed] == [FailureKind.INTERNAL, FailureKind.INVALID_OUTPUT]


async def test_a_recovery_agent_that_fails_is_no_reason_to_forget_why_the_node_did(tmp_path: Path) -> None:
    scripts = Scripts(score=fail("rejected", "the real reason"), supervisor=fail("internal", "broken"))
    async with house(tmp_path, scripts) as h:
        ended = await h.run(flow(recover("retry"), "fail"), amount=1)
        assert ended.failure is not None
        assert ended.failure.message == "the real reason"


async def test_how_often_it_may_act_for_one_node_is_bounded(tmp_path: Path) -> None:
    scripts = Scripts(score=fail("rejected"), supervisor=says("retry"))
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(flow(recover("retry", max_times=2), "continue"), amount=1)
        assert (await h.finish(run_id)).status == "succeeded"
        assert scripts.names == ["score", "supervisor", "score", "supervisor", "score"]
        ids = [task.id.removeprefix(f"{run_id}/") for task in scripts.tasks if task.agent == "supervisor"]
        assert ids == ["score~recover1", "score~recover1.2"]
        (told,) = await details(h, run_id, "passed_over")
        assert "as often as max_times allows" in told["why"]


async def test_how_often_it_may_act_in_one_run_is_bounded(tmp_path: Path) -> None:
    scripts = Scripts(work=fail("rejected"), supervisor=says("skip"))
    ladder = [recover("skip"), "continue"]
    nodes = [{"id": f"n{n}", "type": "work", "retry": ONCE} for n in range(4)]
    async with house(tmp_path, scripts) as h:
        run_id = await h.start({"name": "d", "nodes": nodes, "on_failure": ladder, "max_recoveries": 2})
        assert (await h.finish(run_id)).status == "succeeded"
        assert scripts.names.count("supervisor") == 2
        assert sorted((await h.statuses(run_id)).values()) == ["failed", "failed", "skipped", "skipped"]


async def test_it_may_pass_the_question_on_to_a_person(tmp_path: Path) -> None:
    rungs = [recover("escalate"), {"fallback": {"type": "never"}}, {"escalate": {"to": "role:risk"}}]
    scripts = Scripts(score=fail("rejected"), supervisor=says("escalate"), never=1)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(flow(*rungs), amount=1)
        assert await asked(h, run_id) == ["score~failed"]
        assert "never" not in scripts.names


async def test_an_answer_that_was_durable_is_not_asked_for_again(tmp_path: Path) -> None:
    rungs = [recover("retry", max_times=1), {"escalate": {"to": "role:risk"}}]
    scripts = Scripts(score=fail("rejected"), supervisor=says("retry"))
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(flow(*rungs), amount=1)
        assert await asked(h, run_id) == ["score~failed"]
        for _ in range(3):
            await h.reopen()
        await decide(h, run_id, "score~failed", "skip", ANN)
        assert (await h.finish(run_id)).status == "succeeded"
        assert scripts.names == ["score", "supervisor", "score"]


async def test_whoever_decides_is_shown_all_that_was_tried_before(tmp_path: Path) -> None:
    rungs = [
        {"fallback": {"type": "rules"}},
        recover("escalate"),
        {"escalate": {"to": "role:risk", "timeout": "1h", "default": "retry"}},
    ]
    scripts = Scripts(score=fail("rejected", "no"), rules=fail("internal", "nor this"), supervisor=says("escalate"))
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(flow(*rungs), amount=1)
        await asked(h, run_id)
        tried = (await h.engine.task(run_id, "score~failed")).question.tried
        assert [(each.what, each.who, each.said, each.attempts) for each in tried] == [
            ("node", "score", "rejected: no", 1),
            ("fallback", "rules", "internal: nor this", 1),
            ("recovery", "supervisor", "chose escalate: I think so", 0),
        ]
        await decide(h, run_id, "score~failed", "retry", ANN, reason="once more")
        assert await asked(h, run_id) == ["score~failed#2"]
        tried = (await h.engine.task(run_id, "score~failed#2")).question.tried
        assert [(each.what, each.who, each.said) for each in tried][3:] == [
            ("person", "ann", "chose retry: once more"),
            ("node", "score", "rejected: no"),
        ]
