"""Joins, conditions and how skipping spreads."""

from typing import Any

import pytest

from support.stepping import Stepped, task


def edge(source: str, target: str, when: str | None = None) -> dict[str, Any]:
    return {"from": source, "to": target} | ({} if when is None else {"when": when})


def diamond(join: str, when: str) -> Stepped:
    """a and b lead to c, which joins by `join`; the way from b is taken when `when` holds."""
    nodes = [task("a"), task("b"), task("c", join=join), task("d", inputs=["c.output"])]
    return Stepped({"nodes": nodes, "edges": [edge("a", "c"), edge("b", "c", when)]})


@pytest.mark.parametrize(
    ("join", "when", "runs"),
    [
        ("synchronize", "true", True),
        ("synchronize", "b.output == 0", True),
        ("all", "b.output == 1", True),
        ("all", "b.output == 0", False),
        ("first", "b.output == 0", True),
    ],
)
def test_a_join_decides_by_the_ways_that_were_taken(join: str, when: str, runs: bool) -> None:
    run = diamond(join, when)
    run.answer("a", 1)
    run.answer("b", 1)
    assert run.called == (["c"] if runs else [])
    if not runs:
        assert run.statuses["c"] == run.statuses["d"] == "skipped"
        assert run.outputs == {"d": None}


@pytest.mark.parametrize(("join", "waits"), [("synchronize", True), ("all", True), ("first", False)])
def test_only_first_does_not_wait_for_every_way(join: str, waits: bool) -> None:
    run = diamond(join, "b.output == 1")
    run.answer("a", 1)
    assert run.called == (["b"] if waits else ["b", "c"])


def test_a_node_that_runs_by_first_runs_once() -> None:
    run = diamond("first", "b.output == 1")
    run.answer("a", 1)
    run.answer("c", 1)
    run.answer("b", 1)
    assert run.called == ["d"]


def test_first_waits_for_the_data_that_it_reads() -> None:
    nodes = [task("a"), task("b"), task("c", join="first", inputs=["b.output"])]
    run = Stepped({"nodes": nodes, "edges": [edge("a", "c")]})
    run.answer("a", 1)
    assert run.called == ["b"]
    run.answer("b", 2)
    assert run.given("c") == {"b": 2}


def test_no_way_to_a_first_join_skips_it_once_all_are_decided() -> None:
    nodes = [task("a"), task("b"), task("c", join="first")]
    run = Stepped({"nodes": nodes, "edges": [edge("a", "c", "a.output == 0"), edge("b", "c", "b.output == 0")]})
    run.answer("a", 1)
    assert "c" not in run.statuses
    run.answer("b", 1)
    assert run.statuses["c"] == "skipped"
    assert run.end == "succeeded"


def test_data_alone_does_not_make_a_node_run_behind_a_way_that_was_not_taken() -> None:
    switch = {"id": "way", "type": "switch", "cases": [{"when": "a.output == 1", "to": "c"}], "default": "d"}
    nodes = [task("a"), switch, task("c", inputs=["a.output"]), task("d", inputs=["a.output"])]
    run = Stepped({"nodes": nodes})
    run.answer("a", 2)
    assert run.called == ["d"]
    assert run.statuses["c"] == "skipped"


def test_a_condition_waits_for_all_that_it_reads() -> None:
    run = Stepped({"nodes": [task("a"), task("b"), task("c")], "edges": [edge("a", "c", "b.output == 1")]})
    run.answer("a")
    assert run.called == ["b"]
    run.answer("b", 1)
    assert run.called == ["c"]


def test_a_condition_that_is_neither_true_nor_false_fails_its_target() -> None:
    run = Stepped({"nodes": [task("a"), task("c")], "edges": [edge("a", "c", "a.output")]})
    run.answer("a", 1)
    assert run.end == "failed"
    assert run.statuses["c"] == "failed"
    assert run.run.finished is not None
    assert run.run.finished.path == "c"
