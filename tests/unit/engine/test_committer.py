"""Group commit: what is gathered in one go is one commit, nothing follows before it, and whatever fails is told."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from concertato.engine.embedded.committer import Committer
from concertato.errors import JournalError
from concertato.journal.sqlite import SqliteJournal, open_journal, open_reader
from support.journals import begin, done, run_id, started

MANY = 3000
"""More than any number at which one might be tempted to commit what has gathered so far."""


class Books:
    """A journal and its committer; `failures` are what the committer has told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failures: list[JournalError] = []
        self.journal: SqliteJournal = open_journal(path, durability="process")
        self.committer = Committer(self.journal, self.failures.append)

    def on_disk(self, number: int) -> tuple[str, int]:
        """The run's status and its last event."""
        reader = open_reader(self.path)
        try:
            row = reader.find(run_id(number))
            return ("nothing" if row is None else row.status), reader.last_seq(number)
        finally:
            reader.close()


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Books]:
    made = Books(tmp_path / "runs.db")
    yield made
    if not made.failures:
        await made.committer.close()
    made.journal.close()


async def test_what_is_gathered_in_one_go_is_one_commit_however_much_it_is(books: Books) -> None:
    number = begin(books.journal, started(1))
    seen: list[tuple[str, int]] = []
    for seq in range(1, MANY):
        books.journal.append(number, seq, done(f"n{seq}"))
        books.committer.then(lambda: seen.append(books.on_disk(number)) if not seen else None)
    books.journal.set_status(number, "paused", None)  # what is said of a run comes after its event
    await books.committer.settled()
    assert seen == [("paused", MANY - 1)]


@pytest.mark.parametrize("gathered", [False, True])
async def test_nothing_follows_before_whoever_asked_for_it_is_done(books: Books, gathered: bool) -> None:
    followed: list[int] = []
    if gathered:
        begin(books.journal, started(1))
    for number in range(MANY):
        books.committer.then(followed.append, number)
        assert followed == []
    await books.committer.settled()
    assert followed == list(range(MANY))


async def test_closing_commits_also_what_nothing_is_to_follow(books: Books) -> None:
    number = begin(books.journal, started(1))
    await books.committer.settled()
    books.journal.set_status(number, "rolling_back", None)
    await books.committer.close()
    assert books.on_disk(number) == ("rolling_back", 0)


async def test_who_comes_too_late_is_refused_and_does_not_wait_for_ever(books: Books) -> None:
    await books.committer.close()
    with pytest.raises(JournalError, match="closed"):
        await asyncio.wait_for(books.committer.settled(), 20)


@pytest.mark.parametrize("problem", [MemoryError("no more"), OverflowError("too long"), JournalError("full")])
async def test_whatever_ends_a_commit_is_told_and_nothing_follows(
    books: Books, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    def fails(groups: object) -> None:
        raise problem

    monkeypatch.setattr(books.journal, "_write_groups", fails)
    begin(books.journal, started(1))
    followed: list[str] = []
    books.committer.then(followed.append, "something")
    with pytest.raises(JournalError, match=r"no more|too long|full"):
        await asyncio.wait_for(books.committer.settled(), 20)
    assert len(books.failures) == 1
    assert followed == []
    await asyncio.wait_for(books.committer.close(), 20)


async def test_who_stops_waiting_costs_nobody_anything(books: Books) -> None:
    begin(books.journal, started(1))
    waiting = asyncio.ensure_future(books.committer.settled())
    await asyncio.sleep(0)
    waiting.cancel()
    await books.committer.settled()
    assert waiting.cancelled()
    assert books.on_disk(1) == ("running", 0)
