"""Definitions as large as they get, and texts that pretend to be small."""

import tracemalloc

import pytest

from concertato.definition import plain
from concertato.definition.check import check
from concertato.definition.load import load, loads
from concertato.definition.problem import DefinitionError
from support.effort import at_most


def chain(nodes: int) -> str:
    first = "name: big\nnodes:\n  - {id: n0, type: work}\n"
    return first + "".join(
        f"  - id: n{n}\n    type: work\n    inputs: [n{n - 1}.output]\n    retry: {{max_attempts: 3}}\n"
        for n in range(1, nodes)
    )


def test_ten_thousand_nodes_are_read_and_checked_in_the_blink_of_an_eye() -> None:
    text = chain(10_000)
    with at_most(8):
        assert check(loads(text)) == []


def test_ten_thousand_mistakes_are_all_told_each_with_its_suggestion() -> None:
    text = chain(10_000).replace("[n", "[m")
    with at_most(8):
        problems = check(loads(text))
    assert len(problems) == 9_999
    assert problems[0].message == "node 'n1' refers to 'm0', which is neither an input nor a node; did you mean 'n0'?"


def bomb() -> str:
    """A text of half a kilobyte that stands for ten thousand million values."""
    names = "abcdefghij"
    rows = [f"{names[n]}: &{names[n]} [{', '.join(['*' + names[n - 1]] * 10)}]" for n in range(1, 10)]
    return "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "\n".join(rows)


def test_a_bomb_of_aliases_is_refused() -> None:
    with at_most(4), pytest.raises(DefinitionError, match="CT123 the definition holds more than 2,000,000 values"):
        loads(bomb())


def test_a_bomb_of_aliases_costs_no_more_memory_than_the_limit_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "MAX_VALUES", 20_000)
    tracemalloc.start()
    with pytest.raises(DefinitionError, match="CT123"):
        loads(bomb())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 2**20


def test_python_cannot_share_its_way_past_the_limit_either() -> None:
    value: list[object] = [1] * 10
    for _ in range(9):
        value = [value] * 10
    with pytest.raises(DefinitionError, match="CT123"):
        load({"name": "w", "nodes": value})
