"""The JSON Schema that editors use says the same as the reader."""

from typing import Any

import jsonschema_rs
import pytest

from concertato.definition.load import load
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
    for file in sorted((ROOT / "examples").rglob("*.yaml")):
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
