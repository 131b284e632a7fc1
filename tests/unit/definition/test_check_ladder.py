"""Mistakes in ladders: each that could not be walked is told where it stands, with what to do about it."""

import pytest

from concertato.definition.check import check
from concertato.definition.load import loads
from concertato.plan.compile import compile_plan
from support.cases import cases

MISTAKES = r"""
[fail, rollback]
    CT125 the on_failure of node 'a': 'fail' ends it, and no step after that is ever walked; put it last

[rollback, {fallback: {type: u}}, {escalate: {to: x}}]
    CT125 the on_failure of node 'a': 'rollback' ends it, and no step after that is ever walked; put it last

[{}]
    CT115 the on_failure of node 'a': expected a step to have exactly one of 'fallback', 'recover', 'escalate', got:
    none of them

[{fallback: {type: u}, escalate: {to: x}}]
    CT115 the on_failure of node 'a': expected a step to have exactly one of 'fallback', 'recover', 'escalate', got:
    'fallback' and 'escalate'

[{recover: {type: u, may: [retry, skip, retry]}}]
    CT125 the on_failure of node 'a': 'retry' stands twice in 'may'; keep one

[{escalate: {to: x, may: [retry, retry]}}]
    CT125 the on_failure of node 'a': 'retry' stands twice in 'may'; keep one

[{escalate: {to: x}}, {recover: {type: u, may: [retry, escalate]}}]
    CT125 the on_failure of node 'a': 'escalate' may be chosen, but no step 'escalate' comes after it; add one below,
    or take it out

[{recover: {type: u, may: [escalate]}}]
    CT125 the on_failure of node 'a': 'escalate' may be chosen, but no step 'escalate' comes after it; add one below,
    or let it choose something else

[{fallback: {type: ''}}]
    CT105 'fallback' in the on_failure of node 'a': its 'type' is empty; write the name of an agent

[{recover: {type: ' ', may: [skip]}}]
    CT105 'recover' in the on_failure of node 'a': its 'type' is empty; write the name of an agent

[{recover: {type: human, may: [skip]}}]
    CT105 'recover' in the on_failure of node 'a': expected 'type' to be the name of an agent, got: the kind of node
    'human'; a person is asked by a step 'escalate'

[{fallback: {type: set}}]
    CT105 'fallback' in the on_failure of node 'a': expected 'type' to be the name of an agent, got: the kind of node
    'set'

[{fallback: {type: u, inputs: [x.n, y.n]}}]
    CT111 'fallback' in the on_failure of node 'a': two of its inputs fill the field 'n'; write inputs as a mapping,
    with a name for each

[{fallback: {type: u, inputs: [x], with: {x: 1}}}]
    CT111 'fallback' in the on_failure of node 'a': an input and a constant both fill the field 'x'; remove one, or
    call it otherwise

[{recover: {type: u, may: [skip], with: {problem: 1}}}]
    CT111 'recover' in the on_failure of node 'a': its agent is told of what happened in the field 'problem'; call
    this one otherwise

[{fallback: {type: u, inputs: {why: failure.knd, x: n9.output}}}]
    CT104 the on_failure of node 'a' refers to 'n9', which is neither an input nor a node

[{fallback: {type: u, inputs: {x: output.y}}}]
    CT104 the on_failure of node 'a' refers to 'output', which only a 'compensate' has; write the node's id before it,
    as in 'n1.output'

[{escalate: {to: x, title: '{{ failure.kind }} of {{ a.kind }}'}}]
    CT114 the on_failure of node 'a' refers to 'a.kind', and a node has 'output' and 'status' only; fields of its
    output are 'a.output.kind'
"""

UNDOING = r"""
[rollback]
    CT125 the on_failure of the compensate of node 'a': expected one 'escalate', and 'fail' after it or alone, got:
    'rollback'; take it out

[{fallback: {type: u}}, fail]
    CT125 the on_failure of the compensate of node 'a': expected one 'escalate', and 'fail' after it or alone, got:
    'fallback'; take it out

[{escalate: {to: x}}, {escalate: {to: y}}]
    CT125 the on_failure of the compensate of node 'a': expected one 'escalate', and 'fail' after it or alone, got:
    another 'escalate'; take it out

[{escalate: {to: x, may: [retry]}}]
    CT125 the on_failure of the compensate of node 'a': 'may' has no meaning here: retry, done, leave can be chosen;
    take it out

[{escalate: {to: x, timeout: 3s, default: done}}]
    CT126 'escalate' in the on_failure of the compensate of node 'a': expected 'default' to be 'leave', got: 'done',
    which nobody has said

[{escalate: {to: x, timeout: 3s, default: skip}}]
    CT126 'escalate' in the on_failure of the compensate of node 'a': its 'default', 'skip', cannot be chosen; the
    choices are retry, done, leave

[fail, {escalate: {to: x}}]
    CT125 the on_failure of the compensate of node 'a': 'fail' ends it, and no step after that is ever walked; put it
    last
"""

SWITCH = r"""
[{fallback: {type: u}}]
    CT125 the on_failure of node 's': no agent can stand in for a switch, whose output is one of its ways; give it a
    'default', or compute what it tests in a node before

[{recover: {type: u, may: [skip, use_output]}}]
    CT125 the on_failure of node 's': 'use_output' cannot be chosen for a switch, whose output is one of its ways;
    take it out

[{escalate: {to: x, may: [use_output, skip]}}]
    CT125 the on_failure of node 's': 'use_output' cannot be chosen for a switch, whose output is one of its ways;
    take it out
"""

