"""Mistakes that a definition of the right shape can have; each is told where it stands, with what to do about it."""

from textwrap import dedent
from typing import Any

import pytest

from concertato.definition.check import check
from concertato.definition.load import load, loads
from support.cases import cases

TYPE_NAMES = "string, number, integer, boolean, object, array, null"

MISTAKES = r"""
{id: a, type: t}, {id: a, type: t}
    CT108 node 'a': node number 1 has this id already; call one of them otherwise

{id: has-dash, type: t}
    CT109 node 'has-dash': expected a name of letters, digits and _ that begins with a letter, got: 'has-dash'; call
    it 'has_dash'

{id: 1st, type: t}
    CT109 node '1st': expected a name of letters, digits and _ that begins with a letter, got: '1st'; call it 'n1st'

{id: for, type: t}
    CT109 node 'for': 'for' is a word that expressions keep for themselves; call it 'for_'

{id: item, type: t}
    CT109 node 'item': 'item' already has a meaning in expressions; call it 'item_'

{id: a, type: ' '}
    CT105 node 'a': its 'type' is empty; write the name of an agent

{id: a, type: t}, {id: b, type: t, inputs: {x: a.outptu}}
    CT114 node 'b' refers to 'a.outptu', and a node has 'output' and 'status' only; did you mean 'a.output'?

{id: a, type: t}, {id: b, type: t, inputs: {x: a.amount}}
    CT114 node 'b' refers to 'a.amount', and a node has 'output' and 'status' only; fields of its output are
    'a.output.amount'

{id: a, type: t}, {id: b, type: t, inputs: [a]}
    CT114 node 'b' refers to node 'a' as a whole; write a.output or a.status

{id: a, type: t, inputs: [x.y * 2]}
    CT112 node 'a': a list of inputs takes references such as 'n1.output', got: the expression 'x.y * 2'; write
    inputs as a mapping: {name: expression}

{id: a, type: t, inputs: [x.price, y.price]}
    CT111 node 'a': two of its inputs fill the field 'price'; write inputs as a mapping, with a name for each

{id: a, type: t, inputs: [x], with: {x: 1}}
    CT111 node 'a': an input and a constant both fill the field 'x'; remove one, or call it otherwise

{id: a, type: wait}
    CT115 node 'a': expected a wait to have exactly one of 'for', 'until', 'signal', got: none of them

{id: a, type: wait, for: 3s, signal: go}
    CT115 node 'a': expected a wait to have exactly one of 'for', 'until', 'signal', got: 'for' and 'signal'

{id: a, type: wait, signal: ''}
    CT105 node 'a': its 'signal' is empty; write the signal's name

{id: a, type: wait, until: '2026-05-01'}
    CT105 node 'a': 'until': expected a moment such as 2026-05-01T12:00:00Z (RFC 3339, with its offset), got:
    '2026-05-01'

{id: a, type: loop, nodes: [{id: b, type: t}]}
    CT115 node 'a': expected a loop to have exactly one of 'while', 'until', got: none of them

{id: a, type: loop, until: b.output.ok, nodes: [{id: b, type: t}]}
    CT104 node 'a' refers to 'b', which stands inside it; what the body gave is in 'last', by the names of its
    'outputs'

{id: a, type: t, inputs: [item.x]}
    CT104 node 'a' refers to 'item', which only the body of a 'map' has

{id: a, type: t, inputs: {x: last.x}}
    CT104 node 'a' refers to 'last', which only a 'loop' has

{id: a, type: t, inputs: [output]}
    CT104 node 'a' refers to 'output', which only a 'compensate' has; write the node's id before it, as in
    'n1.output'

{id: m, type: map, over: '[]', nodes: [{id: b, type: t}]}, {id: c, type: t, inputs: [b.output]}
    CT104 node 'c' refers to 'b', which stands inside 'm' and cannot be seen from outside; read m.output instead

{id: a, type: t}, {id: m, type: map, over: '[]', nodes: [{id: a, type: t}]}
    CT110 node 'm/a': its id hides a node outside, which is visible here too; call one of them otherwise

{id: m, type: map, over: '[]', as: x, nodes: [{id: x, type: t}]}
    CT110 node 'm/x': its id hides the item of its map, which is visible here too; call one of them otherwise

{id: a, type: t}, {id: m, type: map, over: '[]', as: a, nodes: [{id: b, type: t}]}
    CT110 node 'm': its item is called 'a', and so is something else that its body sees; call the item otherwise

{id: m, type: map, over: '[]', as: in, nodes: [{id: b, type: t}]}
    CT109 node 'm': 'as': 'in' is a word that expressions keep for themselves; call it 'in_'

{id: a, type: switch, cases: [{when: true, to: b}]}
    CT104 node 'a' refers to 'b', which is not a node of the workflow

{id: a, type: switch, cases: [{when: true, to: [a]}]}
    CT116 node 'a' leads to itself; to repeat something, put it into the body of a 'loop'

{id: a, type: workflow, workflow: other}
    CT118 node 'a' names the workflow 'other', which is neither under 'workflows' nor in a file other.yaml, .yml or
    .json beside this one

{id: a, type: t, compensate: {type: u, inputs: {x: outptu.x}}}
    CT104 the compensate of node 'a' refers to 'outptu', which is neither an input nor a node; did you mean
    'output'?
"""

