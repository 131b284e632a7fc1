"""Ladders, tasks for people and plan nodes, compiled: who is asked, what is shown, what the expressions see."""

from typing import Any

from concertato.errors import TRANSIENT
from concertato.plan.compile import compile_document, compile_plan
from concertato.plan.ladder import OPERATORS
from concertato.plan.model import (
    AskPlan,
    CompensatePlan,
    EscalatePlan,
    FallbackPlan,
    HumanPlan,
    Name,
    NodePlan,
    Plan,
    PlannerPlan,
    Program,
    RecoverPlan,
    Template,
)

Json = dict[str, Any]


def plan(*nodes: Json, **fields: Any) -> Plan:
    compiled = compile_plan({"name": "w", "nodes": list(nodes), **fields})
    assert compile_document(compiled.document) == compiled
    return compiled


def node(compiled: Plan, node_id: str) -> NodePlan:
    return compiled.root.nodes[compiled.root.by_id[node_id]]


def asked(compiled: Plan, node_id: str) -> AskPlan:
    detail = node(compiled, node_id).detail
    assert isinstance(detail, HumanPlan)
    return detail.ask


def shown(template: Template) -> list[str]:
    return [f"<{part.expression.source}>" if isinstance(part, Program) else part for part in template]


def undo(compiled: Plan) -> CompensatePlan:
    found = node(compiled, "a").compensate
    assert found is not None
    return found


LADDER = [
    {"fallback": {"type": "plain"}},
    {"fallback": {"type": "other", "inputs": {"kind": "failure.kind", "late": "b.output"}, "with": {"n": 1}}},
    {"recover": {"type": "decide", "may": ["retry", "escalate"], "max_times": 2, "with": {"goal": "pay"}}},
    {"escalate": {"to": ["role:risk", "ann"], "title": "Why: {{ failure.message }}", "approvals": 2, "not": ["bob"]}},
    "continue",
]


def test_each_step_of_a_ladder_is_compiled_in_its_place() -> None:
    compiled = plan({"id": "a", "type": "t", "on_failure": LADDER}, {"id": "b", "type": "t"})
    plain, other, decide, person, last = node(compiled, "a").ladder
    assert isinstance(plain, FallbackPlan)
    assert (plain.agent, plain.binding, plain.retry.on) == ("plain", None, TRANSIENT)
    assert isinstance(other, FallbackPlan)
    assert other.binding is not None
    assert other.constants == {"n": b"1"}
    assert {name: list(program.names.values()) for name, program in other.binding.programs} == {
        "kind": [Name("failure")],
        "late": [Name("node", 0, 1)],
    }
    assert isinstance(decide, RecoverPlan)
    assert (decide.agent, decide.may, decide.max_times) == ("decide", ("retry", "escalate"), 2)
    assert isinstance(person, EscalatePlan)
    assert (person.ask.to, person.ask.barred) == (("role:risk", "user:ann"), ("user:bob",))
    assert shown(person.ask.title) == ["Why: ", "<failure.message>"]
    assert [(choice.name, choice.approvals) for choice in person.ask.choices] == [
        (name, 2) for name in ("retry", "skip", "use_output", "rollback", "abort")
    ]
    assert last == "continue"
    assert compiled.agents == {"t", "plain", "other", "decide"}


def test_a_ladder_makes_nothing_wait_for_what_it_reads() -> None:
    compiled = plan({"id": "a", "type": "t", "on_failure": LADDER}, {"id": "b", "type": "t"})
    assert compiled.root.edges == ()
    assert compiled.root.starts == (0, 1)


def test_the_ladder_of_a_workflow_is_on_its_scope_and_that_of_a_sub_workflow_on_its_own() -> None:
    inner: Json = {"name": "inner", "nodes": [{"id": "n", "type": "t"}], "on_failure": ["fail"]}
    step = {"fallback": {"type": "u", "inputs": {"order": "order", "why": "failure.kind", "had": "input"}}}
    compiled = plan(
        {"id": "sub", "type": "workflow", "workflow": "inner"},
        on_failure=[step, "rollback"],
        workflows={"inner": inner},
    )
    first, last = compiled.root.ladder
    assert isinstance(first, FallbackPlan)
    assert first.binding is not None
    assert [list(program.names.values()) for _, program in first.binding.programs] == [
        [Name("input", 0, name="order")],
        [Name("failure")],
        [Name("input_of")],
    ]
    assert last == "rollback"
    assert compiled.inputs == {"order": "any"}
    body = node(compiled, "sub").body
    assert body is not None
    assert body.ladder == ("fail",)
    assert "u" in compiled.agents


