"""The docs are complete: every error code is explained, and every row of the failure semantics names its test."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from concertato import errors
from concertato.definition.problem import DefinitionError
from support.source import ROOT, SRC

DOCS = ROOT / "docs"
PAPERS = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split(" | "))
    for line in (DOCS / "failure-semantics.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| when |")
]


def test_every_error_code_is_explained_and_no_other() -> None:
    raised = {
        kind.code: kind.__name__
        for kind in [*vars(errors).values(), DefinitionError]
        if isinstance(kind, type) and issubclass(kind, errors.ConcertatoError)
    }
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| (CT\d{3}) \| `(\w+)` \|", page, re.MULTILINE)) == raised


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_failure_names_the_tests_that_show_it(row: tuple[str, ...]) -> None:
    when, _recorded, _the_run, _you_see, shown_by = row
    named = set(re.findall(r"`(test_\w+)`", shown_by))
    assert named, f"which test shows what happens when {when}?"
    assert named <= _names_of_tests()


@pytest.mark.parametrize("paper", PAPERS, ids=[str(paper.relative_to(ROOT)) for paper in PAPERS])
def test_every_link_leads_somewhere(paper: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", paper.read_text(encoding="utf-8"))
    assert [link for link in links if not (paper.parent / link).exists()] == []


def test_every_file_on_the_map_is_there() -> None:
    named = set(re.findall(r"`([\w./]+(?:\.py|\.sql|/))`", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")))
    rooms = (ROOT, SRC / "concertato", SRC / "concertato" / "definition", ROOT / "tests" / "support")
    assert {name for name in named if not any((room / name).exists() for room in rooms)} == set()


@cache
def _names_of_tests() -> frozenset[str]:
    files = (ROOT / "tests").rglob("test_*.py")
    found = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    return frozenset(node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
