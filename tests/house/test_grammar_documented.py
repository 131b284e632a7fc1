"""The page about the grammar is complete and right: every field is on it, and every example on it compiles."""

import re

import pytest
from pydantic import BaseModel

from concertato.definition.load import loads
from concertato.definition.model import BUILT_IN, Case, Compensate, Definition, Edge, Retry, TaskNode
from concertato.plan.compile import compile_plan
from support.source import ROOT

PAGE = (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.splitlines()[0] for example in EXAMPLES])
def test_every_example_compiles(example: str) -> None:
    compile_plan(loads(example, name="definitions.md"))


def test_every_kind_of_node_has_its_section_and_example() -> None:
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
    assert {kind for kind in BUILT_IN if f"type: {kind}" not in sections.get(kind, "")} == set()


def test_every_field_is_explained() -> None:
    models: list[type[BaseModel]] = [Definition, TaskNode, *BUILT_IN.values(), Retry, Compensate, Edge, Case]
    fields = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert {field for field in fields if not re.search(rf"`{field}[`:]", PAGE)} == set()
