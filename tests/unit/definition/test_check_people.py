"""Mistakes in tasks for people and in plan nodes; each is told where it stands, with what to do about it."""

import pytest

from concertato.definition.check import check
from concertato.definition.load import loads
from concertato.definition.problem import DefinitionError
from concertato.plan.compile import compile_plan
from support.cases import cases

TASKS = r"""
to: []
    CT126 node 'a': expected somebody to ask, got: an empty list; write role:NAME or user:NAME

to: ''
    CT126 node 'a': expected role:NAME, user:NAME or the NAME of a user, got: ''

to: 'role:'
    CT126 node 'a': expected role:NAME, user:NAME or the NAME of a user, got: 'role:'

to: rol:boss
    CT126 node 'a': expected role:NAME, user:NAME or the NAME of a user, got: 'rol:boss'; did you mean 'role:boss'?

to: [user:x, group:y]
    CT126 node 'a': expected role:NAME, user:NAME or the NAME of a user, got: 'group:y'

to: initiator
    CT126 node 'a': 'initiator' can be barred by 'not' only; write role:NAME or user:NAME

to: x, not: [initiator, usr:y]
    CT126 node 'a': expected 'initiator', role:NAME, user:NAME or the NAME of a user, got: 'usr:y'; did you mean
    'user:y'?

to: [x, user:y, user:x], approvals: 3
    CT126 node 'a': 3 people have to decide, and only 2 of those in 'to' may; name more people or a role

to: [x, y], approvals: 2, not: [user:y]
    CT126 node 'a': 2 people have to decide, and only 1 of those in 'to' may; name more people or a role

to: x, not: [x]
    CT126 node 'a': one person has to decide, and none of those in 'to' may; name more people or a role

to: x, timeout: 4h, remind: [1h, 5h]
    CT126 node 'a': expected a reminder before its 'timeout', 4h, got: 5h

to: x, timeout: 4h, remind: [4h]
    CT126 node 'a': expected a reminder before its 'timeout', 4h, got: 4h
"""

HUMAN = r"""
choices: [yes, no, yes]
    CT126 node 'a': the choice 'yes' stands twice; keep one

choices: [go-on, stop]
    CT109 node 'a': choice 'go-on': expected a name of letters, digits and _ that begins with a letter, got: 'go-on';
    call it 'go_on'

choices: [{name: last}]
    CT109 node 'a': choice 'last': 'last' already has a meaning in expressions; call it 'last_'

choices: [approve, reject], timeout: 4h, default: aprove
    CT126 node 'a': its 'default', 'aprove', cannot be chosen; did you mean 'approve'?

choices: [approve, reject], timeout: 4h, default: later
    CT126 node 'a': its 'default', 'later', cannot be chosen; the choices are approve, reject

choices: [approve, reject], default: reject
    CT126 node 'a': its 'default' is chosen after 'timeout', and it has none; write one

choices: [{name: approve, approvals: 2}]
    CT126 node 'a': 2 people have to decide, and only 1 of those in 'to' may; name more people or a role

escalate: {to: role:boss}
    CT126 node 'a': its 'escalate' comes after 'timeout', and it has none; write one

timeout: 4h, default: done, escalate: {to: role:boss}
    CT126 node 'a': its 'escalate' has no 'timeout', after which its 'default' is chosen; write one

timeout: 4h, escalate: {to: [role:boss, 'user:']}
    CT126 node 'a': expected role:NAME, user:NAME or the NAME of a user, got: 'user:'

form: {type: array}
    CT117 node 'a': 'form': expected its 'type' to be 'object', got: 'array'

form: {type: objct}
    CT117 node 'a': 'form': expected a JSON Schema: 'type': expected one of string, number, integer, boolean, object,
    array, null

title: 'Order {{ order.id'
    CT113 node 'a': expected '}}' after '{{': an expression begins here and does not end

title: 'Order {{ }}'
    CT113 node 'a': the expression is empty

title: 'Order {{ a.output }}', choices: [done]
    CT120 node 'a' waits for itself; it can read its own output nowhere but in 'compensate'

instructions: '{{ nobody.output.x }}'
    CT104 node 'a' refers to 'nobody', which is neither an input nor a node
"""

ESCALATE = r"""
timeout: 4h, default: skipp
    CT126 'escalate' in the on_failure of node 'a': its 'default', 'skipp', cannot be chosen; did you mean 'skip'?

timeout: 4h, may: [retry, abort], default: rollback
    CT126 'escalate' in the on_failure of node 'a': its 'default', 'rollback', cannot be chosen; the choices are
    retry, abort

default: abort
    CT126 'escalate' in the on_failure of node 'a': its 'default' is chosen after 'timeout', and it has none; write
    one

timeout: 4h, default: use_output
    CT126 'escalate' in the on_failure of node 'a': its 'default' cannot be 'use_output': nobody would give the output
"""

EDGES = r"""
aprove
    CT104 edge 'ask' → 'b' refers to 'aprove', which is neither a choice nor anything else that can be seen; did you
    mean 'approve'?

approve || reject
    CT104 edge 'ask' → 'b' refers to 'approve', which is a choice and stands alone; in an expression compare the
    'output.choice' of its node

other
    CT110 edge 'ask' → 'b': 'other' is a choice and a node as well; call the choice otherwise
"""

