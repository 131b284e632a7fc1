"""Hundreds of processes are killed at random moments: opening, recovering, at work. Nothing is lost or done twice."""

import random
from pathlib import Path

import pytest

from crash.moments import KILLS_EACH, LEDGER, PEOPLE, Seen, check, killed

JOURNALS = 4
"""Of each program, each killed `KILLS_EACH` times. `make crash` does it as often as one likes."""


@pytest.mark.parametrize("program", [LEDGER, PEOPLE])
def test_after_hundreds_of_kills_every_acknowledged_run_has_ended_and_the_ledger_balances(
    program: str, tmp_path: Path
) -> None:
    all_seen: list[Seen] = []
    for number in range(JOURNALS):
        folder = tmp_path / str(number)
        folder.mkdir()
        seen = killed(program, folder, random.Random(number), KILLS_EACH)
        check(program, folder, seen)
        all_seen.append(seen)
    kills = sum(seen.kills for seen in all_seen)
    assert kills == JOURNALS * KILLS_EACH
    # The moments differ indeed: else all this would say little.
    phases = [sum(seen.phases[phase] for seen in all_seen) for phase in ("opening", "opened", "at work")]
    assert min(phases) > kills // 25, phases
    assert sum(len(seen.positions) for seen in all_seen) > kills // 3, "the journals stood at many different places"
    assert sum(seen.again for seen in all_seen) > 5, "some were killed between what an agent did and its commit"