def test_operators_are_asked_about_what_cannot_be_undone_unless_the_definition_says_otherwise() -> None:
    compensate: Json = {"type": "u"}
    default = undo(plan({"id": "a", "type": "t", "compensate": compensate})).ask
    assert default is not None
    assert default.to == (OPERATORS,)
    assert [choice.name for choice in default.choices] == ["retry", "done", "leave"]
    assert undo(plan({"id": "a", "type": "t", "compensate": compensate | {"on_failure": ["fail"]}})).ask is None
    step = {"to": "ann", "title": "{{ failure.kind }} {{ output.id }} {{ input }}", "timeout": "4h", "default": "leave"}
    named = undo(plan({"id": "a", "type": "t", "compensate": compensate | {"on_failure": [{"escalate": step}]}})).ask
    assert named is not None
    assert (named.to, named.timeout, named.default) == (("user:ann",), 4 * 3600, "leave")
    reads = [list(part.names.values()) for part in named.title if isinstance(part, Program)]
    assert reads == [[Name("failure")], [Name("output")], [Name("input_of")]]


def test_a_task_for_people_has_who_what_and_when() -> None:
    compiled = plan(
        {"id": "a", "type": "t"},
        {
            "id": "ask",
            "type": "human",
            "to": "role:risk",
            "title": "Order {{ order.id }}",
            "instructions": "{{ a.output.why }}!",
            "choices": ["yes", {"name": "no", "title": "No!", "approvals": 1}],
            "form": {"properties": {"limit": {"type": "integer"}}},
            "timeout": "4h",
            "remind": ["1h", "2h"],
            "default": "no",
            "escalate": {"to": ["boss", "role:board"], "timeout": "1h"},
            "approvals": 2,
            "not": ["initiator", "role:x"],
        },
    )
    ask = asked(compiled, "ask")
    assert shown(ask.title) == ["Order ", "<order.id>"]
    assert shown(ask.instructions) == ["<a.output.why>", "!"]
    assert [(choice.name, choice.title, choice.approvals) for choice in ask.choices] == [
        ("yes", None, 2),
        ("no", "No!", 1),
    ]
    assert ask.form == b'{"properties":{"limit":{"type":"integer"}}}'
    assert (ask.timeout, ask.remind, ask.default) == (4 * 3600, (3600, 7200), "no")
    assert ask.handover == (("user:boss", "role:board"), 3600)
    assert ask.barred == ("initiator", "role:x")
    assert compiled.names_initiator
    assert compiled.inputs == {"order": "any"}
    assert [(edge.source, edge.target, edge.control) for edge in compiled.root.edges] == [(0, 1, False)]


def test_who_started_the_run_must_be_known_only_where_that_matters() -> None:
    step = {"escalate": {"to": "x", "not": ["initiator"]}}
    assert not plan({"id": "a", "type": "human", "to": "x"}).names_initiator
    assert plan({"id": "a", "type": "t", "on_failure": [step]}).names_initiator
    assert plan({"id": "a", "type": "t"}, on_failure=[step]).names_initiator
    assert plan({"id": "a", "type": "t", "compensate": {"type": "u", "on_failure": [step]}}).names_initiator
    body = {"id": "m", "type": "map", "over": "[1]", "nodes": [{"id": "a", "type": "t", "on_failure": [step]}]}
    assert plan(body).names_initiator


def test_an_edge_that_names_a_choice_is_that_choice_s_way() -> None:
    ask = {"id": "ask", "type": "human", "to": "x", "choices": ["yes", {"name": "no"}]}
    compiled = plan(
        ask,
        *({"id": name, "type": "t"} for name in "bcde"),
        edges=[
            {"from": "ask", "to": "b", "when": "no"},
            {"from": "ask", "to": "c", "when": "ask.output.choice == 'yes'"},
            {"from": "ask", "to": "d"},
            {"from": "b", "to": "e", "when": "yes"},
        ],
    )
    by_choice, by_expression, always, elsewhere = compiled.root.edges
    assert (by_choice.cases, by_choice.when, by_choice.needs) == (frozenset({1}), None, (0,))
    assert by_expression.cases is None
    assert by_expression.when is not None
    assert (always.cases, always.when) == (None, None)
    assert elsewhere.cases is None
    assert compiled.inputs == {"yes": "any"}
    assert not compiled.root.simple


def test_a_plan_node_says_who_proposes_and_within_which_bounds() -> None:
    compiled = plan(
        {"id": "a", "type": "t"},
        {"id": "grow", "type": "plan", "agent": "planner", "inputs": ["a.output"], "allow": ["work", "human"]},
    )
    grow = node(compiled, "grow")
    assert grow.detail == PlannerPlan(frozenset({"work", "human"}), 20, 2)
    assert (grow.agent, grow.retry.max_attempts, grow.body) == ("planner", 3, None)
    assert compiled.agents == {"t", "planner", "work"}
    assert [(edge.source, edge.target) for edge in compiled.root.edges] == [(0, 1)]


def test_what_a_node_is_for_and_whether_it_may_be_cancelled_is_in_its_plan() -> None:
    compiled = plan({"id": "a", "type": "t", "description": "Pays.", "cancellable": False}, {"id": "b", "type": "t"})
    assert (node(compiled, "a").description, node(compiled, "a").cancellable) == ("Pays.", False)
    assert node(compiled, "b").cancellable is None
