"""Random workflows under random histories: whatever happens, in whatever order, the invariants hold."""

from collections import Counter
from collections.abc import Iterator

import pytest

from concertato.run.events import Decided
from concertato.run.refusal import Refusal
from concertato.run.status import NodeStatus
from property.simulate import tried
from support.histories import Crash, History, place
from support.simulating import simulate

CASES = 3000
"""Seeds of one test run. `make simulate` goes through as many as one likes: do so when the machine changes."""

BLOCKS = 6


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_history_keeps_every_invariant(block: int) -> None:
    for seed in range(block * CASES // BLOCKS, (block + 1) * CASES // BLOCKS):
        if (broken := tried(seed)) is not None:
            pytest.fail(broken, pytrace=False)


def test_the_histories_tell_something() -> None:
    """Every kind of event is accepted, and every kind of end is reached; else the tests above would prove little."""
    accepted: set[str] = set()
    ends: set[str] = set()
    refused: list[Refusal] = []
    told: Counter[str] = Counter()
    for seed in range(200):
        for history in simulate(seed):
            accepted |= {type(turn.event).__name__ for turn in history.turns}
            told.update(told_of_plans(history))
            told.update(told_of_nodes(history))
            told.update("crash" for event in history.sent if isinstance(event, Crash))
            ends.add(history.run.status.value)
            refused += [refusal for _, refusal, _, _ in history.refused]
    assert len(accepted) == 14  # all but the two records that an engine adds: RunFinished and LateResult
    assert ends == {"succeeded", "failed", "rolled_back", "cancelled"}
    assert {refusal.late for refusal in refused} == {True, False}
    wanted = ("proposed", "proposal_refused", "planner failed", "proposal failed", "proposal edited", "id used again")
    assert min(told[each] for each in (*wanted, "crash")) > 0, told
    assert not [each for each in WANTED if not told[each]], told


KINDS = ("task", "set", "wait", "human", "switch", "map", "loop", "plan", "workflow")

WANTED = [
    *(f"{kind} {end}" for kind in KINDS for end in ("succeeded", "skipped")),
    *(f"{kind} failed" for kind in KINDS if kind not in ("wait", "human")),
    *(f"join {join} of several" for join in ("synchronize", "all", "first")),
    *(f"{what} in {outer}" for what in ("edge with a condition", "undone") for outer in ("the workflow", "a scope")),
    *("retried", "timed out", "a scope in a scope", "somebody decided"),
]
"""What has to happen."""


def told_of_nodes(history: History) -> Iterator[str]:
    """What has happened to nodes of each kind, how they were joined, and where."""
    for turn in history.turns:
        if isinstance(turn.event, Decided):
            yield "somebody decided"
        for path, status in turn.changes:
            prefix, node = place(turn, path)
            outer = "a scope" if prefix else "the workflow"
            yield f"{node.kind} {status.value}"
            if prefix.count("/") > 1:
                yield "a scope in a scope"
            if status is NodeStatus.COMPENSATED:
                yield f"undone in {outer}"
            if status is NodeStatus.RETRYING:
                yield "retried"
            if status is NodeStatus.SUCCEEDED and len(node.decides) > 1:
                yield f"join {node.join} of several"
            scope = turn.plans[prefix] if prefix else turn.plan.root
            if status is NodeStatus.SUCCEEDED and any(scope.edges[each].when is not None for each in node.incoming):
                yield f"edge with a condition in {outer}"
        for told in turn.told:
            if told.step == "failed" and told.detail["kind"] == "timeout":
                yield "timed out"


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
