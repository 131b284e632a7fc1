"""Processes that are killed at random moments, one after the other, on one journal and one ledger.

python -m crash.moments [KILLS] [--seed S]      (from the folder of the tests; `make crash` is this)
"""

import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from concertato.engine.embedded.inspect import Inspector
from concertato.journal.contract import RunFilter, StoredEvent, TaskFilter
from concertato.run.events import CompensationSucceeded, Decided, NodeSucceeded, RunFinished
from crash.ledger_program import ledger
from crash.people_program import asked_about
from support.source import ROOT, SRC

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


class Life(NamedTuple):
    """A process from its fork to its end: what it said, as words, and the exit status, or the signal as a negative."""

    said: list[list[str]]
    status: int


class Forks:
    """The fork server of a program, on a journal and a ledger in `folder`."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self._process, self._folder = process, folder

    def live(self, seconds: float | None, *numbers: int) -> Life:
        """Have a process live for so many seconds, or to its own end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        words = ["-" if seconds is None else f"{seconds:.4f}", self._folder / "journal.db", self._folder / "ledger.db"]
        self._process.stdin.write(" ".join(map(str, [*words, *numbers])) + "\n")
        self._process.stdin.flush()
        said: list[list[str]] = []
        for line in self._process.stdout:
            said.append(line.split())
            if line.startswith("ended-with "):
                *before, (_, status) = [words for words in said if words]
                return Life(before, int(status))
        raise AssertionError("the fork server has ended")


@contextmanager
def forks(module: str, folder: Path) -> Iterator[Forks]:
    path = os.pathsep.join([str(SRC), str(ROOT / "tests")])
    command = [sys.executable, str(Path(__file__).with_name("fork_server.py")), module]
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield Forks(process, folder)
        finally:
            assert process.stdin is not None
            process.stdin.close()


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
        seen.hear(server.live(None, 0, AT_ONCE, AT_ONCE))
        whole = time.monotonic() - began
        for _ in range(kills):
            seconds = dice.uniform(0.0, whole * (_SHORT if dice.random() < 0.3 else _LONGEST))
            # Some that were started before are asked for again: people see to those that wait for them.
            life = server.live(seconds, max(seen.following - 2 * AT_ONCE, 0), _MANY, AT_ONCE)
            seen.hear(life)
            seen.note_kill(life, position_of(folder))
        last = server.live(None, 0, seen.following + AT_ONCE, AT_ONCE)
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
    booked = ledger(str(folder / "ledger.db")).execute("SELECT account, sum(amount) FROM entries GROUP BY account")
    receipts = {"receipts": 3 * good} if module == LEDGER else {}
    assert dict(booked) == {"from": -10 * good, "to": 10 * good, **receipts}


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
    parser.add_argument("kills", nargs="?", type=int, default=1000, metavar="KILLS", help="how many (1000)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (0)")
    given = parser.parse_args()
    began, done = time.monotonic(), Counter[str]()
    for turn in range(-(-given.kills // KILLS_EACH)):
        module = (LEDGER, PEOPLE)[turn % 2]
        with tempfile.TemporaryDirectory() as folder:
            seen = killed(module, Path(folder), random.Random(f"{given.seed} {turn}"), KILLS_EACH)
            check(module, Path(folder), seen)
        done.update({"kills": seen.kills, "runs": len(seen.started), "asked again": seen.again, **seen.phases})
        sys.stderr.write(f"crash: {done['kills']} kills, {done['runs']} runs, nothing lost and nothing done twice\n")
    told = ", ".join(f"{count} {what}" for what, count in done.items())
    sys.stdout.write(f"crash: done in {time.monotonic() - began:.0f} s: {told}; seed {given.seed}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
