"""What the builder writes of failures, people and proposals is what a hand would write in YAML."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from concertato.agents.decorator import agent
from concertato.definition.builder.expr import cel
from concertato.definition.builder.ladder import escalate, fallback, recover
from concertato.definition.builder.undo import undo
from concertato.definition.builder.workflow import Workflow, workflow
from concertato.definition.dump import to_document
from concertato.definition.load import load
from concertato.definition.model_parts import Retry
from concertato.definition.problem import DefinitionError
from concertato.plan.compile import compile_plan


@agent
def rules(order: Any) -> Any: ...


@agent
def pay(order: Any) -> Any: ...


def same(wf: Workflow, yaml: str) -> None:
    by_hand = to_document(load(inspect.cleandoc(yaml)).definition)
    assert wf.to_document() == by_hand
    assert to_document(load(wf.to_yaml()).definition) == by_hand
    assert compile_plan(wf).document == compile_plan(load(inspect.cleandoc(yaml))).document


def test_a_ladder_is_written_step_by_step() -> None:
    with workflow("w", inputs={"order": "object"}, on_failure=["fail"], max_recoveries=5) as wf:
        first = wf.task("first", wf.inputs.order)
        pay.node(
            on_failure=[
                fallback(rules, retry=Retry(max_attempts=1), timeout="3s"),
                fallback("plain", {"kind": fallback.failure.kind, "had": fallback.input.order, "n": 3, "f": first.x}),
                recover(rules, ["retry", "escalate"], {"goal": "pay"}, max_times=2, retry={"max_attempts": 2}),
                escalate(
                    ["role:risk", "user:ann"],
                    may=["retry", "abort"],
                    title=f"Order {wf.inputs.order.id}: {escalate.failure.message}",
                    instructions="It got {{ input.order }}",
                    timeout="4h",
                    remind=["1h"],
                    default="abort",
                    approvals=2,
                    not_=["initiator"],
                ),
                "rollback",
            ]
        )(wf.inputs.order)
    same(
        wf,
        """
        name: w
        inputs: {order: object}
        nodes:
        - {id: first, type: first, inputs: [order]}
        - id: pay
          type: pay
          inputs: [order]
          on_failure:
          - fallback: {type: rules, retry: {max_attempts: 1}, timeout: 3s}
          - fallback:
              type: plain
              inputs: {kind: failure.kind, had: input.order, f: first.output.x}
              with: {n: 3}
          - recover: {type: rules, may: [retry, escalate], max_times: 2, with: {goal: pay}, retry: {max_attempts: 2}}
          - escalate:
              to: [role:risk, user:ann]
              may: [retry, abort]
              title: "Order {{ order.id }}: {{ failure.message }}"
              instructions: "It got {{ input.order }}"
              timeout: 4h
              remind: [1h]
              default: abort
              approvals: 2
              not: [initiator]
          - rollback
        on_failure: [fail]
        max_recoveries: 5
        """,
    )


def test_any_node_may_have_a_ladder() -> None:
    with workflow("part") as part:
        part.task("a")
    with workflow("w") as wf:
        with wf.map("[1]", on_failure=["continue"]) as each:
            wf.task("b", each.item, cancellable=False, compensate=undo("u", on_failure=[escalate("x"), "fail"]))
        with wf.loop(on_failure=["fail"]) as loop:
            wf.task("c")
            loop.until("iteration == 1")
        wf.workflow(part, on_failure=[{"escalate": {"to": "role:x"}}])
        with wf.switch(on_failure=["rollback"]).case("true"):
            wf.task("d")
        wf.human("x", on_failure=["fail"])
        wf.plan("p", allow=["a"], on_failure=["fail"])
    ladders = [node.get("on_failure") for node in load(wf.document()).raw["nodes"]]
    assert ladders == [["continue"], ["fail"], [{"escalate": {"to": "role:x"}}], ["rollback"], None, ["fail"], ["fail"]]
    inner = load(wf.document()).raw["nodes"][0]["nodes"][0]
    assert inner["cancellable"] is False
    assert inner["compensate"] == {"type": "u", "on_failure": [{"escalate": {"to": "x"}}, "fail"]}


def test_a_person_decides_which_way_it_goes() -> None:
    with workflow("w", inputs={"order": "object"}) as wf:
        risk = wf.task("assess", wf.inputs.order)
        decision = wf.human(
            "role:risk",
            title="Order " + wf.inputs.order.id,
            instructions=f"The score is {risk.score}; { {1: 2} }, see {{{{ order.url }}}}",
            choices=["approve", {"name": "reject", "title": "No", "approvals": 2}],
            form={"properties": {"limit": {"type": "integer"}}},
            default="reject",
            remind=["1h"],
            escalate=escalate("role:boss", timeout="1h"),
            approvals=1,
            not_=["initiator"],
            id="decision",
            timeout="4h",
        )
        with wf.when(decision.choice == "approve"):
            wf.task("pay", decision.values.limit)
    same(
        wf,
        """
        name: w
        inputs: {order: object}
        nodes:
        - {id: assess, type: assess, inputs: [order]}
        - id: decision
          type: human
          to: role:risk
          title: "{{ 'Order ' + order.id }}"
          instructions: "The score is {{ assess.output.score }}; {1: 2}, see {{ order.url }}"
          choices: [approve, {name: reject, title: No, approvals: 2}]
          form: {properties: {limit: {type: integer}}}
          default: reject
          remind: [1h]
          escalate: {to: role:boss, timeout: 1h}
          not: [initiator]
          timeout: 4h
        - {id: pay, type: pay, inputs: [decision.output.values.limit]}
        edges:
        - {from: decision, to: pay, when: decision.output.choice == 'approve'}
        """,
    )


def test_an_agent_proposes_nodes() -> None:
    with workflow("w", inputs={"alert": "object"}) as wf:
        seen = wf.task("look", wf.inputs.alert)
        grown = wf.plan(
            "planner", seen, wf.inputs.alert, allow=[rules, "human"], max_nodes=5, max_depth=1, timeout="1m"
        )
        wf.plan(rules, inputs={"goal": grown, "n": 1}, allow=["a"], id="again")
    same(
        wf,
        """
        name: w
        inputs: {alert: object}
        nodes:
        - {id: look, type: look, inputs: [alert]}
        - id: plan
          type: plan
          agent: planner
          inputs: [look.output, alert]
          allow: [rules, human]
          max_nodes: 5
          max_depth: 1
          timeout: 1m
        - {id: again, type: plan, agent: rules, inputs: {goal: plan.output}, with: {n: 1}, allow: [a]}
        """,
    )


def test_what_a_person_is_shown_is_read_and_what_a_ladder_sees_is_not_waited_for() -> None:
    with workflow("w") as wf:
        a = wf.task("a")
        b = wf.task("b", on_failure=[escalate("x", title=f"{a.x}")])
        with wf.when(a.x):
            wf.human("x", title=f"{b.y}")
            wf.human("x", title="{{ b.output.y }} or so", id="again")
    plan = compile_plan(wf).root
    edges = [(plan.nodes[edge.source].id, plan.nodes[edge.target].id, edge.control) for edge in plan.edges]
    assert edges == [
        ("a", "human", True),
        ("a", "again", True),
        ("b", "human", False),
        ("b", "again", False),
    ]


Mistake = Callable[[Workflow, Any], object]


def out_of_sight(wf: Workflow, first: Any) -> None:
    with wf.map("[1]", id="each"):
        inner = wf.task("b")
    wf.task("c", on_failure=[fallback("d", {"x": inner.y})])


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda wf, _: wf.task("b", on_failure=escalate("x")), "CT105 expected 'on_failure' to be a list of steps"),
        (lambda wf, _: wf.human("x", title=3), "CT105 expected a text, or a value that is one, got: 3"),
        (lambda wf, _: wf.human("x", title="a {{ b"), "CT113 the text 'a {{ b': expected '}}' after '{{'"),
        (lambda wf, _: wf.human("x", title="a {{ 1 + }}"), "CT113 '1 +': the expression ends too early"),
        (lambda wf, x: wf.human(f"{x.who}"), "CT113 the text 'first.output.who' holds an expression"),
        (lambda wf, x: wf.plan("p", x, inputs={"y": 1}, allow=["a"]), "CT115 node of agent 'p': hand over references"),
        (
            lambda wf, x: wf.task("b", cancelable=False),
            "CT103 a node has no option 'cancelable'; did you mean 'cancell",
        ),
        (out_of_sight, "CT104 'b' lives inside map 'each' and cannot be seen from workflow 'w'"),
    ],
)
def test_a_mistake_is_told_at_once_and_in_its_place(write: Mistake, message: str) -> None:
    with pytest.raises(DefinitionError) as caught, workflow("w") as wf:
        write(wf, wf.task("first"))
    [problem] = caught.value.problems
    assert message in f"{problem.code} {problem.message}"
    lines, start = inspect.getsourcelines(write)
    assert problem.source == __file__
    assert start <= (problem.line or 0) < start + len(lines)


def test_what_the_grammar_refuses_is_told_at_the_line_that_wrote_it() -> None:
    with workflow("w", on_failure=[fallback("u", {"x": cel("a.output")})]) as wf:
        wf.task("a", on_failure=["rollback", escalate("x")])
        wf.task("b", on_failure=["rolback"])
        wf.human("grp:x", choices=["a b"])
        with wf.map("[1]", cancellable=False):
            wf.task("c", on_failure=[recover("r", ["escalate"])])
        wf.plan("", allow=[])
    line = inspect.currentframe().f_lineno  # type: ignore[union-attr]
    with pytest.raises(DefinitionError) as caught:
        wf.definition()
    assert sorted({((problem.line or 0) - line, problem.code) for problem in caught.value.problems}) == [
        (-7, "CT104"),
        (-6, "CT125"),
        (-5, "CT105"),
        (-4, "CT109"),
        (-4, "CT126"),
        (-3, "CT103"),
        (-2, "CT125"),
        (-1, "CT105"),
    ]
