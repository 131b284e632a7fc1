"""Who may decide what, and in which form: every refusal says what would do, and changes nothing."""

from typing import Any

import pytest

from concertato.run.events import Decided, Identity, Raw, TaskDelegated
from support.deep import NESTED_TOO_DEEP
from support.stepping import Stepped, escalate, task

BOSS = Identity("ann", ["boss"])
FORM = {"properties": {"n": {"type": "integer"}}, "required": ["n"]}


def asked() -> Stepped:
    node = {"id": "ask", "type": "human", "to": ["role:boss", "zed"], "choices": ["yes", "no"], "form": FORM}
    ladder = [escalate(may=["retry", "skip", "use_output"])]
    failing = task("a", inputs={"x": "1"}, on_failure=ladder)
    barring = {"id": "bar", "type": "human", "to": "role:boss", "not": ["role:intern", "bob", "initiator"]}
    run = Stepped({"nodes": [node, failing, barring]}, by=Identity("ida"))
    run.fail("a")
    return run


REFUSED: list[tuple[str, str, Identity, Any, str]] = [
    (
        "ask",
        "yes",
        Identity("eve"),
        {"n": 1},
        "eve without any role may not decide it: it is for role:boss or user:zed",
    ),
    ("ask", "yes", Identity("eve", ["x", "y"]), {"n": 1}, "eve with the roles x, y may not decide it"),
    ("ask", "yes", Identity("boss"), {"n": 1}, "may not decide it"),
    ("ask", "yse", BOSS, {"n": 1}, "'yse' is not among its choices; did you mean 'yes'?"),
    ("ask", "maybe not", BOSS, {"n": 1}, "is not among its choices; it can be yes, no"),
    ("ask", "yes", BOSS, None, "values: "),
    ("ask", "yes", BOSS, {"n": "one"}, "values.n: it is not of type"),
    ("ask", "yes", BOSS, [1], "values: "),
    ("ask", "yes", BOSS, Raw(b'{"n":1e999}'), "expected values that can be read"),
    ("ask", "yes", BOSS, Raw(NESTED_TOO_DEEP), "expected values that can be read"),
    ("a~failed", "rollback", BOSS, None, "'rollback' is not among its choices"),
    ("a~failed", "skip", BOSS, {"x": 1}, "the choice 'skip' takes no values"),
    ("a~failed", "use_output", BOSS, None, """the choice 'use_output' takes values such as {"output": …}"""),
    ("a~failed", "use_output", BOSS, {"output": 1, "more": 2}, "takes 'output', and no more"),
    ("a~failed", "retry", BOSS, {"inputs": {"y": 1}}, "the node has no input 'y'"),
    ("a~failed", "retry", BOSS, {"inputs": 1}, "expected the changed inputs to be a mapping of fields"),
    ("a~failed", "retry", BOSS, [], """the choice 'retry' takes values such as {"inputs": …}"""),
    ("bar", "done", Identity("ida", ["boss"]), None, "it is not for whoever started the run"),
    ("bar", "done", Identity("bob", ["boss"]), None, "it is not for user:bob"),
    ("bar", "done", Identity("ann", ["boss", "intern"]), None, "it is not for role:intern"),
]


@pytest.mark.parametrize(("name", "choice", "by", "values", "why"), REFUSED, ids=[each[-1] for each in REFUSED])
def test_a_decision_that_may_not_be_is_refused(name: str, choice: str, by: Identity, values: Any, why: str) -> None:
    run = asked()
    reason = run.refusal(run.decision(name, choice, by=by, values=values)).reason
    assert reason.startswith(f"task '{name}'")
    assert why in reason
    (_, _, before, after) = run.refused[-1]
    assert before == after


def test_a_decision_on_a_task_that_is_not_open_says_which_are() -> None:
    run = asked()
    nothing = Decided(at=run.now, task="asc", choice="yes", by=BOSS)
    assert "is not open: it was decided, its time ran out, or there never was one; did you mean 'ask'?" in (
        run.refusal(nothing).reason
    )
    run.decide("ask", "yes", by=BOSS, values={"n": 1})
    late = Decided(at=run.now, task="ask", choice="yes", by=BOSS)
    assert "open are bar, a~failed" in run.refusal(late).reason


@pytest.mark.parametrize(
    ("to", "by", "why"),
    [
        ("user:eve", Identity("eve"), "may not decide it"),
        ("eve", BOSS, "expected somebody to hand it to, as user:NAME or role:NAME, got: 'eve'"),
        ("role: ", BOSS, "expected somebody to hand it to"),
        ("group:x", BOSS, "expected somebody to hand it to"),
        ("user:bob", BOSS, "may not be handed to user:bob, who may not decide it"),
        ("user:ida", BOSS, "may not be handed to user:ida, who may not decide it"),
        ("role:intern", BOSS, "may not be handed to role:intern"),
    ],
)
def test_a_delegation_that_may_not_be_is_refused(to: str, by: Identity, why: str) -> None:
    run = asked()
    assert why in run.refusal(TaskDelegated(at=run.now, task="bar", to=to, by=by)).reason


def test_the_rule_that_lets_somebody_decide_is_told() -> None:
    run = asked()
    run.decide("bar", "done", by=BOSS)
    ((_, told),) = run.told("decided")
    assert told["rule"] == "it is for role:boss, and not for role:intern or user:bob or initiator"
