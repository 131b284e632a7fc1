"""The SQL is in its files: every statement named, described, used, and served by the index that was made for it."""

import re
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest

from concertato.journal.sqlite import SqliteJournal, open_journal
from concertato.journal.statements import MIGRATIONS, SQL, repeated

TEXT = files("concertato.journal").joinpath("queries.sql").read_text("utf-8")
SOURCE = "".join(
    file.read_text("utf-8")
    for file in map(Path, map(str, files("concertato.journal").iterdir()))
    if file.suffix == ".py"
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    with closing(open_journal(tmp_path / "runs.db")) as journal:
        yield journal


def plan_of(journal: SqliteJournal, name: str) -> str:
    parameters: object = dict.fromkeys(re.findall(r":(\w+)", SQL[name])) or [None] * SQL[name].count("?")
    steps = journal._read.execute(f"EXPLAIN QUERY PLAN {SQL[name]}", parameters)  # type: ignore[arg-type]
    return "\n".join(step[3] for step in steps)


def test_every_statement_has_a_name_and_a_description() -> None:
    assert TEXT.count(";\n") == TEXT.count("-- name: ") == len(SQL)


@pytest.mark.parametrize("name", SQL)
def test_every_statement_fits_the_schema(journal: SqliteJournal, name: str) -> None:
    plan_of(journal, name)


@pytest.mark.parametrize("name", SQL)
def test_every_statement_is_used(name: str) -> None:
    assert f'"{name}"' in SOURCE


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("events_page", ["SEARCH events USING INDEX events_by_run (number=? AND seq>?)"]),
        ("last_seq", ["SEARCH events USING COVERING INDEX events_by_run (number=?)"]),
        ("run_by_key", ["SEARCH runs USING INDEX runs_by_key (key=?)"]),
        ("list_runs", ["SEARCH runs USING INTEGER PRIMARY KEY (rowid<?)"]),
        ("list_runs_of_workflow", ["SEARCH runs USING INDEX runs_by_workflow (workflow=? AND rowid<?)"]),
        ("list_unusual_runs", ["SEARCH runs USING INDEX runs_by_status (status=? AND rowid<?)"]),
        ("unfinished_runs", ["SEARCH runs USING INDEX runs_going (parked=? AND rowid>?)"]),
        ("wakes", ["SEARCH runs USING INDEX runs_waking (wake_at>?)"]),
        ("list_tasks", ["SEARCH tasks USING INDEX tasks_by_status (status=? AND"]),
        (
            "list_tasks_of_assignee",
            [
                "SEARCH assignees USING COVERING INDEX tasks_by_assignee (assignee=? AND status=? AND",
                "SEARCH tasks USING PRIMARY KEY (number=? AND task=?)",
            ],
        ),
        ("list_tasks_of_run", ["SEARCH tasks USING PRIMARY KEY (number=?)"]),
        ("list_due_tasks", ["SEARCH tasks USING INDEX tasks_due (status=? AND due<?)"]),
        (
            "list_tasks_of_workflow",
            ["SEARCH tasks USING INDEX tasks_by_workflow (workflow=? AND status=? AND"],
        ),
        ("tasks_by_name", ["SEARCH tasks USING INDEX tasks_by_name (task=?)"]),
        ("task_of_run", ["SEARCH tasks USING INDEX tasks_by_name (task=? AND run_id=?)"]),
        ("tasks_of_tail", ["SEARCH tasks USING INDEX tasks_by_name (task=?)"]),
        ("list_notices", ["SEARCH outbox USING PRIMARY KEY (id>?)"]),
        ("list_undelivered", ["SEARCH outbox USING INDEX outbox_undelivered (id>?)"]),
        ("list_undelivered_of_hook", ["SEARCH outbox USING INDEX outbox_waiting (hook=? AND id>?)"]),
        ("delete_notices", ["SEARCH outbox USING INDEX outbox_by_run (number=?)"]),
        ("audit_page", ["SEARCH audit USING INTEGER PRIMARY KEY (rowid>?)"]),
        (
            "event_on_disk",
            [
                "SEARCH runs USING COVERING INDEX sqlite_autoindex_runs_1 (run_id=?)",
                "SEARCH events USING INDEX events_by_run (number=? AND seq=?)",
            ],
        ),
        (
            "decided_runs",
            [
                "SEARCH runs USING INTEGER PRIMARY KEY (rowid>?)",
                "SEARCH audit USING COVERING INDEX audit_by_event (run_id=?)",
                "SEARCH events USING INDEX events_by_run (number=? AND seq=?)",
            ],
        ),
        (
            "unlinked_page",
            [
                "SEARCH events USING INTEGER PRIMARY KEY (rowid>?)",
                "SEARCH audit USING COVERING INDEX audit_by_event (run_id=? AND seq=?)",
            ],
        ),
        ("delete_unused_content", ["SEARCH uses USING COVERING INDEX uses_by_content (content=?)"]),
    ],
)
def test_no_hot_statement_reads_a_whole_table(journal: SqliteJournal, name: str, steps: list[str]) -> None:
    plan = plan_of(journal, name)
    assert [step for step in steps if step not in plan] == [], plan
    assert not re.search(r"SCAN (events|runs|uses|contents|tasks|assignees|outbox|audit)", plan), plan
    # Statuses are merged; SQLite leaves each one's rows as soon as those it holds already are newer. A run's tasks are
    # few, and so are those that are due.
    sorted_ = {"list_unusual_runs", "list_tasks_of_run", "list_due_tasks"}
    assert ("USE TEMP B-TREE" in plan) is (name in sorted_), plan


def test_migrations_are_numbered_without_a_gap() -> None:
    names = sorted(entry.name for entry in files("concertato.journal").joinpath("migrations").iterdir())
    assert [int(name[:4]) for name in names] == list(range(1, len(MIGRATIONS) + 1))


def test_an_insert_of_many_rows_is_made_of_the_one_of_a_row() -> None:
    assert repeated("INSERT INTO t (a, b) VALUES (?, ?);", 3) == "INSERT INTO t (a, b) VALUES (?, ?), (?, ?), (?, ?);"
