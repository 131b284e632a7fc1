"""docs/editing.md is true: its edits, made one after the other, are accepted and refused as it says."""

import re
from typing import Any

import msgspec
import yaml

from concertato.run.proposal import Proposal, read_proposal
from support.source import ROOT
from support.stepping import Stepped

PAGE = (ROOT / "docs" / "editing.md").read_text(encoding="utf-8")
EXAMPLES = [
    (what, yaml.safe_load(text))
    for what, text in re.findall(r"<!-- ([^\n]+?) -->\n\s*```yaml\n(.*?)```", PAGE, re.DOTALL)
]


def example(what: str) -> dict[str, Any]:
    return next(document for said, document in EXAMPLES if said == what)


def test_every_edit_of_the_page_is_accepted_or_refused_as_it_says() -> None:
    run = Stepped(example("workflow"))
    run.answer("outline", {"claims": ["one", "two", "three"]})
    assert run.called == ["refine[0]/draft", "checks[0]/verify", "checks[1]/verify"]
    said = [(what.removeprefix("edit: "), patch) for what, patch in EXAMPLES if what.startswith("edit: ")]
    assert len(said) > 5
    for what, patch in said:
        if what == "accepted":
            run.edit(**patch)
        else:
            assert run.edit_refused(**patch) == what
    run.answer("checks[0]/verify")
    assert run.called == ["refine[0]/draft", "checks[1]/verify", "checks[2]/verify"]
    run.answer("checks[2]/verify")
    run.answer("refine[0]/draft")
    assert run.called == ["checks[1]/verify", "checks[2]/cite", "refine[0]/judge", "refine[0]/facts"]


def test_every_proposal_of_the_page_is_taken_or_refused_as_it_says() -> None:
    run = Stepped(example("planner"), inputs={"alert": {}})
    run.answer("triage", {"service": "search"})
    root = run.run.root
    taken = read_proposal(run.run, root, root.plan.nodes[1], msgspec.json.encode(example("proposal: accepted")))
    assert isinstance(taken, Proposal), taken
    refused = read_proposal(run.run, root, root.plan.nodes[1], msgspec.json.encode(example("proposal: refused")))
    told = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)[-1]
    assert refused == told.splitlines()
