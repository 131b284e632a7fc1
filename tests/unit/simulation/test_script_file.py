"""A script is read whole, and every mistake in it is told at once, with its line and how to mend it."""

from pathlib import Path

import pytest

from concertato.definition.problem import DefinitionError
from concertato.plan.compile import compile_plan
from concertato.simulation.asked import choices_in
from concertato.simulation.script import AgentScript, Decision, PersonScript, SignalScript, Weighted
from concertato.simulation.script_file import script_in, script_of

PLAN = compile_plan(
    {
        "name": "scripted",
        "inputs": {"order": "object"},
        "nodes": [
            {
                "id": "charge",
                "type": "charge_card",
                "inputs": ["order"],
                "compensate": {"type": "refund"},
                "on_failure": [{"escalate": {"to": "role:payments", "may": ["retry", "use_output"]}}],
            },
            {"id": "review", "type": "human", "to": "ann", "choices": ["approve", "reject"]},
            {"id": "paid", "type": "wait", "signal": "paid"},
            {"id": "ship", "type": "ship", "on_failure": [{"fallback": {"type": "ship_elsewhere"}}]},
        ],
    }
)

TEXT = """\
agents:
  charge_card:
    answers: [{charge: c1}, {value: {charge: c2}, weight: 3}]
    takes: [500ms, 8s]
    fails: {share: 0.2, kinds: [timeout, rejected]}
  ship: {takes: 2s, fails: 0.1}
  ship_elsewhere: {settles: ship}
people:
  review: {answers: [approve, {choice: reject, weight: 2}], takes: 10m, silent: 0.5}
  charge~failed: {answers: [{choice: use_output, values: {output: 1}}]}
signals:
  paid: {answers: [7], takes: 1m, never: 0.1}
inputs:
  order: [{id: 1}, {value: {id: 2}, weight: 4}]
accept: {not_undone: charge, never_reached: [ship, workflow]}
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "script.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    script = script_in(written(tmp_path, TEXT), PLAN)
    charge = script.agents["charge_card"]
    assert charge.answers == (Weighted({"charge": "c1"}), Weighted({"charge": "c2"}, 3.0))
    assert (charge.takes, charge.fails, charge.kinds) == ((0.5, 8.0), 0.2, ("timeout", "rejected"))
    assert script.agents["ship"] == AgentScript(takes=(2.0, 2.0), fails=0.1)
    assert script.agents["ship_elsewhere"].settles == ("ship",)
    decisions = (Decision(choice="approve"), Decision(choice="reject", weight=2.0))
    assert script.people["review"] == PersonScript(answers=decisions, takes=(600.0, 600.0), silent=0.5)
    assert script.signals["paid"] == SignalScript(answers=(Weighted(7),), takes=(60.0, 60.0), never=0.1)
    assert script.inputs["order"][1] == Weighted({"id": 2}, 4.0)
    assert script.accept == {("not_undone", "charge"), ("never_reached", "ship"), ("never_reached", "workflow")}


def test_a_mapping_is_a_script_too() -> None:
    assert script_of({"agents": {"ship": {"fails": 1}}}, PLAN).agents["ship"].fails == 1.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("agent: {}", "script.yaml:1:1 CT103 the script: there is no field 'agent' here; did you mean 'agents'?"),
        ("agents:\n  charge: {}", "script.yaml:2:3 CT104 agents: expected 'charge' to be an agent of the workflow"),
        ("agents:\n  ship: {takes: soon}", "script.yaml:2:17 CT105 agents.ship.takes: expected a length of time such"),
        ("agents:\n  ship: {takes: [3s, 1s]}", "script.yaml:2:17 CT105 agents.ship.takes"),
        ("agents:\n  ship: {fails: 2}", "script.yaml:2:17 CT105 agents.ship.fails: expected a share from 0 to 1"),
        ("agents:\n  ship: {fails: {kinds: [late]}}", "there is no kind of failure 'late'; they are timeout"),
        (
            "agents:\n  ship: {answers: yes}",
            "agents.ship.answers: expected a list of values, got: 'yes'; put it in brackets",
        ),
        ("agents:\n  ship: {settles: shop}", "agents.ship.settles: there is no agent 'shop' in the workflow"),
        ("agents:\n  ship: {answers: [{value: 1, weight: 0}]}", "expected a number above 0, got: 0"),
        ("agents: [ship]", "script.yaml:1:9 CT105 agents: expected a mapping"),
        ("people:\n  ann: {}", "expected 'ann' to be a node at which people are asked"),
        ("people:\n  review: {answers: [{values: 1}]}", "expected a 'choice'"),
        ("signals:\n  payed: {}", "signals: expected 'payed' to be a signal that a node waits for, and it is not; did"),
        ("inputs:\n  order: []", "inputs.order: expected a list of values, got: an empty one"),
        ("agents: {", "script.yaml:1:10 CT102"),
        (
            "people:\n  review: {answers: [aprove]}",
            "script.yaml:2:22 CT104 people.review.answers.0: 'aprove' is not among its choices; did you mean",
        ),
        ("people:\n  charge~failed: {answers: [{choice: leave}]}", "; it can be retry, use_output"),
        ("people:\n  charge~undo: {answers: [retri]}", "did you mean 'retry'?"),
        ("people:\n  ship~failed: {answers: [retry]}", "expected 'ship~failed' to be a node at which people are asked"),
        ("people:\n  ship~undo: {answers: [retry]}", "expected 'ship~undo' to be a node at which people are asked"),
        (
            "accept: {never_reachd: ship}",
            "'never_reachd' to be a kind of surprise, and it is not; did you mean 'never_r",
        ),
        (
            "accept: {not_undone: shop}",
            "script.yaml:1:22 CT104 accept.not_undone: there is no node 'shop' in the workf",
        ),
        ("accept: {not_undone: 3}", "accept.not_undone: expected a list of nodes, got: 3; put it in brackets"),
        ("accept: {not_undone: [{a: 1}]}", "accept.not_undone: there is no node '{'a': 1}' in the workflow"),
        ("agents: {ship: {settles: [[ship]]}}", "agents.ship.settles: there is no agent '['ship']' in the workflow"),
        ("inputs:\n  order: [{}, 5]", "script.yaml:2:15 CT105 inputs.order: expected a mapping, got: a whole number"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_fix(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(DefinitionError) as error:
        script_in(written(tmp_path, text), PLAN)
    assert told in str(error.value)


@pytest.mark.parametrize("text", ["", "# nothing yet", "agents:", "agents:\n  ship:\npeople:\n  review:\n"])
def test_what_is_not_said_yet_is_no_mistake(tmp_path: Path, text: str) -> None:
    assert script_in(written(tmp_path, text), PLAN).people in ({}, {"review": PersonScript()})


def test_the_ladder_of_a_definition_is_for_its_own_nodes_that_have_none() -> None:
    inner = {"id": "each", "type": "map", "over": "given", "nodes": [{"id": "one", "type": "work"}]}
    outer = {"id": "alone", "type": "work", "on_failure": ["fail"]}
    ladder = [{"escalate": {"to": "ann"}}, {"escalate": {"to": "bob", "may": ["retry"]}}]
    document = {"name": "own", "inputs": {"given": "array"}, "nodes": [inner, outer], "on_failure": ladder}
    assert choices_in(compile_plan(document)).keys() == {"each~failed"}


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as error:
        script_in(written(tmp_path, "agents:\n  ship: {fails: 2, takes: x}\ninputs: 3\n"), PLAN)
    assert len(error.value.problems) == 3


def test_of_what_there_is_nothing_is_left_out_without_a_word() -> None:
    with pytest.raises(DefinitionError, match=r"there are cannot_be_decided, .*not_undone$"):
        script_of({"accept": {"waits_for_ever": "paid"}}, PLAN)
    many = compile_plan({"name": "many", "nodes": [{"id": f"n{n:02}", "type": f"t{n:02}"} for n in range(20)]})
    with pytest.raises(DefinitionError, match=r"there are t00, .*t11 and 8 more$"):
        script_of({"agents": {"something": {}}}, many)
