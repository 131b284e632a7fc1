"""The page about the grammar is complete and right: every field is on it, and every example on it compiles."""

import re
from typing import get_args

import pytest
from pydantic import BaseModel

from concertato.definition.load import loads
from concertato.definition.model import BUILT_IN, Case, Choice, Definition, Edge, Handover, TaskNode
from concertato.definition.model_failure import Action, Compensate, Escalate, Fallback, Recover, Rung
from concertato.definition.model_parts import Retry
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
    models += [Rung, Fallback, Recover, Escalate, Choice, Handover]
    fields = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert {field for field in fields if not re.search(rf"`{field}[`:]", PAGE)} == set()


def test_every_step_and_every_action_of_a_ladder_is_explained() -> None:
    _, _, section = PAGE.partition("## When a node fails")
    rows = {word for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for word in re.findall(r"`(\w+)`", row)}
    assert {*Rung.model_fields, "rollback", "fail", "continue", *get_args(Action)} - rows == set()