PLANS = r"""
agent: '', allow: [t]
    CT105 node 'a': its 'agent' is empty; write the name of an agent

agent: human, allow: [t]
    CT105 node 'a': expected 'agent' to be the name of an agent, got: the kind of node 'human'; a person is asked by a
    step 'escalate'

agent: p, allow: [t, ' ']
    CT105 node 'a': 'allow' names nobody; write the name of an agent

agent: p, allow: [t], inputs: [x], with: {x: 1}
    CT111 node 'a': an input and a constant both fill the field 'x'; remove one, or call it otherwise

agent: p, allow: [t], inputs: {mistakes: x}
    CT111 node 'a': its agent is told of what happened in the field 'mistakes'; call this one otherwise

agent: p, allow: [t], inputs: [nobody.output]
    CT104 node 'a' refers to 'nobody', which is neither an input nor a node
"""


def of(text: str) -> list[str]:
    """The mistakes of a workflow, its topology included, without their places."""
    try:
        compile_plan(loads(text))
    except DefinitionError as error:
        return [f"{problem.code} {problem.message}" for problem in error.problems]
    return []


@pytest.mark.parametrize(("fields", "message"), cases(TASKS))
def test_a_task_has_somebody_to_decide_it_and_time_to(fields: str, message: str) -> None:
    assert of(f"name: w\nnodes: [{{id: a, type: human, {fields}}}]") == [message]
    told = of(f"name: w\nnodes: [{{id: a, type: t, on_failure: [{{escalate: {{{fields}}}}}]}}]")
    assert told == [message.replace("node 'a'", "'escalate' in the on_failure of node 'a'")]


@pytest.mark.parametrize(("fields", "message"), cases(HUMAN))
def test_a_human_node_has_choices_that_can_be_made(fields: str, message: str) -> None:
    assert of(f"name: w\nnodes: [{{id: a, type: human, to: x, {fields}}}]") == [message]


@pytest.mark.parametrize(("fields", "message"), cases(ESCALATE))
def test_what_is_chosen_when_nobody_decides_is_one_of_the_choices(fields: str, message: str) -> None:
    assert of(f"name: w\nnodes: [{{id: a, type: t, on_failure: [{{escalate: {{to: x, {fields}}}}}]}}]") == [message]


@pytest.mark.parametrize("inputs", ["", "inputs: {order: object}\n"])
@pytest.mark.parametrize(("when", "message"), cases(EDGES))
def test_an_edge_from_a_human_node_names_one_of_its_choices(when: str, message: str, inputs: str) -> None:
    ask = "{id: ask, type: human, to: x, choices: [approve, reject, other]}"
    nodes = f"nodes: [{ask}, {{id: b, type: t}}, {{id: other, type: t}}]"
    assert message in of(f"name: w\n{inputs}{nodes}\nedges: [{{from: ask, to: b, when: {when}}}]")


@pytest.mark.parametrize(("fields", "message"), cases(PLANS))
def test_a_plan_node_names_who_proposes_and_what_may_be_proposed(fields: str, message: str) -> None:
    assert of(f"name: w\nnodes: [{{id: a, type: plan, {fields}}}]") == [message]


@pytest.mark.parametrize(
    "nodes",
    [
        "{id: a, type: human, to: role:x, approvals: 9, not: [initiator, bob, role:trainee]}",
        "{id: a, type: human, to: [x, y], approvals: 2, choices: [{name: yes, title: Yes, approvals: 1}, no]}",
        "{id: a, type: human, to: x, timeout: 4h, remind: [1h, 3h], default: done, escalate: {to: y, timeout: 1h}}",
        "{id: a, type: human, to: x, timeout: 4h, escalate: {to: role:y}}",
        "{id: a, type: human, to: x, remind: [1d], form: {properties: {n: {type: integer}}, required: [n]}}",
        "{id: a, type: human, to: x, title: 'Order {{ order.id }} {{ {\"a\": {\"b\": 1}}.a }}', instructions: '{} }}'}",
        "{id: a, type: plan, agent: p, allow: [t, human, workflow, plan], max_nodes: 3, max_depth: 1, inputs: [goal]}",
    ],
)
def test_what_the_grammar_allows_is_no_mistake(nodes: str) -> None:
    assert of(f"name: w\nnodes: [{nodes}]") == []


def test_an_edge_from_a_human_node_may_ask_for_more_than_a_choice() -> None:
    nodes = "{id: ask, type: human, to: x, choices: [yes, no]}, {id: b, type: t}, {id: c, type: t}, {id: d, type: t}"
    edges = "{from: ask, to: b, when: yes}, {from: ask, to: c, when: ask.output.choice == 'no' && urgent}"
    assert of(f"name: w\nnodes: [{nodes}]\nedges: [{edges}, {{from: ask, to: d}}]") == []


def test_mistakes_in_a_text_are_told_at_their_own_column() -> None:
    text = """name: w
nodes:
- id: a
  type: human
  to: role:x
  title: "Order {{ order.id }} of {{ nobody.output }}"
  instructions: 'Look at {{ size(order.lines) }}, {{ +++ }}'
"""
    problems = check(loads(text, name="w.yaml"))
    assert [(problem.code, problem.line, problem.column) for problem in problems] == [
        ("CT104", 6, 38),
        ("CT113", 7, 54),
    ]


def test_a_task_passes_on_to_enough_people_to_decide_it() -> None:
    node = {
        "id": "a",
        "type": "human",
        "to": "role:risk",
        "approvals": 2,
        "timeout": "1h",
        "escalate": {"to": "user:boss"},
    }
    with pytest.raises(DefinitionError, match="of those whom its 'escalate' names 1 may decide, and 2 have to"):
        compile_plan({"name": "d", "nodes": [node]})
