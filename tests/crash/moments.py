"""Processes that are killed at random moments, one after the other, on one journal and one ledger.

python -m crash.moments [KILLS] [--seed S]      (from the folder of the tests; `make crash` is this)
"""

import argparse
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from concertato.engine.embedded.inspect import Inspector
from concertato.journal.contract import RunFilter, StoredEvent, TaskFilter
from concertato.run.events import CompensationSucceeded, Decided, NodeSucceeded, RunFinished
from crash.killing import Life, forks
from crash.ledger_program import balances
from crash.people_program import asked_about

AT_ONCE = 5
KILLS_EACH = 25
"""So many kills on one journal; then another begins."""

_LONGEST, _SHORT = 2.0, 0.6
"""How long a process lives at most, and how long one that is to die as it opens the journal and takes up what is there:
in lives of one that is not killed and does a few runs, which are longer the slower the machine is.
"""

_MANY = 1_000_000
"""No process that is killed gets to the end of so many runs."""

LEDGER, PEOPLE = "crash.ledger_program", "crash.people_program"


@dataclass
class Seen:
    """What was said over all lives on one journal, and where it stood at each kill."""

    started: dict[int, str] = field(default_factory=dict)
    ended: dict[int, str] = field(default_factory=dict)
    decided: Counter[tuple[str, str]] = field(default_factory=Counter)
    again: int = 0
    """How often an agent was asked again for what it had done: the kill had come between that and its commit."""
    kills: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    positions: set[int] = field(default_factory=set)

    def hear(self, life: Life) -> None:
        for words in life.said:
            match words:
                case ["started", number, run]:
                    assert self.started.setdefault(int(number), run) == run, "a key is one run for ever"
                case ["ended", number, status]:
                    assert self.ended.setdefault(int(number), status) == status, "an end that was told stays"
                case ["decided", number, task]:
                    self.decided[number, task] += 1
                case ["again", _]:
                    self.again += 1
                case _:
                    pass  # how far it has come: see `note_kill`

    def note_kill(self, life: Life, position: int) -> None:
        assert life.status == -9, f"expected it to be killed, it ended with {life.status}: {life.said[-3:]}"
        said = {words[0] for words in life.said}
        self.kills += 1
        self.phases["at work" if said & {"started", "ended"} else "opened" if "opened" in said else "opening"] += 1
        self.positions.add(position)

    @property
    def following(self) -> int:
        """The number of the first run that nobody was told has started."""
        return max(self.started, default=-1) + 1


def position_of(folder: Path) -> int:
    """How many events are durable. Of copies: whoever opens the files themselves recovers them, which is another's."""
    with tempfile.TemporaryDirectory() as copies:
        for file in folder.glob("journal.db*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, copies)
        with closing(sqlite3.connect(Path(copies) / "journal.db")) as journal:
            if not journal.execute("SELECT 1 FROM sqlite_master WHERE name = 'events'").fetchone():
                return 0
            return int(journal.execute("SELECT count(*) FROM events").fetchone()[0])


def killed(module: str, folder: Path, dice: random.Random, kills: int) -> Seen:
    """So many processes, each killed and followed by the next, and a last one that sees everything to its end."""
    seen = Seen()
    with forks(module, folder) as server:
        began = time.monotonic()
        seen.hear(server.live(0, AT_ONCE, AT_ONCE))
        whole = time.monotonic() - began
        for _ in range(kills):
            seconds = dice.uniform(0.0, whole * (_SHORT if dice.random() < 0.3 else _LONGEST))
            # Some that were started before are asked for again: people see to those that wait for them.
            life = server.live(max(seen.following - 2 * AT_ONCE, 0), _MANY, AT_ONCE, seconds=seconds)
            seen.hear(life)
            seen.note_kill(life, position_of(folder))
        last = server.live(0, seen.following + AT_ONCE, AT_ONCE)
        assert last.status == 0, last
        seen.hear(last)
    return seen


def check(module: str, folder: Path, seen: Seen) -> None:
    """Every run that was acknowledged is there and has ended as it must; the ledger balances; the audit chain holds."""
    count = len(seen.started)
    assert sorted(seen.started) == list(range(count))
    assert seen.ended == {number: "succeeded" if number % 3 else "rolled_back" for number in range(count)}
    with Inspector.open(folder / "journal.db") as inspector:
        rows = inspector.runs(RunFilter(limit=1_000_000))
        assert {row.run_id: row.status for row in rows} == {seen.started[n]: seen.ended[n] for n in range(count)}
        assert not inspector.tasks(TaskFilter())
        assert not inspector.audit().problems
        for row in rows:
            _check_run(module, int((row.key or "").removeprefix("transfer-")), inspector.events(row.run_id))
    assert max(seen.decided.values(), default=1) == 1, "what was acknowledged is not asked for again"
    good = sum(status == "succeeded" for status in seen.ended.values())
    receipts = {"receipts": 3 * good} if module == LEDGER else {}
    assert balances(folder) == {"from": -10 * good, "to": 10 * good, **receipts}


def _check_run(module: str, number: int, stored: Iterator[StoredEvent]) -> None:
    """Every result, every undoing and every decision stands once in the journal."""
    events = [each.event for each in stored]
    results = [each.path for each in events if isinstance(each, NodeSucceeded | CompensationSucceeded)]
    assert len(results) == len(set(results)), results
    assert sum(isinstance(each, RunFinished) for each in events) == 1
    decided = [each.task for each in events if isinstance(each, Decided)]
    assert decided == (asked_about(number) if module == PEOPLE else [])


def main() -> int:
    parser = argparse.ArgumentParser(prog="make crash", description="Kills real processes at random moments.")
    parser.add_argument(
        "kills",
        nargs="?",
        type=int,
        default=1000,
        metavar="KILLS",
        help=f"how many (1000), rounded up to {KILLS_EACH}s",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the moments (0)")
    given = parser.parse_args()
    if given.kills < 1:
        parser.error(f"expected KILLS to be a number from 1 on, got: {given.kills}")
    began, done = time.monotonic(), Counter[str]()
    for turn in range(-(-given.kills // KILLS_EACH)):
        module = (LEDGER, PEOPLE)[turn % 2]
        folder = Path(tempfile.mkdtemp(prefix="crash-"))
        try:
            seen = killed(module, folder, random.Random(f"{given.seed} {turn}"), KILLS_EACH)
            check(module, folder, seen)
        except BaseException:
            # The moments are those of a clock: the seed alone does not bring them back, so what was found is kept.
            sys.stderr.write(
                f"crash: {module}, turn {turn} of seed {given.seed}: its journal and ledger are in {folder}\n"
            )
            raise
        shutil.rmtree(folder)
        done.update({"kills": seen.kills, "runs": len(seen.started), "asked again": seen.again, **seen.phases})
        sys.stderr.write(f"crash: {done['kills']} kills, {done['runs']} runs, nothing lost and nothing done twice\n")
    told = ", ".join(f"{count} {what}" for what, count in done.items())
    sys.stdout.write(f"crash: done in {time.monotonic() - began:.0f} s: {told}; seed {given.seed}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
