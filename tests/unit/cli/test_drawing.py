"""Who changed a run's plan, from its decision path, for the picture of it."""

from typing import Any

from concertato.cli.drawing import changes_of
from concertato.engine.contract import DecisionStep


def edited(by: str, reason: str | None = None, **detail: Any) -> DecisionStep:
    return DecisionStep(seq=1, at=1.0, step="edited", path="", detail={"by": by, "reason": reason, **detail})


def test_what_was_added_replaced_and_removed_has_who_and_why() -> None:
    changes = changes_of([edited("ann", "the auditor asked", added=["audit"], replaced=["pay"], removed=["mail"])])
    assert changes.notes == {
        "audit": "added by ann: the auditor asked",
        "pay": "replaced by ann: the auditor asked",
        "mail": "removed by ann: the auditor asked",
    }
    assert changes.removed == ["mail"]


def test_what_comes_back_is_not_removed_and_what_goes_again_is() -> None:
    changes = changes_of([edited("ann", removed=["mail"]), edited("bob", added=["mail"])])
    assert (changes.removed, changes.notes) == ([], {"mail": "added by bob"})
    changes = changes_of([edited("ann", added=["audit"]), edited("bob", removed=["audit"])])
    assert (changes.removed, changes.notes) == (["audit"], {"audit": "removed by bob"})


def test_an_edit_inside_a_map_is_at_its_place_in_the_plan() -> None:
    assert changes_of([edited("ann", added=["audit"], **{"in": "checks[3]"})]).notes == {"checks/audit": "added by ann"}


def test_what_an_agent_proposed_grows_where_its_node_is() -> None:
    detail = {"agent": "planner", "added": ["look", "mend"]}
    steps = [DecisionStep(seq=1, at=1.0, step="proposed", path=f"each[{n}]/grow", detail=detail) for n in (0, 1)]
    assert changes_of(steps).grown == {"each/grow": ["look", "mend"]}
    assert changes_of(steps).notes == {"each/grow": "agent 'planner' proposed it"}


def proposed(path: str, *added: str) -> DecisionStep:
    return DecisionStep(seq=1, at=1.0, step="proposed", path=path, detail={"agent": "planner", "added": list(added)})


def test_a_second_proposal_for_a_node_takes_the_place_of_the_first() -> None:
    changes = changes_of([proposed("grow", "look", "mend"), proposed("grow", "look", "swap")])
    assert changes.grown == {"grow": ["look", "swap"]}
    assert changes.removed == ["grow/mend"]
    assert changes.notes["grow/mend"] == "undone before agent 'planner' proposed anew"


def test_what_one_item_drops_and_another_still_has_is_not_removed() -> None:
    changes = changes_of(
        [proposed("each[0]/grow", "mend"), proposed("each[1]/grow", "mend"), proposed("each[0]/grow", "swap")]
    )
    assert changes.grown == {"each/grow": ["swap", "mend"]}
    assert changes.removed == []


def test_an_edit_of_what_was_proposed_is_seen_in_it() -> None:
    steps = [proposed("grow", "look"), edited("ann", "the auditor asked", added=["audit"], **{"in": "grow"})]
    assert changes_of(steps).grown == {"grow": ["look", "audit"]}
    assert changes_of(steps).notes["grow/audit"] == "added by ann: the auditor asked"
    changes = changes_of([*steps, edited("bob", removed=["audit"], **{"in": "grow"})])
    assert (changes.grown, changes.removed) == ({"grow": ["look"]}, ["grow/audit"])


def test_other_steps_change_nothing() -> None:
    paused = DecisionStep(seq=1, at=1.0, step="paused", path="", detail={"by": "ann"})
    assert changes_of([paused]) == ({}, [], {}, {})
