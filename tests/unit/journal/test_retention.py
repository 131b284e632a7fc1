"""Purged runs leave nothing, the writer goes on meanwhile, and the space goes back to the disk."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import Raw

from concertato.errors import JournalError
from concertato.journal import retention
from concertato.journal.sqlite import SqliteJournal, open_journal, open_reader
from concertato.plan.fingerprint import fingerprint
from concertato.run.events import PlanEdited
from support.journals import DOCUMENT, PLAN, begin, done, recorded, run_id, run_row, save, started, text_of, written

TABLES = ("events", "runs", "contents", "uses", "purging", "tasks", "assignees", "outbox")
BIG = text_of(100_000)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    with closing(open_journal(tmp_path / "runs.db")) as journal:
        yield journal


def ended_run(journal: SqliteJournal, *outputs: bytes) -> int:
    number = begin(journal, *(done(f"n{seq}", output) for seq, output in enumerate(outputs)))
    journal.set_status(number, "succeeded", 2.0)
    return number


def counts(journal: SqliteJournal) -> dict[str, int]:
    return {table: journal._read.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


def test_the_last_run_leaves_nothing(journal: SqliteJournal) -> None:
    numbers = [ended_run(journal, BIG, b"1", text_of(9000, str(index))) for index in range(3)]
    save(journal)
    assert journal.purge(numbers) == 3
    assert counts(journal) == dict.fromkeys(TABLES, 0)


def test_a_value_stays_as_long_as_a_run_needs_it(journal: SqliteJournal) -> None:
    first, second = ended_run(journal, BIG), ended_run(journal, BIG, BIG)
    save(journal)
    journal.purge([first])
    assert recorded(journal, second) == written(done("n0", BIG), done("n1", BIG))
    journal.purge([second])
    assert counts(journal)["contents"] == 0


def test_an_edited_definition_stays_as_long_as_its_run(journal: SqliteJournal) -> None:
    document = b'{"edited":true}'
    edited = fingerprint(document)
    edit = PlanEdited(at=1.0, patch=Raw(b"{}"), plan=edited)
    number = begin(journal, started(1))
    journal.put_document(edited, document)
    journal.append(number, 1, edit)
    other = ended_run(journal)
    save(journal)
    journal.purge([other])
    assert journal.document(edited) == document
    journal.set_status(number, "failed", 2.0)
    save(journal)
    journal.purge([number])
    with pytest.raises(JournalError, match="missing"):
        journal.document(edited)


def test_a_definition_put_again_while_its_last_run_is_purged_is_there(journal: SqliteJournal) -> None:
    first = ended_run(journal)
    save(journal)
    second = begin(journal, started(2))  # gathered before the purge, written after it
    journal.purge([first])
    save(journal)
    assert journal.document(PLAN) == DOCUMENT
    assert journal.find(run_id(second)) == run_row(second)


def test_a_big_run_goes_in_slices(journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_ROWS", 10)
    monkeypatch.setattr(retention, "_CONTENTS", 3)
    small = [ended_run(journal, b"1") for _ in range(5)]
    big = ended_run(journal, *(text_of(8500 + seq) for seq in range(35)))
    kept = ended_run(journal, text_of(8500))
    save(journal)
    assert journal.purge([*small, big]) == 6
    left = {"events": 1, "runs": 1, "contents": 2, "uses": 2}
    assert counts(journal) == dict.fromkeys(TABLES, 0) | left
    assert recorded(journal, kept) == written(done("n0", text_of(8500)))


def test_a_purge_that_was_cut_off_is_finished_by_the_next(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = ended_run(journal, *(text_of(8500 + seq) for seq in range(35)))
    save(journal)

    def cut_off(connection: sqlite3.Connection) -> bool:
        connection.execute("DELETE FROM events WHERE seq < 20")
        raise KeyboardInterrupt

    monkeypatch.setattr(retention, "_remove_some", cut_off)
    with pytest.raises(KeyboardInterrupt):
        journal.purge([number])
    monkeypatch.undo()
    assert journal.find(run_id(number)) is None
    assert counts(journal)["events"] == 35, "the slice that was cut off is taken back"
    assert journal.purge([]) == 0
    assert counts(journal) == dict.fromkeys(TABLES, 0)


def test_the_number_of_a_run_half_purged_is_not_given_again(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with closing(open_journal(path)) as journal:
        number = ended_run(journal, b"1")
        save(journal)
        journal._write.execute("DELETE FROM runs")
    with closing(open_journal(path)) as journal:
        assert journal.next_number() > number


def test_a_purge_waits_for_the_group_under_way_and_no_longer(journal: SqliteJournal) -> None:
    ended = ended_run(journal, b"1")
    save(journal)
    live = begin(journal, started(2))
    journal.flush()
    purged: list[int] = []
    purge = threading.Thread(target=lambda: purged.append(journal.purge([ended])))
    purge.start()
    assert journal.find(run_id(ended)) is not None
    journal.commit()
    purge.join()
    assert purged == [1]
    assert recorded(journal, live) == written(started(2))


def test_a_run_purged_while_somebody_reads_it_ends_there(journal: SqliteJournal) -> None:
    number = ended_run(journal, b"1", BIG)
    save(journal)
    half_read = journal.events(number)
    assert next(half_read).seq == 0
    journal.purge([number])
    assert list(half_read) == []


def test_a_live_writer_goes_on_beside_a_purge(journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_ROWS", 20)
    ended = [ended_run(journal, *[b"1"] * 50) for _ in range(40)]
    live = begin(journal)
    save(journal)
    purge = threading.Thread(target=journal.purge, args=[ended])
    purge.start()
    seq = 0
    while purge.is_alive() or seq < 50:
        journal.append(live, seq, done(f"n{seq}"))
        save(journal)
        seq += 1
    purge.join()
    assert recorded(journal, live) == written(*(done(f"n{index}") for index in range(seq)))
    assert counts(journal)["events"] == seq


def test_vacuum_gives_the_space_back_and_says_how_much(journal: SqliteJournal, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    kept = begin(journal, done("kept", BIG))
    numbers = [ended_run(journal, *(text_of(100_000 + 10 * index + seq) for seq in range(10))) for index in range(10)]
    save(journal)
    journal.purge(numbers)
    journal._write.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.stat().st_size
    with closing(open_reader(path)) as reader:
        freed = journal.vacuum()
        assert freed > 9_900_000
        assert path.stat().st_size == before - freed
        assert recorded(reader, kept) == written(done("kept", BIG))
    assert journal.vacuum() == 0
