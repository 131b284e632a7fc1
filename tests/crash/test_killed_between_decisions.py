"""A process is killed while people decide and what failed is undone: no decision is lost, none is asked for again."""

import random
from collections import Counter
from pathlib import Path

import pytest

from concertato.engine.embedded.inspect import Inspector
from concertato.journal.contract import RunFilter, TaskFilter
from concertato.run.events import CompensationSucceeded, Decided
from crash.killing import forks
from crash.ledger_program import balances
from crash.people_program import asked_about

RUNS = 18


@pytest.mark.parametrize("seed", range(2))
def test_after_kills_every_decision_stands_once_and_the_ledger_balances(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    decided: Counter[tuple[str, str]] = Counter()
    told: dict[str, str] = {}
    with forks("crash.people_program", tmp_path) as server:
        kills = [dice.randint(RUNS, RUNS * 3) for _ in range(4)]
        lives = [server.live(0, RUNS, lines=kill) for kill in [*kills, None]]
    assert lives[-1].status == 0
    for life in lives:
        for words in life.said:
            if words[0] == "decided":
                decided[words[1], words[2]] += 1
            elif words[0] == "ended":
                assert told.setdefault(words[1], words[2]) == words[2], "an end that was told stays"
    assert told == {str(number): "succeeded" if number % 3 else "rolled_back" for number in range(RUNS)}
    assert max(decided.values()) == 1, "what was acknowledged is not asked for again"
    with Inspector.open(tmp_path / "journal.db") as inspector:
        rows = inspector.runs(RunFilter(limit=1000))
        assert not inspector.tasks(TaskFilter())
        assert not inspector.audit().problems
        for row in rows:
            events = [stored.event for stored in inspector.events(row.run_id)]
            assert row.key is not None
            expected = asked_about(int(row.key.removeprefix("transfer-")))
            assert [each.task for each in events if isinstance(each, Decided)] == expected
            assert len([each for each in events if isinstance(each, CompensationSucceeded)]) <= 1
    good = sum(status == "succeeded" for status in told.values())
    assert balances(tmp_path) == {"from": -10 * good, "to": 10 * good}
