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


def test_other_steps_change_nothing() -> None:
    paused = DecisionStep(seq=1, at=1.0, step="paused", path="", detail={"by": "ann"})
    assert changes_of([paused]) == ({}, [], {})