EDGES = r"""
{from: a, to: c}
    CT104 edge 'a' → 'c' refers to 'c', which is not a node of the workflow; did you mean 'b'?

{from: a, to: a}
    CT116 edge 'a' → 'a' leads from a node to itself; to repeat a node, put it into the body of a 'loop'

{from: a, to: b}, {from: a, to: b}
    CT116 edge 'a' → 'b' stands twice; keep one, and join two conditions with || in its 'when'

{from: a, to: b, when: a.outpt.ok}
    CT114 edge 'a' → 'b' refers to 'a.outpt', and a node has 'output' and 'status' only; did you mean 'a.output'?
"""


def mistakes(text: str) -> list[str]:
    return [str(problem).removeprefix("w.yaml:") for problem in check(loads(dedent(text).lstrip("\n"), name="w.yaml"))]


def of_nodes(nodes: str, more: str = "") -> list[str]:
    """The mistakes of a workflow with these nodes, without their places."""
    return [mistake.split(" ", 1)[1] for mistake in mistakes(f"name: w\nnodes: [{nodes}]\n{more}")]


def test_the_example_of_the_design_is_told_word_by_word() -> None:
    text = """
    name: order_processing
    version: "1"

    inputs:
      order_data: object

    nodes:
      - id: n1
        type: data_validation
        inputs: [order_data]
      - {id: n2, type: risk_assessment, inputs: ["n1.output"]}
      - id: n3
        type: payment_processing
        inputs: ["n9.output"]
    """
    assert mistakes(text) == [
        "14:15 CT104 node 'n3' refers to 'n9', which is neither an input nor a node; did you mean 'n2'?"
    ]


@pytest.mark.parametrize(("nodes", "message"), cases(MISTAKES))
def test_a_mistake_is_told_with_what_to_do_about_it(nodes: str, message: str) -> None:
    assert of_nodes(nodes) == [message]


@pytest.mark.parametrize(("edges", "message"), cases(EDGES))
def test_an_edge_joins_two_nodes_of_its_body_once(edges: str, message: str) -> None:
    assert of_nodes("{id: a, type: t}, {id: b, type: t}", f"edges: [{edges}]\n") == [message]


@pytest.mark.parametrize(
    "nodes",
    [
        "{id: a, type: t, inputs: [anything, run.id]}",
        "{id: a, type: t, inputs: {x: '[1, 2].all(y, y > z)', n: 3, t: true, o: null}}",
        "{id: m, type: map, over: xs, nodes: [{id: b, type: t, inputs: [item, index]}], outputs: {o: b.output}}",
        "{id: m, type: map, over: xs, as: x, nodes: [{id: n, type: map, over: x.ys, nodes: [{id: b, type: t}]}]}",
        "{id: l, type: loop, while: iteration < 3 || last.x, nodes: [{id: b, type: t, inputs: [last.x, iteration]}]}",
        "{id: a, type: t, compensate: {type: u, inputs: [output, input.x, a.status]}, inputs: [x]}",
        "{id: a, type: wait, until: '2026-05-01T12:00:00.5+02:00'}, {id: b, type: wait, until: moment}",
        "{id: b, type: t}, {id: c, type: t}, {id: s, type: switch, cases: [{when: true, to: [b, c]}], default: b}",
    ],
)
def test_what_the_grammar_allows_is_no_mistake(nodes: str) -> None:
    assert of_nodes(nodes) == []


def test_an_undeclared_name_is_an_input_where_none_is_declared_unless_it_is_nearly_something_else() -> None:
    assert of_nodes("{id: validate, type: t}, {id: b, type: t, inputs: [order]}") == []
    assert of_nodes("{id: validate, type: t}, {id: b, type: t, inputs: [valdate]}") == [
        "CT104 node 'b' refers to 'valdate', which is neither an input nor a node; did you mean 'validate'?"
    ]
    assert of_nodes("{id: b, type: t, inputs: [order]}", "inputs: {other: any}\n") == [
        "CT104 node 'b' refers to 'order', which is neither an input nor a node"
    ]


