"""The JSON Schema that editors use says the same as the reader."""

from typing import Any

import jsonschema_rs
import pytest

from concertato.definition.check import check
from concertato.definition.load import load
from concertato.definition.model import BUILT_IN
from concertato.definition.problem import DefinitionError
from concertato.definition.schema import json_schema
from support.source import ROOT

SCHEMA = json_schema()
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)


def test_it_is_a_schema_of_its_dialect() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(SCHEMA)


def test_every_field_of_the_grammar_is_described() -> None:
    undescribed = [
        (name, field)
        for name, model in SCHEMA["$defs"].items()
        for field, schema in model.get("properties", {}).items()
        if name != "Node" and "description" not in schema
    ]
    assert undescribed == []


def test_every_example_is_valid_under_it() -> None:
    files = sorted((ROOT / "examples").glob("*/workflow.yaml"))
    assert files
    for file in files:
        VALIDATOR.validate(load(file).raw)


@pytest.mark.parametrize(
    "node",
    [
        {"id": "a", "type": "t", "cases": []},
        {"id": "a", "type": "switch"},
        {"id": "a", "type": "set", "retry": {}},
        {"id": "a", "type": "t", "timeout": "soon"},
        {"id": "a", "type": "t", "with_": {}},
        {"id": "a", "type": "t", "retry": {"on": ["never"]}},
        {"id": "a", "type": "t", "on_failure": []},
        {"id": "a", "type": "t", "on_failure": "rollback"},
        {"id": "a", "type": "t", "on_failure": ["rolback"]},
        {"id": "a", "type": "t", "on_failure": [{"recover": {"type": "u", "may": []}}]},
        {"id": "a", "type": "t", "on_failure": [{"recover": {"type": "u", "may": ["done"]}}]},
        {"id": "a", "type": "t", "on_failure": [{"escalate": {}}]},
        {"id": "a", "type": "t", "on_failure": [{"fallback": {"type": "u", "with_": {}}}]},
        {"id": "a", "type": "t", "compensate": {"type": "u", "on_failure": [3]}},
        {"id": "a", "type": "t", "cancellable": "no"},
        {"id": "a", "type": "human"},
        {"id": "a", "type": "human", "to": "x", "choices": []},
        {"id": "a", "type": "human", "to": "x", "choices": [{"title": "Yes"}]},
        {"id": "a", "type": "human", "to": "x", "escalate": {"timeout": "1h"}},
        {"id": "a", "type": "human", "to": "x", "approvals": 0},
        {"id": "a", "type": "plan", "agent": "p"},
        {"id": "a", "type": "plan", "agent": "p", "allow": []},
        {"id": "a", "type": "plan", "agent": "p", "allow": ["t"], "nodes": []},
        {"id": "a"},
        {"type": "t"},
        "a",
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(node: Any) -> None:
    document = {"name": "w", "nodes": [node]}
    assert not VALIDATOR.is_valid(document)
    with pytest.raises(DefinitionError):
        load(document)


@pytest.mark.parametrize("step", [{}, {"fallback": {"type": "u"}, "escalate": {"to": "x"}}])
def test_a_step_of_a_ladder_is_one_thing(step: dict[str, Any]) -> None:
    document = {"name": "w", "nodes": [{"id": "a", "type": "t", "on_failure": [step]}]}
    assert not VALIDATOR.is_valid(document)
    assert [problem.code for problem in check(load(document))] == ["CT115"]


def test_an_editor_is_offered_every_kind_of_node() -> None:
    assert SCHEMA["$defs"]["Node"]["properties"]["type"]["anyOf"][0]["enum"] == list(BUILT_IN)
    for model in BUILT_IN.values():
        said = SCHEMA["$defs"][model.__name__]["properties"]["type"]["description"]
        assert all(kind in said for kind in BUILT_IN)
