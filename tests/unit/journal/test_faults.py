"""A full disk, a damaged file, a torn log: what was acknowledged is there afterwards, and what went wrong is said."""

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from concertato.errors import JournalCorrupt, JournalError, JournalFull
from concertato.journal.sqlite import SqliteJournal, open_journal, open_reader
from concertato.run.events import AnyEvent
from support.disk import files_of_at_most
from support.journals import begin, done, recorded, run_id, save, started, text_of, written


def fill(journal: SqliteJournal, number: int) -> list[AnyEvent]:
    """Commit event after event until the journal refuses; what it acknowledged."""
    acknowledged: list[AnyEvent] = []
    while True:
        event = done(f"n{len(acknowledged)}", text_of(9000 + len(acknowledged)))
        journal.append(number, len(acknowledged), event)
        try:
            save(journal)
        except JournalFull:
            return acknowledged
        acknowledged.append(event)


def test_on_a_full_disk_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with closing(open_journal(path)) as journal:
        number = begin(journal)
        save(journal)
        with files_of_at_most(1_100_000):
            acknowledged = fill(journal, number)
        assert len(acknowledged) > 20
        assert recorded(journal, number) == written(*acknowledged)
    with closing(open_journal(path)) as journal:  # room was made
        assert recorded(journal, number) == written(*acknowledged)
        journal.append(number, len(acknowledged), done("after"))
        save(journal)
        assert recorded(journal, number) == written(*acknowledged, done("after"))


def test_a_database_that_may_not_grow_is_told_at_the_commit(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with closing(open_journal(path)) as journal:
        number = begin(journal)
        save(journal)
        journal._write.execute("PRAGMA max_page_count = 100")
        acknowledged = fill(journal, number)
        assert len(acknowledged) > 5
        assert recorded(journal, number) == written(*acknowledged)


def test_a_journal_that_failed_takes_nothing_more_until_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with closing(open_journal(path)) as journal:
        number = begin(journal)
        save(journal)
        with files_of_at_most(100_000):
            acknowledged = fill(journal, number)
        journal.append(number, len(acknowledged) + 1, done("after a gap"))
        for _ in range(2):
            with pytest.raises(JournalFull, match="everything acknowledged is kept"):
                journal.flush()
            with pytest.raises(JournalFull):
                journal.commit()
        begin(journal)
        assert journal.find(run_id(number)) is not None  # looking goes on
    with closing(open_journal(path)) as journal:
        assert recorded(journal, number) == written(*acknowledged)


def test_a_journal_that_failed_can_still_be_purged(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with closing(open_journal(path)) as journal:
        ended = begin(journal, done("a", text_of(50_000)))
        journal.set_status(ended, "succeeded", 2.0)
        number = begin(journal)
        save(journal)
        journal._write.execute("PRAGMA max_page_count = 60")
        fill(journal, number)
        assert journal.purge([ended]) == 1
        assert recorded(journal, ended) == []


def test_what_python_interrupts_is_taken_back_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "runs.db"

    def interrupt(groups: object) -> None:
        raise KeyboardInterrupt

    with closing(open_journal(path)) as journal:
        number = begin(journal, started(1))
        monkeypatch.setattr(journal, "_write_groups", interrupt)
        journal.flush()
        with pytest.raises(KeyboardInterrupt):
            journal.commit()
        monkeypatch.undo()
        with pytest.raises(JournalError, match="was interrupted"):
            journal.flush()
    with closing(open_journal(path)) as journal:
        assert recorded(journal, number) == []


@pytest.mark.parametrize("seed", range(12))
def test_a_log_torn_anywhere_gives_what_was_committed_before_the_tear(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    path = tmp_path / "runs.db"
    log = tmp_path / "runs.db-wal"
    acknowledged: list[tuple[int, int]] = []  # (bytes of log, events) after each commit
    events: list[AnyEvent] = []
    with closing(open_journal(path)) as journal:
        number = begin(journal)
        save(journal)
        journal._write.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for _ in range(30):
            for _ in range(dice.randrange(1, 5)):
                events.append(done(f"n{len(events)}", text_of(dice.choice([10, 500, 9000, 30_000]))))
                journal.append(number, len(events) - 1, events[-1])
            save(journal)
            acknowledged.append((log.stat().st_size, len(events)))
        cut = dice.randrange(log.stat().st_size)
        torn = tmp_path / "torn"
        torn.mkdir()
        for name in ("runs.db", "runs.db-wal"):
            shutil.copy(tmp_path / name, torn / name)
    if seed % 2:
        with (torn / "runs.db-wal").open("r+b") as file:
            file.truncate(cut)
    else:  # the length is there and the bytes are not, as after a loss of power
        with (torn / "runs.db-wal").open("r+b") as file:
            file.seek(cut)
            file.write(bytes(acknowledged[-1][0] - cut))
    kept = max((count for size, count in acknowledged if size <= cut), default=0)
    with closing(open_journal(torn / "runs.db")) as journal:
        found = recorded(journal, number)
        assert found == written(*events)[: len(found)]
        assert len(found) >= kept
        assert len(found) in {0, *(count for _, count in acknowledged)}, "a group is there whole or not at all"
        journal.append(number, len(found), done("after"))
        save(journal)
        assert journal.last_seq(number) == len(found)


def test_a_damaged_database_is_told_and_how_to_save_it(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with closing(open_journal(path)) as journal:
        number = begin(journal, *(done(f"n{seq}", text_of(3000)) for seq in range(200)))
        save(journal)
    content = bytearray(path.read_bytes())
    content[40_000:] = random.Random(1).randbytes(len(content) - 40_000)
    path.write_bytes(content)
    with closing(open_reader(path)) as reader, pytest.raises(JournalCorrupt, match=r'sqlite3 \S+ "\.recover"'):
        recorded(reader, number)


def test_a_database_cut_short_is_told(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with closing(open_journal(path)) as journal:
        number = begin(journal, *(done(f"n{seq}", text_of(3000)) for seq in range(200)))
        save(journal)
    with path.open("r+b") as file:
        file.truncate(60_000)
    with pytest.raises(JournalCorrupt, match="is damaged"), closing(open_reader(path)) as reader:
        recorded(reader, number)


def test_a_closed_journal_says_so(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "runs.db")
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.find("anything")
    begin(journal)
    with pytest.raises(JournalError, match="closed"):
        journal.flush()


def test_no_error_of_sqlite_gets_out_as_such(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path / "runs.db")) as journal:
        journal._write.execute("DROP TABLE events")
        begin(journal, started(1))
        with pytest.raises(JournalError, match="SQLITE_ERROR: no such table") as raised:
            save(journal)
        assert isinstance(raised.value.__cause__, sqlite3.Error)
