"""Mistakes of shape hide no other mistakes, and bring forth none that would be gone once they are mended."""

import copy
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertato.definition.load import load, loads
from concertato.definition.problem import DefinitionError
from concertato.plan.compile import compile_plan
from support.effort import at_most

Json = Any
Damage = Callable[[Json], object]

SOUND = loads("""
name: orders
inputs: {order: object, lines: array}
nodes:
- {id: first, type: check, inputs: [order]}
- {id: risk, type: assess, inputs: [first.output], retry: {max_attempts: 2}, timeout: 3s}
- id: route
  type: switch
  cases: [{when: risk.output.high, to: asked}, {when: risk.output.low, to: paid}]
  default: held
- {id: asked, type: ask, compensate: {type: unask}}
- {id: paid, type: pay, inputs: {sum: order.sum}}
- {id: held, type: hold}
- id: each
  type: map
  over: lines
  as: line
  nodes:
  - {id: price, type: price, inputs: [line.sku]}
  - {id: total, type: add, inputs: [price.output]}
- id: again
  type: loop
  until: last.done
  nodes: [{id: step, type: step, with: {by: 1}}]
  outputs: {done: step.output}
- {id: pause, type: wait, for: 3s}
- {id: sub, type: workflow, workflow: part, inputs: {a: order.a}}
- {id: sum, type: set, inputs: {n: each.output}}
- {id: person, type: human, to: role:x, timeout: 4h, choices: [yes, {name: no}], default: no, remind: [1h]}
- {id: grown, type: plan, agent: planner, allow: [check, pay]}
- id: tried_0
  type: try
  on_failure:
  - fallback: {type: other, inputs: {kind: failure.kind}}
  - recover: {type: decide, may: [retry, skip, escalate]}
  - escalate: {to: [x, y], timeout: 2h, may: [retry, skip], default: skip, approvals: 2}
  - rollback
- id: kept
  type: keep
  on_failure: [{recover: {type: decide, may: [skip, retry]}}, {escalate: {to: x}}]
- {id: asked_again, type: human, to: x, choices: [fine]}
edges:
- {from: first, to: pause}
- {from: pause, to: sum, when: risk.output.high}
- {from: person, to: grown, when: yes}
outputs: {n: sum.output.n}
workflows:
  part: {name: part, inputs: {a: any}, nodes: [{id: inner, type: t, inputs: [a]}]}
""").raw


SOUND["nodes"] += [
    {**copy.deepcopy(each), "id": f"tried_{n}"}
    for each in SOUND["nodes"]
    if each["id"] == "tried_0"
    for n in range(1, 10)
]


def node(tree: Json, name: str) -> Json:
    bodies = [tree["nodes"], *(each["nodes"] for each in tree["nodes"] if "nodes" in each)]
    return next(each for body in bodies for each in body if each["id"] == name)


def steps(tree: Json, number: int) -> Json:
    """The ladder of one of the nodes that have the same."""
    return node(tree, f"tried_{number}")["on_failure"]


def put(name: str, **fields: object) -> Damage:
    return lambda tree: node(tree, name).update(fields)


def drop(name: str, field: str) -> Damage:
    return lambda tree: node(tree, name).pop(field)


def rename(name: str, field: str, to: str) -> Damage:
    def damage(tree: Json) -> None:
        node(tree, name)[to] = node(tree, name).pop(field)

    return damage


def top(**fields: object) -> Damage:
    return lambda tree: tree.update(fields)


