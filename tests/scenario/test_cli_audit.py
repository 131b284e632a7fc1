"""Whether the record of what people did is still what it was, asked from the command line."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from support.command import Command, Folder

REVIEW = "name: review\nnodes:\n  - {id: review, type: human, to: user:ann, choices: [approve, reject]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("review.yaml", REVIEW)
    for _ in range(2):
        assert folder.command("run", "review.yaml").status == 3
        decided = folder.command("decide", "review", "--choice", "reject", "--reason", "too dear", "--as", "ann")
        assert decided.status == 0, decided.err
    return folder


@pytest.fixture
def concertato(folder: Folder) -> Command:
    return folder.command


def change(folder: Folder, statement: str) -> None:
    with closing(sqlite3.connect(folder.path(".concertato") / "journal.db")) as journal:
        assert journal.execute(statement).rowcount > 0
        journal.commit()


def head(concertato: Command) -> str:
    found: str = json.loads(concertato("audit", "verify", "--json").out)["head"]
    return found


def test_a_record_that_nobody_changed_is_sound(concertato: Command) -> None:
    done = concertato("audit", "verify")
    assert done.status == 0, done.out
    assert done.out.startswith("sound in 4 records\nhead ")
    assert concertato("audit", "verify", "--head", head(concertato)).status == 0


def test_a_decision_that_was_changed_afterwards_is_found_with_its_run_and_event(
    concertato: Command, folder: Folder
) -> None:
    run_id = json.loads(concertato("runs", "--json").out.splitlines()[0])["run_id"]
    change(
        folder,
        "UPDATE events SET body = CAST(replace(CAST(body AS TEXT), 'reject', 'approve') AS BLOB) "
        "WHERE number = 2 AND CAST(body AS TEXT) LIKE '%Decided%'",
    )
    done = concertato("audit", "verify")
    assert done.status == 1
    assert f"run {run_id}, event 1: the event was changed after it was recorded" in done.out
    found = json.loads(concertato("audit", "verify", "--json").out)
    assert [(each["run_id"], each["seq"]) for each in found["problems"]] == [(run_id, 1)]


def test_a_definition_that_was_changed_afterwards_is_told_as_damage_by_whoever_needs_it(
    concertato: Command, folder: Folder
) -> None:
    concertato("run", "review.yaml")
    run_id = json.loads(concertato("runs", "--json").out.splitlines()[0])["run_id"]
    change(folder, "UPDATE contents SET body = 'xx'")
    verified = concertato("audit", "verify")
    assert (verified.status, verified.out.count("the run can no longer be replayed"), verified.err) == (1, 2, "")
    for asked in (["show", run_id], ["show", run_id, "--decisions"], ["resume", run_id], ["tasks", "review", "--json"]):
        done = concertato(*asked)
        assert (done.status, "CT402" in done.err, "Traceback" in done.err) == (4, True, False), (asked, done)
        assert "is not what was stored" in done.err
    assert concertato("events", run_id).out.count("RunStarted") == 1, "that is read without it"


def test_what_was_cut_off_at_the_end_is_found_with_the_head_of_before(concertato: Command, folder: Folder) -> None:
    before = head(concertato)
    change(folder, "DELETE FROM audit WHERE position > 2")
    change(folder, "DELETE FROM events WHERE number = 2")
    change(folder, "DELETE FROM runs WHERE number = 2")
    assert concertato("audit", "verify").status == 0, "the chain alone cannot know"
    done = concertato("audit", "verify", "--head", before)
    assert (done.status, "records are missing at the end" in done.out) == (1, True)


def test_what_cannot_be_delivered_is_listed_until_it_is(folder: Folder) -> None:
    folder.write("fails.sh", "echo the line is dead >&2\nexit 1\n")
    folder.write("takes.sh", "cat >> told.jsonl\n")
    fails = {"CONCERTATO_HOOK_COMMAND": "sh fails.sh"}
    assert folder.command("run", "review.yaml", environ=fails).status == 3
    listed = folder.command("outbox").out
    assert "command" in listed
    assert "task.opened" in listed
    assert "the line is dead" in listed
    notice = json.loads(folder.command("outbox", "--json").out)
    assert notice["body"]["data"]["task"] == "review"
    sent = folder.command("outbox", "--send", environ={"CONCERTATO_HOOK_COMMAND": "sh takes.sh"})
    assert (sent.status, sent.out) == (0, "nothing is left to be delivered\n"), sent.err
    assert json.loads(folder.path("told.jsonl").read_text())["type"] == "task.opened"


def test_where_nothing_says_where_news_is_to_go_sending_it_is_refused(folder: Folder) -> None:
    assert folder.command("run", "review.yaml").status == 3
    sent = folder.command("outbox", "--send")
    assert sent.status == 2
    assert "error CT300 nothing says where news is to go: set CONCERTATO_WEBHOOK to a URL" in sent.err
