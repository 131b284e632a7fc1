"""Random workflows under random histories: whatever happens, in whatever order, the invariants hold."""

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concertato.run import scopes
from concertato.run.refusal import Refusal
from concertato.run.status import NodeStatus
from support.happening import live
from support.histories import History, go_on, place, start
from support.invariants import ALL

CASES = 600
"""Seeds of one test run. Tens of thousands have been through: raise it when the machine changes."""


def lives_by_the_rules(history: History, random: Random) -> None:
    live(history, random)
    assert history.run.finished is not None, "a run ends when everybody answers and time passes"
    for invariant in ALL:
        invariant(history)


def check(random: Random) -> None:
    history = start(random)
    lives_by_the_rules(history, random)
    if history.run.status != "succeeded":
        lives_by_the_rules(go_on(history, random.choice(["fork", "retry"])), random)


@pytest.mark.parametrize("block", range(6))
def test_every_history_keeps_every_invariant(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if block % 2:  # no random list is so long that a map would not open whole
        monkeypatch.setattr(scopes, "OPEN_AT_ONCE", 1)
    for seed in range(block * CASES // 6, (block + 1) * CASES // 6):
        try:
            check(Random(seed))
        except Exception as problem:
            problem.add_note(f"seed {seed}")
            raise


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_a_history_that_breaks_an_invariant_would_be_made_small(random: Random) -> None:
    check(random)


def test_the_histories_tell_something() -> None:
    """Every kind of event is accepted, and every kind of end is reached; else the tests above would prove little."""
    accepted: set[str] = set()
    ends: set[str] = set()
    refused: list[Refusal] = []
    told: Counter[str] = Counter()
    for seed in range(150):
        random = Random(seed)
        history = live(start(random), random)
        accepted |= {type(turn.event).__name__ for turn in history.turns}
        told.update(told_of_plans(history))
        ends.add(history.run.status.value)
        refused += [refusal for _, refusal, _, _ in history.refused]
    assert len(accepted) == 14  # all but the two records that an engine adds: RunFinished and LateResult
    assert ends == {"succeeded", "failed", "rolled_back", "cancelled"}
    assert {refusal.late for refusal in refused} == {True, False}
    wanted = ("proposed", "proposal_refused", "planner failed", "proposal failed", "proposal edited", "id used again")
    assert min(told[each] for each in wanted) > 0, told


def told_of_plans(history: History) -> Iterator[str]:
    """What has happened to planners and to what they proposed. An id is used again once what had it has ended."""
    proposed: dict[str, list[str]] = {}
    for turn in history.turns:
        for told in turn.told:
            if told.step in ("proposed", "proposal_refused"):
                yield told.step
            if told.step == "proposed":
                proposed[told.path] = told.detail["added"]
            elif told.step == "failed" and place(turn, told.path)[1].kind == "plan" and told.path not in proposed:
                yield "planner failed"
            elif told.step == "edited" and told.detail["in"] in proposed:
                yield "proposal edited"
            elif told.step == "edited" and any({*told.detail["added"]} & {*ids} for ids in proposed.values()):
                yield "id used again"
        if any(
            path in proposed and status in (NodeStatus.FAILED, NodeStatus.RECOVERING) for path, status in turn.changes
        ):
            yield "proposal failed"