WHOLE = r"""
[fail, fail]
    CT125 the workflow's on_failure: 'fail' ends it, and no step after that is ever walked; put it last

[{fallback: {type: u, inputs: {x: a.output}}}]
    CT104 the workflow's on_failure refers to 'a', which is a node; the workflow's on_failure is walked for any of
    them, and sees the workflow's inputs, 'run', 'failure' and 'input'

[{fallback: {type: u, inputs: [a]}}]
    CT104 the workflow's on_failure refers to 'a', which is a node; the workflow's on_failure is walked for any of
    them, and sees the workflow's inputs, 'run', 'failure' and 'input'

[{escalate: {to: x, instructions: 'see {{ inner.output }}'}}]
    CT104 the workflow's on_failure refers to 'inner', which is a node; the workflow's on_failure is walked for any of
    them, and sees the workflow's inputs, 'run', 'failure' and 'input'
"""

EVERYTHING = """
name: w
inputs: {order: object}
nodes:
- id: a
  type: t
  inputs: [order]
  on_failure:
  - fallback: {type: u, inputs: {kind: failure.kind, had: input.order, last: b.output}, with: {n: 1}}
  - recover: {type: r, may: [retry, skip, use_output, escalate, rollback, abort], max_times: 2, with: {n: 1}}
  - escalate: {to: [role:x, user:y, z], title: "{{ order.id }}: {{ failure.message }}", timeout: 4h, default: retry}
  - continue
- {id: b, type: t, compensate: {type: u, on_failure: [{escalate: {to: x, timeout: 3s, default: leave}}, fail]}}
- {id: s, type: switch, cases: [{when: true, to: b}], on_failure: [{escalate: {to: x}}, fail]}
- {id: c, type: t, compensate: {type: u, on_failure: [fail]}}
on_failure:
- recover: {type: r, may: [escalate]}
- escalate: {to: x, title: "{{ order.id }} {{ run.id }} {{ failure.kind }} {{ input }}"}
- rollback
max_recoveries: 0
"""


def of(fields: str) -> list[str]:
    """The mistakes of a workflow, without their places."""
    return [str(problem).split(" ", 1)[1] for problem in check(loads(f"name: w\n{fields}", name="w.yaml"))]


@pytest.mark.parametrize(("ladder", "message"), cases(MISTAKES))
def test_a_ladder_that_cannot_be_walked_is_a_mistake(ladder: str, message: str) -> None:
    assert of(f"nodes: [{{id: a, type: t, on_failure: {ladder}}}]") == [message]


@pytest.mark.parametrize(("ladder", "message"), cases(UNDOING))
def test_of_what_cannot_be_undone_a_person_decides_or_nobody(ladder: str, message: str) -> None:
    assert of(f"nodes: [{{id: a, type: t, compensate: {{type: u, on_failure: {ladder}}}}}]") == [message]


@pytest.mark.parametrize(("ladder", "message"), cases(SWITCH))
def test_nobody_else_can_give_the_output_of_a_switch(ladder: str, message: str) -> None:
    switch = f"{{id: s, type: switch, cases: [{{when: true, to: b}}], on_failure: {ladder}}}"
    assert of(f"nodes: [{switch}, {{id: b, type: t}}]") == [message]


@pytest.mark.parametrize(("ladder", "message"), cases(WHOLE))
def test_the_ladder_of_a_workflow_speaks_of_no_node(ladder: str, message: str) -> None:
    inner = "{id: m, type: map, over: '[]', nodes: [{id: inner, type: t}]}"
    assert of(f"nodes: [{{id: a, type: t}}, {inner}]\non_failure: {ladder}") == [message]


def test_a_ladder_may_have_all_that_the_grammar_has() -> None:
    assert [str(problem) for problem in check(loads(EVERYTHING))] == []
    assert compile_plan(loads(EVERYTHING)).agents == {"t", "u", "r"}


def test_each_mistake_in_a_ladder_is_told_at_its_own_line_and_column() -> None:
    text = """name: w
nodes:
- id: a
  type: t
  on_failure:
  - recover:
      type: human
      may: [retry, escalate, retry]
  - fallback: {type: u}
    recover: {type: u, may: [skip]}
  - escalate:
      to: role:x
      title: "Late: {{ failure.kind }}, {{ nobody.output }}"
      instructions: "So: {{ failure.kind"
  - fail
  - rollback
"""
    problems = check(loads(text, name="w.yaml"))
    assert [(problem.code, problem.line, problem.column) for problem in problems] == [
        ("CT105", 7, 13),
        ("CT125", 8, 30),
        ("CT115", 10, 5),
        ("CT104", 13, 44),
        ("CT113", 14, 26),
        ("CT125", 16, 5),
    ]


def test_what_the_ladder_of_an_open_workflow_names_is_an_input_unless_it_is_a_node() -> None:
    text = "name: w\nnodes: [{id: a, type: t}]\non_failure: [{fallback: {type: u, inputs: [order, failure.kind]}}]"
    assert list(compile_plan(loads(text)).inputs) == ["order"]


def test_a_node_cannot_be_called_as_a_failure_is() -> None:
    assert of("nodes: [{id: failure, type: t}]") == [
        "CT109 node 'failure': 'failure' already has a meaning in expressions; call it 'failure_'"
    ]