# Each touches another place, and speaks of nothing that another touches.
MEANING: dict[str, Damage] = {
    "an expression that is none": put("sum", inputs={"n": "1 +"}),
    "an unknown node": put("total", inputs=["prize.output"]),
    "an unknown name in another definition": lambda tree: tree["workflows"]["part"]["nodes"][0].update(inputs=["b"]),
    "two of one id": lambda tree: tree["nodes"].append({"id": "sum", "type": "set"}),
    "an edge from nowhere": lambda tree: tree["edges"].append({"from": "nowhere", "to": "sum"}),
    "an edge to itself": lambda tree: tree["edges"].append({"from": "held", "to": "held"}),
    "two fields of which one": put("pause", signal="go"),
    "an input and a constant": put("paid", **{"with": {"sum": 3}}),
    "an input that is not taken": lambda tree: node(tree, "sub")["inputs"].update(zz="order"),
    "a circle": lambda tree: tree["nodes"].extend(
        [
            {"id": "egg", "type": "t", "inputs": ["hen.output"]},
            {"id": "hen", "type": "t", "inputs": ["egg.output"]},
        ]
    ),
    "nobody to ask": put("asked_again", to=[]),
    "a step after the last": lambda tree: node(tree, "kept")["on_failure"].extend(["fail", "fail"]),
    "an agent that is none": lambda tree: node(tree, "kept")["on_failure"][0]["recover"].update(type="human"),
    "a declaration of nothing": lambda tree: tree["inputs"].update(z="objet"),
}
# After these, all of the above is still told.
SHAPE: dict[str, Damage] = {
    "an unknown field": put("first", foo=1),
    "an unknown field above": top(colour="red"),
    "a misspelt field": rename("risk", "retry", "retyr"),
    "a text that is no length": put("risk", timeout="soon"),
    "a number that is too small": put("each", concurrency=0),
    "an undo without a type": put("asked", compensate={"inputs": []}),
    "a list for constants": put("step", **{"with": []}),
    "a number for a condition": lambda tree: tree["edges"][1].update(when=3),
    "an edge with a field too many": lambda tree: tree["edges"][0].update(x=1),
    "a number that JSON has not": put("held", **{"with": {"x": float("nan")}}),
    "nothing to go to": lambda tree: node(tree, "route")["cases"][0].update(to=[1]),
    "a number for an output": top(outputs={"n": []}),
    "a number for a step": lambda tree: steps(tree, 0).__setitem__(0, 3),
    "a misspelt end": lambda tree: steps(tree, 1).__setitem__(3, "rolback"),
    "a misspelt step": lambda tree: steps(tree, 2).__setitem__(2, {"escalat": {"to": "x"}}),
    "another word for a step": lambda tree: steps(tree, 3).__setitem__(2, {"ask": {"to": "x"}}),
    "nothing to choose": lambda tree: steps(tree, 4)[1]["recover"].update(may=[]),
    "a misspelt thing to choose": lambda tree: steps(tree, 5)[2]["escalate"].update(may=["skp"]),
    "nobody to ask at all": lambda tree: steps(tree, 6)[2]["escalate"].pop("to"),
    "a number for people": lambda tree: steps(tree, 7)[2]["escalate"].update(to=[3, "x"]),
    "another word for a time-out": lambda tree: steps(tree, 8)[2]["escalate"].update(
        deadline=steps(tree, 8)[2]["escalate"].pop("timeout")
    ),
    "a ladder that is none": put("tried_9", on_failure="rollback"),
    "no time to decide": put("person", timeout="soon"),
    "a reminder at no time": put("person", remind=["soon"]),
    "an agent without a name": drop("grown", "agent"),
    "nothing that is allowed": put("grown", allow=[3]),
}
# After these, something of the above cannot be known, and is not told.
VAGUE: dict[str, Damage] = {
    "a node without a name": drop("first", "id"),
    "a node that is none": lambda tree: tree["nodes"].__setitem__(0, 3),
    "a name that is no text": put("price", id=5),
    "nodes that are no list": put("each", nodes={"a": 1}),
    "an item without a name": put("each", **{"as": 3}),
    "a misspelt item": rename("each", "as", "ass"),
    "another word for the item": rename("each", "as", "variable"),
    "misspelt inputs": lambda tree: tree.update(input=tree.pop("inputs")),
    "inputs that are a list": top(inputs=["order"]),
    "a misspelt wait": rename("pause", "for", "fro"),
    "another word for a wait": rename("pause", "for", "duration"),
    "a wait for a number": put("again", until=3),
    "given nothing": put("sub", inputs=3),
    "given otherwise": rename("sub", "inputs", "arguments"),
    "no library": top(workflows=[]),
    "a misspelt library": lambda tree: tree.update(workflow=tree.pop("workflows")),
    "a definition that is none": top(workflows={"part": 3}),
    "a definition that says nothing": top(workflows={"part": {"name": "part"}}),
    "a misspelt switch": put("route", type="swich"),
    "a switch without cases": drop("route", "cases"),
    "another word for cases": rename("route", "cases", "branches"),
    "edges that are none": top(edges=3),
    "a node of no type": drop("route", "type"),
    "a loop without a body": drop("again", "nodes"),
    "a choice without a name": lambda tree: node(tree, "person")["choices"].__setitem__(1, {"title": "No"}),
    "a choice that is none": lambda tree: node(tree, "person")["choices"].__setitem__(0, 3),
    "misspelt choices": rename("person", "choices", "choises"),
    "another word for choices of people": rename("person", "choices", "options"),
    "a misspelt human": put("person", type="humna"),
}


