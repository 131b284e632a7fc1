"""The tables of statuses, and that they are kept."""

from itertools import product

import pytest

from concertato.run.state import IllegalChange
from concertato.run.status import NODE_CHANGES, OPEN, RESOLVED, RUN_CHANGES, NodeStatus, RunStatus
from support.stepping import Stepped, task


@pytest.mark.parametrize(("before", "after"), [*product(NodeStatus, NodeStatus)])
def test_a_node_changes_as_the_table_says_and_not_otherwise(before: NodeStatus, after: NodeStatus) -> None:
    run = Stepped({"nodes": [task("a")]}).run
    run.root.status[0] = before
    if after in NODE_CHANGES[before]:
        run.mark(run.root, 0, after)
        assert run.root.status[0] is after
    else:
        with pytest.raises(IllegalChange, match=f"a: {before} -> {after}"):
            run.mark(run.root, 0, after)
        assert run.root.status[0] is before


@pytest.mark.parametrize(("before", "after"), [*product(RunStatus, RunStatus)])
def test_a_run_changes_as_the_table_says_and_not_otherwise(before: RunStatus, after: RunStatus) -> None:
    run = Stepped({"nodes": [task("a")]}).run
    run.status = before
    if after in RUN_CHANGES[before] or after is before:
        run.change(after)
        assert run.status is after
    else:
        with pytest.raises(IllegalChange, match=f"run r: {before} -> {after}"):
            run.change(after)
        assert run.status is before


def test_a_node_is_open_or_resolved_or_being_undone() -> None:
    undoing = {NodeStatus.COMPENSATING, NodeStatus.COMPENSATED, NodeStatus.COMPENSATION_FAILED}
    assert OPEN | RESOLVED | undoing == set(NodeStatus)
    assert not OPEN & RESOLVED


def test_what_has_ended_changes_no_more() -> None:
    ended = {status for status in RunStatus if status.ended}
    assert ended == {RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.ROLLED_BACK, RunStatus.CANCELLED}
