"""docs/simulation.md is true: its workflow comes to what it says, its script can be read, its tables are complete."""

import re
from typing import get_args

import pytest

from concertato import simulate
from concertato.definition.reading import Reading
from concertato.definition.yaml_text import read_yaml
from concertato.plan.compile import compile_plan
from concertato.simulation.faults import MEANING, Faults
from concertato.simulation.outcome import NoticeKind, SurpriseKind
from concertato.simulation.report import SimulationReport
from concertato.simulation.script_file import script_of
from support.source import ROOT

PAGE = (ROOT / "docs" / "simulation.md").read_text(encoding="utf-8")
WORKFLOW, SCRIPT = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

CHARGED = [{"fallback": {"type": "charge_at_backup"}}, {"escalate": {"to": "role:payments"}}]
SCRIPTED = {
    "name": "scripted",
    "inputs": {"order": "object"},
    "nodes": [
        {"id": "charge", "type": "charge_card", "on_failure": CHARGED},
        {"id": "review", "type": "human", "to": "ann", "choices": ["approve", "reject"]},
        {"id": "paid", "type": "wait", "signal": "paid"},
    ],
}


def test_the_first_simulation_finds_what_the_page_says() -> None:
    report = simulate(WORKFLOW)
    assert [(each.kind, each.place) for each in report.surprises] == [
        ("not_undone", "pay_back"),
        ("expression_failed", "letter"),
    ]
    (seed,) = set(re.findall(r"refund.yaml --seed (\d+) --runs 1", PAGE))
    assert [each.kind for each in simulate(WORKFLOW, runs=1, seed=int(seed)).surprises] == ["not_undone"]


def test_the_script_can_be_read() -> None:
    script = script_of(read_yaml(SCRIPT, Reading()), compile_plan(SCRIPTED))
    assert script.agents["charge_at_backup"].settles == ("charge_card",)


@pytest.mark.parametrize("fault", MEANING)
def test_every_fault_is_told_with_its_usual_share(fault: str) -> None:
    usual = f"{getattr(Faults(), fault):g}"
    assert re.search(
        rf"^\| {fault} \| `{fault}={usual}` of \w+.*\| {re.escape(MEANING[fault])} \|$", PAGE, re.MULTILINE
    )


@pytest.mark.parametrize("kind", sorted({*get_args(SurpriseKind), *get_args(NoticeKind)}))
def test_every_kind_of_surprise_and_notice_is_explained(kind: str) -> None:
    assert f"`{kind}`" in PAGE


@pytest.mark.parametrize("field", SimulationReport.__struct_fields__)
def test_every_field_of_the_report_is_explained(field: str) -> None:
    assert f"`{field}`" in PAGE