def told(*damages: Damage) -> list[str]:
    tree = copy.deepcopy(SOUND)
    for damage in damages:
        damage(tree)
    try:
        compile_plan(tree)
    except DefinitionError as error:
        return [f"{problem.code} {problem.message}" for problem in error.problems]
    return []


def test_the_definition_that_is_damaged_here_is_sound() -> None:
    assert told() == []


@pytest.mark.parametrize("shape", SHAPE)
def test_a_mistake_of_shape_hides_nothing(shape: str) -> None:
    expected = [mistake for damage in (SHAPE[shape], *MEANING.values()) for mistake in told(damage)]
    assert sorted(told(SHAPE[shape], *MEANING.values())) == sorted(expected)


@pytest.mark.parametrize("shape", VAGUE)
def test_a_mistake_that_leaves_much_open_is_told_alone(shape: str) -> None:
    codes = {mistake[:5] for mistake in told(VAGUE[shape])}
    assert codes
    assert codes <= {"CT103", "CT105", "CT106"}


@given(st.sets(st.sampled_from(sorted({**MEANING, **SHAPE})), min_size=2))
def test_mistakes_add_up(damages: set[str]) -> None:
    chosen = [damage for name, damage in {**MEANING, **SHAPE}.items() if name in damages]
    alone = [mistake for damage in chosen for mistake in told(damage)]
    assert sorted(told(*chosen)) == sorted(alone)


@pytest.mark.parametrize("vague", VAGUE)
def test_where_much_is_open_nothing_is_told_that_mending_it_would_take_back(vague: str) -> None:
    damages = [MEANING["an expression that is none"], MEANING["two of one id"], SHAPE["a text that is no length"]]
    alone = [mistake for damage in (*damages, VAGUE[vague]) for mistake in told(damage)]
    assert sorted(told(*damages, VAGUE[vague])) == sorted(alone)


def test_mistakes_of_all_sorts_come_in_the_order_of_the_text() -> None:
    text = """
        name: w
        nodes:
        - {id: a, type: echo, inputs: [x.output]}
        - {id: a, type: echo, foo: 1}
        - {id: b, type: echo, retyr: {}, inputs: {x: 1 +}}
        edges:
        - {from: b, to: c}
        - {from: a, to: b, when: []}
    """
    with pytest.raises(DefinitionError) as caught:
        compile_plan(dedent(text))
    lines = [(problem.line, problem.code) for problem in caught.value.problems]
    assert lines == [
        (4, "CT104"),
        (5, "CT108"),
        (5, "CT103"),
        (6, "CT103"),
        (6, "CT113"),
        (8, "CT104"),
        (9, "CT105"),
    ]


def test_loading_alone_tells_the_mistakes_of_shape() -> None:
    with pytest.raises(DefinitionError) as caught:
        load({"name": "w", "nodes": [{"id": "a", "type": "t", "foo": 1, "inputs": ["b.output"]}]})
    assert [problem.code for problem in caught.value.problems] == ["CT103"]


def test_ten_thousand_mistakes_of_shape_are_told_with_what_else_is_wrong() -> None:
    nodes = [{"id": f"n{n}", "type": "t", "foo": 1, "inputs": [f"m{n}.output"]} for n in range(10_000)]
    with at_most(10), pytest.raises(DefinitionError) as caught:
        compile_plan({"name": "w", "nodes": nodes})
    assert len(caught.value.problems) == 20_000
