"""A run is changed while it waits, from the command line: tried first, taken back, and seen who did what."""

import json
from pathlib import Path

import pytest

from support.command import Command, Folder

ORDER = """
name: order
nodes:
  - {id: ask, type: wait, signal: go}
  - {id: pay, type: pay}
  - {id: mail, type: tell, inputs: [pay.output]}
edges:
  - {from: ask, to: pay}
"""

GROWING = """
name: growing
nodes:
  - {id: grow, type: plan, agent: planner, allow: [pay, tell, wait]}
"""

AGENTS = """
from concertato import agent


@agent
async def pay() -> str:
    return "paid"


@agent
async def tell(what: str) -> str:
    return f"told of {what}"


@agent
async def planner(task: dict | None = None) -> dict:
    return {
        "nodes": [{"id": "first", "type": "pay"}, {"id": "then", "type": "wait", "signal": "go"}],
        "edges": [{"from": "first", "to": "then"}],
    }
"""

PATCH = """
add:
  nodes:
    - {id: audit, type: tell, inputs: [pay.output]}
remove:
  nodes: [mail]
replace:
  nodes:
    - {id: pay, type: pay, timeout: 5s}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("order.yaml", ORDER)
    folder.write("growing.yaml", GROWING)
    folder.write("agents.py", AGENTS)
    folder.write("patch.yaml", PATCH)
    return folder


@pytest.fixture
def concertato(folder: Folder) -> Command:
    assert folder.command("run", "order.yaml").status == 3
    return folder.command


def edits(concertato: Command) -> int:
    return concertato("events", "last", "--json").out.count('"PlanEdited"')


def test_an_edit_is_said_before_it_is_done_and_nothing_is_recorded(concertato: Command, folder: Folder) -> None:
    folder.path("agents.py").rename(folder.path("away.py"))
    done = concertato("edit", "last", "--file", "patch.yaml", "--dry-run")
    assert done.status == 0, done.err
    lines = [line.split() for line in done.out.splitlines()]
    assert ["would", "add", "node", "audit", "(tell)"] in lines
    assert ["would", "remove", "node", "mail", "and", "its", "edges"] in lines
    assert ["would", "replace", "node", "pay", "(pay)"] in lines
    assert done.out.endswith("nothing is recorded\n")
    assert edits(concertato) == 0
    as_json = json.loads(concertato("edit", "last", "--file", "patch.yaml", "--dry-run", "--json").out)
    assert (as_json["added"], as_json["removed"], as_json["replaced"]) == (["audit"], ["mail"], ["pay"])


def test_an_edit_that_would_be_refused_is_refused_when_it_is_tried(concertato: Command, folder: Folder) -> None:
    folder.write("patch.yaml", PATCH.replace("pay.output", "pya.output"))
    tried = concertato("edit", "last", "--file", "patch.yaml", "--dry-run")
    assert tried.status == 2
    assert "'pya'" in tried.err
    done = concertato("edit", "last", "--file", "patch.yaml")
    assert (done.status, edits(concertato)) == (2, 0)
    folder.write("patch.yaml", "remove: {nodes: [ask]}\n")
    tried = concertato("edit", "last", "--file", "patch.yaml", "--dry-run")
    assert (tried.status, "'ask'" in tried.err) == (2, True)


def test_the_picture_has_who_added_and_removed_what_and_why(concertato: Command) -> None:
    assert concertato("edit", "last", "--file", "patch.yaml", "--reason", "the auditor asked").status == 3
    lines = concertato("graph", "--run", "last").out.splitlines()
    audit = next(line for line in lines if " audit " in line)
    assert "  (added by " in audit
    assert ": the auditor asked)" in audit
    assert any(line.startswith("  removed  mail  (removed by ") for line in lines)
    told = concertato("show", "last", "--decisions").out
    assert " edited the plan: added audit, removed mail, replaced pay: the auditor asked" in told


def test_an_edit_is_taken_back(concertato: Command) -> None:
    concertato("edit", "last", "--file", "patch.yaml")
    assert concertato("edit", "last", "--undo", "--reason", "a mistake").status == 3
    lines = concertato("graph", "--run", "last").out.splitlines()
    assert any(line.startswith("  removed  audit  (removed by ") for line in lines)
    again = concertato("edit", "last", "--undo")
    assert (again.status, "CT303" in again.err) == (2, True)
    done = concertato("signal", "last", "go", "--quiet")
    assert (done.status, json.loads(done.out)) == (0, {"mail": "told of paid"})


def test_the_edit_of_an_event_is_taken_back(concertato: Command, folder: Folder) -> None:
    concertato("edit", "last", "--file", "patch.yaml")
    lines = [json.loads(line) for line in concertato("events", "last", "--json").out.splitlines()]
    seq = next(line["seq"] for line in lines if line["event"]["event"] == "PlanEdited")
    assert concertato("edit", "last", "0", "--undo").status == 2
    assert concertato("edit", "last", str(seq), "--undo").status == 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "expected either --file FILE with the edit or --undo"),
        (("--file", "patch.yaml", "--undo"), "and not both"),
        (("3", "--file", "patch.yaml"), "expected --undo beside the number of an event"),
    ],
)
def test_what_cannot_be_meant_is_told(concertato: Command, options: tuple[str, ...], said: str) -> None:
    done = concertato("edit", "last", *options)
    assert (done.status, said in done.err) == (2, True)


def test_the_picture_has_what_an_agent_proposed(folder: Folder) -> None:
    assert folder.command("run", "growing.yaml").status == 3
    lines = folder.command("graph", "--run", "last").out.splitlines()
    assert any("agent 'planner' proposed it" in line for line in lines)
    assert any("✓ first" in line and "proposed" in line for line in lines)
    assert any("◷ then" in line for line in lines)
    assert (
        "agent 'planner' proposed what is done here: first, then" in folder.command("show", "last", "--decisions").out
    )


MAPPED = """
name: mapped
nodes:
  - {id: ask, type: wait, signal: go}
  - id: m
    type: map
    over: "[1, 2]"
    nodes:
      - {id: look, type: pay}
