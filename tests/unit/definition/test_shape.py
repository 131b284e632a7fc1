"""Mistakes of shape: all at once, in the words of whoever wrote the definition, each where it stands."""

from textwrap import dedent

import pytest

from concertato.definition.load import load, loads
from concertato.definition.model import MapNode, SwitchNode, TaskNode
from concertato.definition.problem import DefinitionError
from support.cases import cases

ARTICLE = {
    "name": "order_processing",
    "nodes": [
        {"id": "n1", "type": "data_validation", "inputs": ["order_data"]},
        {"id": "n2", "type": "risk_assessment", "inputs": ["n1.output"]},
        {"id": "n3", "type": "payment_processing", "inputs": ["n2.output"]},
    ],
    "edges": [{"from": "n1", "to": "n2"}, {"from": "n2", "to": "n3"}],
}

MISTAKES = r"""
type: t, inputs: {a: [1]}
    CT105 node 'n1': expected 'inputs.a' to be text or true or false or a whole number or a number, got: a list;
    lists and mappings that never change belong in 'with'

type: t, inputs: {a: {}}
    CT105 node 'n1': expected 'inputs.a' to be text or true or false or a whole number or a number, got: an empty
    mapping; lists and mappings that never change belong in 'with'

type: t, retry: null
    CT105 node 'n1': expected 'retry' to be a mapping, got: nothing (null)

type: t, timeout: soon
    CT105 node 'n1': 'timeout': expected a duration such as 500ms, 10s, 1m30s, 4h or a number of seconds, got:
    'soon'

type: t, timeout: 0s
    CT105 node 'n1': expected 'timeout' to be more than 0, got: the text '0s'

type: t, cases: []
    CT103 node 'n1': 'cases' belongs to nodes of type switch

type: swich, cases: []
    CT103 node 'n1': 'cases' belongs to nodes of type switch; did you mean 'switch'?

type: set, retry: {}
    CT103 node 'n1': there is no field 'retry' here; it can have: id, type, description, join, timeout, on_failure,
    inputs, with

type: switch, cases: [{when: true, to: [1]}]
    CT105 node 'n1': expected 'cases[0].to[0]' to be text, got: the number 1; put it in quotes: "1"

type: switch, cases: []
    CT105 node 'n1': expected 'cases' to be at least 1 long, got: an empty list

type: switch
    CT106 node 'n1': 'cases' is missing

type: t, retry: {atempts: 3}
    CT103 node 'n1': there is no field 'atempts' here; did you mean 'max_attempts'?

type: t, with_: {}
    CT103 node 'n1': there is no field 'with_' here; did you mean 'with'?

type: t, join: some
    CT105 node 'n1': expected 'join' to be 'synchronize', 'all' or 'first', got: the text 'some'

type: t, compensate: {inputs: []}
    CT106 node 'n1': 'type' is missing; write the name of an agent

type: t, on_failure: rollback
    CT105 node 'n1': expected 'on_failure' to be a list, got: the text 'rollback'; put it in brackets: [rollback]

type: t, on_failure: []
    CT105 node 'n1': expected 'on_failure' to be at least 1 long, got: an empty list

type: t, on_failure: [rolback]
    CT105 node 'n1': expected 'on_failure[0]' to be 'rollback', 'fail' or 'continue', got: the text 'rolback'; did you
    mean 'rollback'?

type: t, on_failure: [{rollback: null}]
    CT103 node 'n1': 'rollback' takes nothing here; write the word alone: '- rollback'

type: t, on_failure: [{fail: true}]
    CT103 node 'n1': 'fail' takes nothing here; write the word alone: '- fail'

type: t, on_failure: [{abort: {}}]
    CT103 node 'n1': 'abort' takes nothing here; in a ladder that is the word 'fail', written alone: '- fail'

type: t, on_failure: [abort]
    CT105 node 'n1': expected 'on_failure[0]' to be 'rollback', 'fail' or 'continue', got: the text 'abort'; in a ladder
    that is the word 'fail', written alone: '- fail'

type: t, on_failure: [skip]
    CT105 node 'n1': expected 'on_failure[0]' to be 'rollback', 'fail' or 'continue', got: the text 'skip'; 'skip' is
    what a step 'recover' or 'escalate' may choose: put it into the list 'may' of one

type: t, on_failure: [{retry: null}]
    CT103 node 'n1': 'retry' takes nothing here; 'retry' is what a step 'recover' or 'escalate' may choose: put it into
    the list 'may' of one

type: t, on_failure: [escalate]
    CT105 node 'n1': expected 'on_failure[0]' to be 'rollback', 'fail' or 'continue', got: the text 'escalate'; say
    what it takes: {escalate: {...}}

type: t, on_failure: [3]
    CT105 node 'n1': expected 'on_failure[0]' to be a step (fallback, recover or escalate, with what it takes) or one
    of 'rollback', 'fail', 'continue', got: the number 3

type: t, on_failure: [{fallbak: {type: u}}]
    CT103 node 'n1': there is no field 'fallbak' here; did you mean 'fallback'?

type: t, on_failure: [{fallback: {}}]
    CT106 node 'n1': 'type' is missing; write the name of an agent

type: t, on_failure: [{recover: {type: u}}]
    CT106 node 'n1': 'may' is missing; write the list of what it may choose, of retry, skip, use_output, escalate,
    rollback, abort

type: t, on_failure: [{recover: {type: u, may: []}}]
    CT105 node 'n1': expected 'on_failure[0].recover.may' to be at least 1 long, got: an empty list

type: t, on_failure: [{recover: {type: u, may: [retri]}}]
    CT105 node 'n1': expected 'on_failure[0].recover.may[0]' to be 'retry', 'skip', 'use_output', 'escalate',
    'rollback' or 'abort', got: the text 'retri'

type: t, on_failure: [{escalate: {}}]
    CT106 node 'n1': 'to' is missing; write who is asked, such as 'role:approver' or 'user:alice'

type: t, on_failure: [{escalate: {to: 3}}]
    CT105 node 'n1': expected 'on_failure[0].escalate.to' to be text or a list, got: the number 3; put it in quotes:
    "3"

type: t, on_failure: [{escalate: {to: x, not_: [y]}}]
    CT103 node 'n1': there is no field 'not_' here; did you mean 'not'?

type: t, compensate: {type: u, on_failure: [3]}
    CT105 node 'n1': expected 'compensate.on_failure[0]' to be a step (fallback, recover or escalate, with what it
    takes) or one of 'rollback', 'fail', 'continue', got: the number 3

type: human
    CT106 node 'n1': 'to' is missing; write who is asked, such as 'role:approver' or 'user:alice'

type: human, to: x, choices: [3]
    CT105 node 'n1': expected 'choices[0]' to be the name of a choice, or a mapping with its 'name', got: the number 3

type: human, to: x, choices: [{title: Yes}]
    CT106 node 'n1': 'name' is missing; write the choice's name, such as 'approve'

type: human, to: x, choices: [{name: a, approval: 2}]
    CT103 node 'n1': there is no field 'approval' here; did you mean 'approvals'?

type: human, to: x, escalate: {timeout: 3s}
    CT106 node 'n1': 'to' is missing; write who is asked, such as 'role:approver' or 'user:alice'

type: humna, choices: [yes]
    CT103 node 'n1': 'choices' belongs to nodes of type human; did you mean 'human'?

type: plan, allow: [t]
    CT106 node 'n1': 'agent' is missing; write the name of the agent that proposes the nodes

type: plan, agent: t
    CT106 node 'n1': 'allow' is missing; write the list of agents that the proposed nodes may use

type: plan, agent: t, allow: [t], max_nodes: 0
    CT105 node 'n1': expected 'max_nodes' to be at least 1, got: the number 0
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        loads(dedent(text).lstrip("\n"), name="w.yaml")
    return [str(problem) for problem in caught.value.problems]


def node_mistake(fields: str) -> str:
    """The only mistake of a node with these fields, without its place."""
    (mistake,) = mistakes(f"name: w\nnodes:\n- {{id: n1, {fields}}}\n")
    return mistake.split(" ", 1)[1]


def test_the_article_s_definition_is_read_unchanged() -> None:
    definition = load(ARTICLE).definition
    assert [node.type for node in definition.nodes] == ["data_validation", "risk_assessment", "payment_processing"]
    assert [(edge.from_, edge.to) for edge in definition.edges] == [("n1", "n2"), ("n2", "n3")]


def test_a_node_s_type_decides_what_it_is() -> None:
    kinds = loads(
        "name: w\nnodes:\n- {id: a, type: switch, cases: [{when: true, to: b}]}\n- {id: b, type: work}\n"
        "- {id: c, type: map, over: a.output, nodes: [{id: d, type: work}]}\n"
    ).definition.nodes
    assert [type(node) for node in kinds] == [SwitchNode, TaskNode, MapNode]


def test_all_mistakes_are_told_at_once_from_top_to_bottom() -> None:
    assert mistakes(
        """
        name: 1
        nodes:
          - id: n1
            type: work
            imputs: [x]
            retry: {max_attempts: "3", on: [timeout, timeot]}
          - type: work
          - id: m
            type: map
            over: xs
            nodes:
              - {id: inner, type: work, inputs: 3}
        edges:
          - {from: n1, to: m, wehn: x}
        """
    ) == [
        "w.yaml:1:7 CT105 the workflow: expected 'name' to be text, got: the number 1; put it in quotes: \"1\"",
        "w.yaml:5:5 CT103 node 'n1': there is no field 'imputs' here; did you mean 'inputs'?",
        "w.yaml:6:27 CT105 node 'n1': expected 'retry.max_attempts' to be a whole number, got: the text '3'",
        (
            "w.yaml:6:46 CT105 node 'n1': expected 'retry.on[1]' to be 'timeout', 'unavailable', 'rate_limited', "
            "'invalid_input', 'invalid_output', 'rejected', 'internal' or 'cancelled', got: the text 'timeot'"
        ),
        "w.yaml:7:5 CT106 node number 2: 'id' is missing; write a name that expressions can use, such as 'check_order'",
        (
            "w.yaml:12:41 CT105 node 'm/inner': expected 'inputs' to be a list of references or a mapping of "
            "expressions, got: the number 3"
        ),
        "w.yaml:14:23 CT103 edge 'n1' → 'm': there is no field 'wehn' here; did you mean 'when'?",
    ]


@pytest.mark.parametrize(("fields", "message"), cases(MISTAKES))
def test_a_mistake_says_what_was_expected_what_was_found_and_how_to_mend_it(fields: str, message: str) -> None:
    assert node_mistake(fields) == message


def test_what_is_written_in_python_is_told_by_its_path() -> None:
    with pytest.raises(DefinitionError) as caught:
        load({"name": "w", "nodes": [{"id": "n1", "type": "t", "timeout": object()}, {"id": "n2"}]})
    assert str(caught.value).startswith(
        "<dict>: nodes.0.timeout CT105 expected text, a number, true, false, null, a list or"
    )


def test_what_python_holds_and_json_cannot_carry_is_a_mistake() -> None:
    bad = {"inf": float("inf"), "nan": float("nan"), "huge": 2**63, "bytes": b"x", "set": {1}, "half": "\ud800"}
    with pytest.raises(DefinitionError) as caught:
        load({"name": "w", "nodes": [{"id": "n1", "type": "t", "with": {**bad, "inner": {1: 2}}}]})
    assert [problem.path[-1] for problem in caught.value.problems] == [*bad, "inner"]


def test_what_python_nests_in_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(DefinitionError) as caught:
        load({"name": "w", "nodes": endless})
    assert [problem.code for problem in caught.value.problems] == ["CT123"]


def test_tuples_and_texts_of_an_enum_are_as_good_as_what_they_stand_for() -> None:
    from concertato.errors import FailureKind

    node = {"id": "n1", "type": "t", "retry": {"on": (FailureKind.TIMEOUT,)}}
    (read,) = load({"name": "w", "nodes": (node,)}).definition.nodes
    assert isinstance(read, TaskNode)
    assert read.retry.on == [FailureKind.TIMEOUT]
