"""What breaks in a random history is made small enough to be understood, and a seed is the same case everywhere."""

import os
import subprocess
import sys
from typing import Any

import pytest

from concertato.run import flow, scopes, stopping, undoing
from concertato.run.flow import succeed
from concertato.run.state import Run
from property.simulate import tried
from support.shrinking import broken_in, read, shrunk, told
from support.simulating import Broken, Case, Fault, simulate
from support.source import ROOT, SRC


def first_broken() -> Broken:
    for seed in range(400):
        try:
            simulate(seed)
        except Broken as broken:
            return broken
    raise AssertionError("the machine was broken on purpose, and no seed shows it")


def nodes_in(tree: Any) -> int:
    """How many nodes a definition has, bodies and sub-workflows included."""
    if isinstance(tree, dict):
        return ("id" in tree) + sum(map(nodes_in, tree.values()))
    return sum(map(nodes_in, tree)) if isinstance(tree, list) else 0


def smallest() -> tuple[Case, Fault]:
    broken = first_broken()
    case, fault = shrunk(broken.case, broken.fault)
    assert fault.is_like(broken.fault)
    return case, fault


def test_a_join_that_does_not_wait_is_shown_by_a_few_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(run: Run, scope: Any, number: int) -> None:
        edge = scope.plan.edges[number]
        resolve_edge(run, scope, number)
        if scope.taken[edge.target]:
            run.ready.append((scope, edge.target))

    resolve_edge = flow.resolve_edge
    monkeypatch.setattr(flow, "resolve_edge", hasty)
    case, fault = smallest()
    assert fault.what in ("nothing_runs_before_what_it_waits_for", "a_skip_has_its_reason")
    assert nodes_in(case.document) <= 4  # one of them may be the body that a map has to have
    assert len(case.sent) <= 2


def test_what_is_undone_in_the_wrong_order_is_shown_by_a_few_events(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_one_first(run: Run, region: Any) -> Any:
        run.undo.reverse()
        taken = take_undo(run, region)
        run.undo.reverse()
        return taken

    take_undo = stopping._take_undo
    monkeypatch.setattr(stopping, "_take_undo", first_one_first)
    case, fault = smallest()
    assert fault.what == "what_succeeded_is_undone_last_one_first"
    assert nodes_in(case.document) <= 3
    assert len(case.sent) <= 8


def test_a_machine_that_raises_is_shown_by_what_makes_it_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(run: Run, scope: Any, number: int) -> None:
        raise ZeroDivisionError("compensated")

    monkeypatch.setattr(undoing, "compensated", raising)
    case, fault = smallest()
    assert isinstance(fault.problem, ZeroDivisionError)
    assert nodes_in(case.document) <= 2
    assert len(case.sent) <= 4


def test_what_is_told_of_a_seed_can_be_pasted_into_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(*given: Any) -> None:
        succeed(*given)
        succeed(*given)

    with monkeypatch.context() as patched:
        patched.setattr(scopes, "succeed", twice)
        seed = first_broken().seed
        text = tried(seed)
        assert text is not None
        assert f"make simulate SEED={seed} N=1" in text
        pasted = text.partition("'''")[2].partition("'''")[0]
        assert broken_in(pasted) is not None
    assert broken_in(pasted) is None
    assert told(read(pasted)) == pasted.strip()


def test_a_seed_is_the_same_case_in_every_process() -> None:
    program = (
        "from msgspec.json import encode; from support.simulating import simulate; from hashlib import sha256\n"
        "print(sha256(encode([history.sent for seed in range(40) for history in simulate(seed)])).hexdigest())"
    )
    path = os.pathsep.join([str(SRC), str(ROOT / "tests")])
    digests = {
        subprocess.check_output([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": path, **seeded})
        for seeded in ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2"})
    }
    assert len(digests) == 1
