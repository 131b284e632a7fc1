"""The writer's own ways: groups, two threads, a log that stays small, values that cost what they weigh."""

import threading
from contextlib import closing
from pathlib import Path

from concertato.journal.sqlite import open_journal, open_reader
from support.journals import begin, done, recorded, run_id, run_row, save, started, text_of, written


def test_gathering_goes_on_while_another_thread_commits(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path / "runs.db")) as journal:
        number = begin(journal)
        save(journal)
        events = [done(f"n{seq}") for seq in range(2000)]
        gathered = 0
        while gathered < len(events):
            journal.append(number, gathered, events[gathered])
            gathered += 1
            journal.flush()
            commit = threading.Thread(target=journal.commit)
            commit.start()
            while commit.is_alive() and gathered < len(events):
                journal.append(number, gathered, events[gathered])
                gathered += 1
            commit.join()
        save(journal)
        assert recorded(journal, number) == written(*events)


def test_several_flushes_make_one_commit(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path / "runs.db")) as journal:
        number = begin(journal, started(1))
        journal.flush()
        journal.append(number, 1, done("a"))
        journal.flush()
        assert recorded(journal, number) == []
        journal.commit()
        assert recorded(journal, number) == written(started(1), done("a"))


def test_the_last_word_on_a_run_counts(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path / "runs.db")) as journal:
        number = begin(journal)
        journal.set_parked(number, 5.0)
        journal.set_unparked(number)
        journal.set_parked(number, 7.0)
        save(journal)
        assert journal.find(run_id(number)) == run_row(number, parked=True, wake_at=7.0)


def test_the_log_starts_over_while_somebody_reads_page_by_page(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with closing(open_journal(path)) as journal, closing(open_reader(path)) as reader:
        number = begin(journal, *(done(f"n{seq}") for seq in range(600)))
        save(journal)
        half_read = reader.events(number)
        next(half_read)
        for seq in range(600, 1000):
            journal.append(number, seq, done(f"n{seq}", text_of(100_000 + seq)))
            save(journal)
        assert (tmp_path / "runs.db-wal").stat().st_size < 10_000_000
        assert [stored.seq for stored in half_read] == list(range(1, 1000))


def test_big_values_take_little_more_room_than_they_are_long(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    logical = 0
    with closing(open_journal(path, durability="process")) as journal:
        for index in range(5):
            number = begin(journal)
            for seq in range(10):
                value = text_of(256 * 1024 - index * 10 - seq)
                logical += len(value)
                journal.append(number, seq, done(f"n{seq}", value))
                save(journal)
    assert path.stat().st_size < 1.05 * logical


def test_one_very_large_commit_does_not_leave_a_very_large_log(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path / "runs.db", durability="process")) as journal:
        number = begin(journal, *(done(f"n{seq}", text_of(300_000 + seq)) for seq in range(100)))
        save(journal)
        journal.append(number, 100, done("after"))
        save(journal)
        assert (tmp_path / "runs.db-wal").stat().st_size < 10_000_000


def test_opening_and_closing_leaves_the_database_and_its_lock_alone(tmp_path: Path) -> None:
    open_journal(tmp_path / "runs.db").close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["runs.db", "runs.db.lock"]
