"""What can stand at a path where a journal was expected, and what is said of it."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from concertato.errors import (
    JournalCorrupt,
    JournalError,
    JournalLocked,
    JournalNotFound,
    JournalReadOnly,
    JournalTooNew,
)
from concertato.journal import opening
from concertato.journal.opening import APPLICATION, connect_writer
from concertato.journal.sqlite import open_journal, open_reader
from concertato.journal.statements import MIGRATIONS
from support.journals import begin, recorded, save, started, written


def pragma(path: Path, name: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_a_new_journal_is_marked_as_ours_and_gives_space_back(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    open_journal(path).close()
    assert pragma(path, "application_id") == APPLICATION
    assert pragma(path, "user_version") == len(MIGRATIONS)
    assert pragma(path, "journal_mode") == "wal"
    assert pragma(path, "auto_vacuum") == 2  # incremental


@pytest.mark.parametrize(("durability", "synchronous"), [("full", 2), ("process", 1)])
def test_durability_is_how_far_a_commit_is_pushed(tmp_path: Path, durability: str, synchronous: int) -> None:
    with closing(open_journal(tmp_path / "new.db", durability=durability)) as journal:  # type: ignore[arg-type]
        assert journal._write.execute("PRAGMA synchronous").fetchone() == (synchronous,)


def test_names_may_hold_anything(tmp_path: Path) -> None:
    path = tmp_path / "50% of #1? änderung.db"
    with closing(open_journal(path)) as journal:
        number = begin(journal, started(1))
        save(journal)
    assert path.exists()
    with closing(open_reader(path)) as reader:
        assert recorded(reader, number) == written(started(1))


def test_a_relative_path_means_the_same_file_after_a_change_of_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(open_journal("runs.db")) as journal:
        number = begin(journal)
        journal.set_status(number, "failed", 2.0)
        save(journal)
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert journal.purge([number]) == 1


@pytest.mark.parametrize("open_it", [open_journal, open_reader])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing/runs.db", "the folder .*missing does not exist; make it, or mend the path"),
        (".", "expected a file, got: a folder"),
        (":memory:", "a journal is a file"),
    ],
)
def test_a_path_at_which_no_journal_can_be_is_refused(
    tmp_path: Path, open_it: Callable[[Path], object], name: str, said: str
) -> None:
    with pytest.raises(JournalNotFound, match=said):
        open_it(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_looking_makes_no_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalNotFound, match="there is no journal at"):
        open_reader(tmp_path / "runs.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("open_it", [open_journal, open_reader])
@pytest.mark.parametrize("content", [b"hello", b"order_id,total\n" * 1000, b"SQLite format 3\0" + b"\xff" * 4080])
def test_a_file_of_another_kind_is_refused_and_left_as_it_is(
    tmp_path: Path, open_it: Callable[[Path], object], content: bytes
) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    with pytest.raises(JournalCorrupt, match="Nothing was changed"):
        open_it(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("open_it", [open_journal, open_reader])
@pytest.mark.parametrize("mark", ["application_id = 252006674", "user_version = 3", "encoding = 'UTF-8'"])
def test_the_database_of_another_program_is_refused_and_left_as_it_is(
    tmp_path: Path, open_it: Callable[[Path], object], mark: str
) -> None:
    path = tmp_path / "fossil.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"PRAGMA {mark}; CREATE TABLE events (id INTEGER PRIMARY KEY);")
    before = path.read_bytes()
    with pytest.raises(JournalCorrupt, match="the SQLite database of another program"):
        open_it(path)
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_journal_when_it_is_driven(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    path.touch()
    with pytest.raises(JournalError, match="has schema 0"):
        open_reader(path)
    open_journal(path).close()
    open_reader(path).close()


def test_a_journal_cut_off_in_its_making_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
    open_journal(path).close()
    assert pragma(path, "application_id") == APPLICATION


@pytest.mark.parametrize("open_it", [open_journal, open_reader])
def test_a_newer_journal_is_refused_and_left_as_it_is(tmp_path: Path, open_it: Callable[[Path], object]) -> None:
    path = tmp_path / "runs.db"
    open_journal(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = path.read_bytes()
    with pytest.raises(JournalTooNew, match=f"has schema {len(MIGRATIONS) + 1}, .* knows up to {len(MIGRATIONS)}"):
        open_it(path)
    assert path.read_bytes() == before


def test_an_older_journal_is_brought_up_to_date_with_all_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "runs.db"
    with closing(open_journal(path)) as journal:
        number = begin(journal, started(1))
        save(journal)
    newer = (
        *MIGRATIONS,
        "ALTER TABLE runs ADD COLUMN note TEXT;",
        "CREATE TABLE extra (a); INSERT INTO extra VALUES (1);",
    )
    connect_writer(path, "full", newer).close()
    assert pragma(path, "user_version") == len(newer)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT note, a FROM runs, extra").fetchall() == [(None, 1)]
    monkeypatch.setattr(opening, "MIGRATIONS", newer)
    with closing(open_reader(path)) as reader:  # a new column disturbs no one who does not know it
        assert recorded(reader, number) == written(started(1))


def test_a_reader_does_not_bring_an_older_journal_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "runs.db"
    open_journal(path).close()
    monkeypatch.setattr(opening, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE extra (a);"))
    with pytest.raises(JournalError, match="open it once for writing"):
        open_reader(path)


def test_a_migration_that_fails_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with closing(open_journal(path)) as journal:
        number = begin(journal, started(1))
        save(journal)
    with pytest.raises(JournalError, match="no such table: nowhere"):
        connect_writer(path, "full", (*MIGRATIONS, "CREATE TABLE extra (a); INSERT INTO nowhere VALUES (1);"))
    with closing(open_journal(path)) as journal:
        assert recorded(journal, number) == written(started(1))
        assert journal._read.execute("SELECT count(*) FROM sqlite_master WHERE name = 'extra'").fetchone() == (0,)


def test_after_a_refusal_nothing_is_held(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    path.write_bytes(b"no journal" * 100)
    for _ in range(2):
        with pytest.raises(JournalCorrupt):
            open_journal(path)
    path.unlink()
    open_journal(path).close()


def test_a_database_that_another_program_holds_is_said_to_be_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_BUSY_MS", 0)
    path = tmp_path / "runs.db"
    with closing(open_journal(path)) as journal, closing(sqlite3.connect(path, isolation_level=None)) as shell:
        shell.execute("BEGIN IMMEDIATE")
        begin(journal, started(1))
        with pytest.raises(JournalLocked, match="another program holds a transaction open"):
            save(journal)


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that an unprivileged user can reach; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@contextmanager
def unprivileged() -> Iterator[None]:
    """The superuser may write everywhere: be nobody for a while."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_folder_that_cannot_be_written_is_told(folder: Path) -> None:
    folder.chmod(0o555)
    with unprivileged(), pytest.raises(JournalReadOnly, match="expected to be allowed to write its folder"):
        open_journal(folder / "runs.db")
    assert list(folder.iterdir()) == []


def test_a_file_that_cannot_be_written_is_told(folder: Path) -> None:
    path = folder / "runs.db"
    open_journal(path).close()
    path.chmod(0o444)
    folder.chmod(0o777)
    (folder / "runs.db.lock").chmod(0o666)
    before = path.read_bytes()
    with unprivileged(), pytest.raises(JournalReadOnly, match="expected to be allowed to write the file"):
        open_journal(path)
    assert path.read_bytes() == before


def test_a_file_that_cannot_be_read_is_told(folder: Path) -> None:
    path = folder / "runs.db"
    open_journal(path).close()
    path.chmod(0o000)
    with unprivileged(), pytest.raises(JournalError, match="cannot be opened"):
        open_reader(path)


def test_a_journal_at_rest_can_be_looked_at_where_nothing_may_be_written(folder: Path) -> None:
    path = folder / "runs.db"
    with closing(open_journal(path)) as journal:
        number = begin(journal, started(1))
        save(journal)
    path.chmod(0o444)
    folder.chmod(0o555)
    with unprivileged(), closing(open_reader(path)) as reader:
        assert recorded(reader, number) == written(started(1))