def test_a_name_is_looked_for_among_all_that_is_visible() -> None:
    nodes = "{id: m, type: map, over: orders, nodes: [{id: b, type: t, inputs: [ordres]}]}"
    assert of_nodes(nodes, "inputs: {orders: array}\n") == [
        "CT104 node 'm/b' refers to 'ordres', which is neither an input nor a node; did you mean 'orders'?"
    ]


def test_a_mistake_in_an_expression_is_told_at_its_own_column() -> None:
    text = """
    name: w
    nodes:
      - id: a
        type: t
        inputs:
          plain: x + size(n9.output)
          quoted: "x +++ 3"
          folded: >-
            x + n9.output
    """
    assert [mistake.split(" ")[0] for mistake in mistakes(text)] == ["6:23", "7:19", "8:15"]


def test_every_input_s_declaration_is_looked_at() -> None:
    wrong = "{for: any, a: strng, b: 3, c: {type: sting}, d: {type: integer, default: x}, e: {$ref: 'http://x/y'}}"
    told = of_nodes("{id: n, type: t}", f"inputs: {wrong}\n")
    assert told[:5] == [
        "CT109 input 'for': 'for' is a word that expressions keep for themselves; call it 'for_'",
        "CT117 input 'a': expected a type's name or a JSON Schema, got: 'strng'; did you mean 'string'?",
        "CT117 input 'b': expected a type's name such as 'string', or a JSON Schema, got: 3",
        "CT117 input 'c': expected a JSON Schema: 'type': expected one of " + TYPE_NAMES,
        "CT117 input 'd': its default does not fit it: expected a whole number, got: text",
    ]
    assert "a $ref can only point into the same schema" in told[5]


def test_a_workflow_node_hands_over_what_its_definition_takes() -> None:
    nodes = "{id: a, type: workflow, workflow: sub, inputs: {orderr: x}}, {id: b, type: workflow, workflow: open}"
    subs = """
workflows:
  sub: {name: sub, inputs: {order: any, limit: {type: integer, default: 3}}, nodes: [{id: n, type: t}]}
  open: {name: open, nodes: [{id: n, type: t, inputs: [left, right]}]}
"""
    assert of_nodes(nodes, subs) == [
        "CT119 node 'a': the workflow 'sub' needs the input 'order'; add it to 'inputs' or 'with'",
        "CT119 node 'a': the workflow 'sub' has no input 'orderr'; did you mean 'order'?",
        "CT119 node 'b': the workflow 'open' needs the input 'left'; add it to 'inputs' or 'with'",
        "CT119 node 'b': the workflow 'open' needs the input 'right'; add it to 'inputs' or 'with'",
    ]


def test_a_workflow_that_contains_itself_is_told_with_the_chain() -> None:
    text = """
    name: outer
    nodes: [{id: a, type: workflow, workflow: b}]
    workflows:
      b: {name: b, nodes: [{id: m, type: map, over: "[]", nodes: [{id: x, type: workflow, workflow: c}]}]}
      c: {name: c, nodes: [{id: y, type: workflow, workflow: b}]}
    """
    assert mistakes(text) == ["5:58 CT122 node 'y': the workflow 'b' contains itself: b → c → b"]


def test_workflows_inside_workflows_have_a_bound() -> None:
    chain = {
        f"w{n}": {"name": "w", "nodes": [{"id": "n", "type": "workflow", "workflow": f"w{n + 1}"}]} for n in range(60)
    }
    bomb = {
        f"w{n}": {
            "name": "w",
            "nodes": [{"id": f"n{k}", "type": "workflow", "workflow": f"w{n + 1}"} for k in range(10)],
        }
        for n in range(9)
    }
    for workflows, last in ((chain, "w60"), (bomb, "w9")):
        workflows[last] = {"name": "w", "nodes": [{"id": "n", "type": "t"}]}
        document: dict[str, Any] = {"name": "w", "nodes": [{"id": "n", "type": "workflow", "workflow": "w0"}]}
        problems = check(load(document | {"workflows": workflows}))
        assert [problem.code for problem in problems] == ["CT123"]


def test_a_definition_from_python_has_its_mistakes_in_the_order_of_the_document() -> None:
    nodes = [{"id": f"n{n}", "type": "t", "inputs": [f"x{n}.output"]} for n in range(12)]
    problems = check(load({"name": "w", "nodes": nodes, "outputs": {"o": "y.output"}}))
    assert [problem.path for problem in problems] == [
        *(("nodes", n, "inputs", 0) for n in range(12)),
        ("outputs", "o"),
    ]