edges:
  - {from: ask, to: m}
"""


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("workflow", "patch", "said"),
    [
        ("order", "remove:\n  nodes: [nobody]\n", "patch.yaml:2:11 CT124 the edit removes node 'nobody'"),
        (
            "order",
            "add:\n  nodes:\n    - {id: more, type: tell, inputs: [pya.output]}\n",
            "patch.yaml:3:39 CT104 node 'more' refers to 'pya'",
        ),
        (
            "mapped",
            "in: m\nadd:\n  nodes:\n    - {id: z, type: tell, inputs: {what: lok.output}}\n",
            "patch.yaml:4:42 CT104 node 'm/z' refers to 'lok'",
        ),
        (
            "order",
            "add:\n  edges:\n    - {from: pay, to: nobody}\n",
            "patch.yaml:3:23 CT104 edge 'pay' → 'nobody' refers to 'nobody'",
        ),
        ("order", "remove:\n  nodes: [pay]\n", "the edited workflow: CT104 node 'mail' refers to 'pay'"),
        ("order", "add: {nodes: [{id: more}]}\n", "patch.yaml:1:15 CT106 node 'more': 'type' is missing"),
    ],
)
def test_a_mistake_of_an_edit_has_its_place_in_the_file(
    folder: Folder, workflow: str, patch: str, said: str, options: tuple[str, ...]
) -> None:
    folder.write("mapped.yaml", MAPPED)
    folder.write("patch.yaml", patch)
    assert folder.command("run", f"{workflow}.yaml").status == 3
    done = folder.command("edit", "last", "--file", "patch.yaml", *options)
    assert done.status == 2
    told = [line for line in done.err.splitlines() if line != "agents from agents.py"]
    assert told[0].startswith(said), done.err
    assert told[-1] == f"concertato: error CT100 {len(told) - 1} mistake{'s' * (len(told) > 2)}; nothing was changed"


def test_what_is_wrong_with_one_item_alone_is_told_where_the_edit_has_it(folder: Folder) -> None:
    folder.write("mapped.yaml", MAPPED.replace("{id: look, type: pay}", "{id: look, type: wait, signal: seen}"))
    assert folder.command("run", "mapped.yaml").status == 3
    assert folder.command("signal", "last", "go").status == 3
    folder.write("patch.yaml", "in: m[0]\nadd:\n  nodes:\n    - {id: z, type: tell, inputs: {what: lok.output}}\n")
    done = folder.command("edit", "last", "--file", "patch.yaml")
    assert "patch.yaml:4:42 CT104 node 'm/z' refers to 'lok'" in done.err


def test_a_tried_edit_is_refused_for_an_agent_that_is_not_there(concertato: Command, folder: Folder) -> None:
    folder.write("patch.yaml", "add: {nodes: [{id: more, type: nobody}]}\n")
    done = concertato("edit", "last", "--file", "patch.yaml")
    tried = concertato("edit", "last", "--file", "patch.yaml", "--dry-run")
    assert (done.status, tried.status) == (2, 2)
    assert "error CT302" in done.err
    assert "error CT302 the workflow needs 'nobody', and agents.py has 'pay'" in tried.err
    folder.path("agents.py").rename(folder.path("away.py"))
    tried = concertato("edit", "last", "--file", "patch.yaml", "--dry-run")
    assert (tried.status, "whether its agents are there was not looked at" in tried.out) == (0, True)
    assert concertato("edit", "last", "--file", "patch.yaml", "--dry-run", "--agents", "away.py").status == 2


def test_a_recorded_edit_has_its_number_and_taking_it_back_can_be_tried(concertato: Command) -> None:
    done = concertato("edit", "last", "--file", "patch.yaml")
    lines = [json.loads(line) for line in concertato("events", "last", "--json").out.splitlines()]
    seq = next(line["seq"] for line in lines if line["event"]["event"] == "PlanEdited")
    assert f"the edit is event {seq} of the run: --undo {seq} takes it back" in done.err.splitlines()
    tried = concertato("edit", "last", str(seq), "--undo", "--dry-run")
    told = [line.split() for line in tried.out.splitlines()]
    assert ["would", "remove", "node", "audit", "and", "its", "edges"] in told
    assert (tried.status, edits(concertato)) == (0, 1)
    assert concertato("edit", "last", str(seq), "--undo").status == 3
    tried = concertato("edit", "last", "--undo", "--dry-run")
    assert (tried.status, "no edit of it stands" in tried.err) == (2, True)


def test_what_was_proposed_has_its_types_and_what_it_comes_after(folder: Folder) -> None:
    assert folder.command("run", "growing.yaml").status == 3
    lines = folder.command("graph", "--run", "last").out.splitlines()
    assert any(line.split() == ["1", "✓", "first", "pay", "(proposed)"] for line in lines)
    then = next(line for line in lines if " then " in line)
    assert then.split() == ["2", "◷", "then", "wait", "for", "go", "←", "first", "(proposed)"]
    folder.write("patch.yaml", "in: grow\nreplace: {nodes: [{id: then, type: wait, signal: later}]}\n")
    drawn = folder.command("graph", "--run", "last", "--format", "mermaid").out
    assert '"then<br/>wait for go<br/>proposed"' in drawn
    assert "n0_0 --> n0_1" in drawn


def test_what_one_item_alone_got_is_drawn_in_it(folder: Folder) -> None:
    folder.write("mapped.yaml", MAPPED.replace("{id: look, type: pay}", "{id: look, type: wait, signal: seen}"))
    assert folder.command("run", "mapped.yaml").status == 3
    assert folder.command("signal", "last", "go").status == 3
    lines = [line.strip() for line in folder.command("graph", "--run", "last").out.splitlines()]
    assert any(line.startswith("2  ● m") and "(2 running)" in line for line in lines)
    folder.write("patch.yaml", "in: m[0]\nadd:\n  nodes:\n    - {id: only, type: tell, inputs: {what: look.output}}\n")
    assert folder.command("edit", "last", "--file", "patch.yaml").status == 3
    lines = [line.strip() for line in folder.command("graph", "--run", "last").out.splitlines()]
    alone = lines[lines.index("in m[0]:") :]
    assert alone[1].startswith("1  ◷ look")
    assert alone[2].startswith("2  ○ only  tell  ⇠ look  (added by ")
    assert sum(" only " in line for line in lines) == 1
    drawn = folder.command("graph", "--run", "last", "--format", "mermaid").out
    assert 'subgraph n1__1["in m#91;0#93;"]' in drawn
    assert folder.command("edit", "last", "--undo").status == 3
    lines = [line.strip() for line in folder.command("graph", "--run", "last").out.splitlines()]
    assert any(line.startswith("removed  m[0]/only  (removed by ") for line in lines)


def test_what_comes_back_by_taking_an_edit_back_is_said_to_come_back(concertato: Command) -> None:
    concertato("edit", "last", "--file", "patch.yaml")
    concertato("edit", "last", "--undo")
    lines = concertato("graph", "--run", "last").out.splitlines()
    assert any(" mail " in line and "(brought back by " in line for line in lines)
