"""A process is killed at any moment: nothing that was acknowledged is lost, and nothing is done twice."""

import random
from collections import Counter
from pathlib import Path

import pytest

from concertato.engine.embedded.inspect import Inspector
from concertato.journal.contract import RunFilter
from crash.killing import forks
from crash.ledger_program import balances

RUNS = 30


@pytest.mark.parametrize("seed", range(3))
def test_after_kills_every_acknowledged_run_ends_and_the_ledger_balances(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    acknowledged: dict[str, str] = {}
    told: dict[str, str] = {}
    with forks("crash.ledger_program", tmp_path) as server:
        kills = [dice.randint(1, RUNS * 2 - 1) for _ in range(4)]
        lives = [server.live(0, RUNS, lines=kill) for kill in [*kills, None]]
    assert [life.status for life in lives] == [-9] * 4 + [0]
    for life in lives:
        for words in life.said:
            if words[0] == "started":
                assert acknowledged.setdefault(words[1], words[2]) == words[2], "a key is one run for ever"
            elif words[0] == "ended":
                assert told.setdefault(words[1], words[2]) == words[2], "an end that was told stays"
    assert len(acknowledged) == RUNS
    expected = {str(number): "rolled_back" if number % 3 == 0 else "succeeded" for number in range(RUNS)}
    assert told == expected
    with Inspector.open(tmp_path / "journal.db") as inspector:
        rows = inspector.runs(RunFilter(limit=1000))
        assert {row.run_id for row in rows} == set(acknowledged.values())
        assert Counter(row.status for row in rows) == Counter(expected.values())
    good = sum(status == "succeeded" for status in expected.values())
    assert balances(tmp_path) == {"from": -10 * good, "to": 10 * good, "receipts": 3 * good}
