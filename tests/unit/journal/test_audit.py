"""Every way in which somebody could change the record of decisions afterwards is found, and where."""

import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from concertato.errors import JournalCorrupt
from concertato.journal.audit import Problem, Verdict, verify
from concertato.journal.chain import START, digest, link
from concertato.journal.opening import connect_writer
from concertato.journal.sqlite import open_journal, open_reader
from concertato.journal.statements import MIGRATIONS, SQL
from concertato.run.events import AnyEvent, Identity, RunPaused, RunStarted, encode
from support.journals import begin, decided, done, run_id, run_row, save, started, text_of

CHANGED = "the event was changed after it was recorded"
MISSING = "the event is missing, and its run is still there"
BROKEN = "the chain is broken here: this record or the one before it was changed, removed or put in"
UNRECORDED = "the event has no record in the chain: it was added, or its record was removed"
BIG = text_of(20_000)


def work(number: int) -> list[AnyEvent]:
    return [started(number), decided("a"), done("n"), decided("b", BIG), RunPaused(at=2.0, by="user:ada")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of three runs with three links each: events 1, 3 and 4. The second of them has ended."""
    path = tmp_path / "runs.db"
    with closing(open_journal(path)) as journal:
        for number in (1, 2, 3):
            begin(journal, *work(number))
            save(journal)
        journal.set_status(2, "succeeded", 3.0)
        save(journal)
    return path


def tamper(path: Path, script: str, *parameters: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        changed = connection.execute(script, parameters).rowcount
        assert changed > 0, "the test changes something"


def verdict(path: Path, head: str | None = None) -> Verdict:
    with closing(open_reader(path)) as reader:
        return verify(reader, head=head)


def head(path: Path) -> str:
    return verdict(path).head


def found(path: Path, noted: str | None = None) -> list[tuple[str, int, str]]:
    return [(each.run_id, each.seq, each.what) for each in verdict(path, noted).problems]


def test_an_untouched_journal_is_sound(path: Path) -> None:
    judged = verdict(path)
    assert judged.problems == []
    assert (judged.links, judged.purged) == (9, 0)
    with closing(open_reader(path)) as reader:
        assert judged.head == list(reader.audit())[-1].chain


def test_a_journal_in_which_nobody_did_anything_is_sound(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path / "runs.db")) as journal:
        begin(journal, started(1), done("a"))
        save(journal)
        assert verify(journal) == Verdict(head=START, links=0, purged=0, problems=[])


def test_the_chain_can_be_made_again_with_any_tools_from_what_the_docs_say(path: Path) -> None:
    previous = "0" * 64
    with closing(sqlite3.connect(path)) as connection:
        links = connection.execute("SELECT run_id, seq, digest, chain FROM audit ORDER BY position").fetchall()
        for run, seq, event, chain in links:
            body, refs = connection.execute(
                "SELECT body, refs FROM events JOIN runs USING (number) WHERE run_id = ? AND seq = ?", (run, seq)
            ).fetchone()
            stored = body if refs is None else f"{len(body.encode())}\n{body}{refs}"
            assert event == sha256(stored.encode()).hexdigest()
            text = json.dumps([previous, run, seq, event], separators=(",", ":"))
            assert chain == sha256(text.encode()).hexdigest()
            previous = chain


def test_a_changed_event_is_found(path: Path) -> None:
    tamper(path, "UPDATE events SET body = replace(body, 'ada', 'eve') WHERE number = 2 AND seq = 1")
    assert found(path) == [(run_id(2), 1, CHANGED)]


def test_a_changed_big_value_is_found(path: Path) -> None:
    tamper(path, "UPDATE contents SET body = ? WHERE body = ?", text_of(20_000, "y"), BIG)
    assert found(path) == [(run_id(number), 3, CHANGED) for number in (1, 2, 3)]


def test_a_big_value_that_is_gone_is_found(path: Path) -> None:
    tamper(path, "DELETE FROM contents WHERE body = ?", BIG)
    assert found(path) == [(run_id(number), 3, CHANGED) for number in (1, 2, 3)]


def test_a_big_value_exchanged_for_another_that_is_there_is_found(path: Path) -> None:
    other = sha256(text_of(9000)).digest()
    tamper(path, "INSERT INTO contents (hash, body) VALUES (?, ?)", other, text_of(9000))
    tamper(path, "UPDATE events SET refs = replace(refs, ?, ?) WHERE number = 1", sha256(BIG).hexdigest(), other.hex())
    assert found(path) == [(run_id(1), 3, CHANGED)]


def test_a_missing_event_is_found(path: Path) -> None:
    tamper(path, "DELETE FROM events WHERE number = 3 AND seq = 4")
    assert found(path) == [(run_id(3), 4, MISSING)]


def test_an_event_that_was_added_is_found(path: Path) -> None:
    text = encode(decided("c", by="user:eve")).decode()
    tamper(path, "INSERT INTO events (number, seq, body) VALUES (1, 5, ?)", text)
    assert found(path) == [(run_id(1), 5, UNRECORDED)]


@pytest.mark.parametrize(
    "body",
    [
        ' { "event" : "RunPaused", "at": 1, "by": "user:eve" }',
        '{"at":1,"by":"user:eve","event":"RunPaused"}',
        '{"ev\\u0065nt":"RunPaused","at":1}',
    ],
)
def test_an_event_that_was_added_in_another_hand_is_found(path: Path, body: str) -> None:
    tamper(path, "INSERT INTO events (number, seq, body) VALUES (1, 5, ?)", body)
    with closing(open_reader(path)) as reader:
        assert type(list(reader.events(1))[-1].event) is RunPaused, "it would be believed"
    assert found(path) == [(run_id(1), 5, UNRECORDED)]


def test_an_event_that_pretends_to_be_nobodys_cannot_be_read_at_all(path: Path) -> None:
    body = '{"event":"NodeSucceeded","event":"RunPaused","at":1,"path":"n","output":1}'
    tamper(path, "INSERT INTO events (number, seq, body) VALUES (1, 5, ?)", body)
    assert found(path) == []
    with closing(open_reader(path)) as reader, pytest.raises(JournalCorrupt, match="event 5 of run number 1"):
        list(reader.events(1))


def test_a_run_that_pretends_to_be_started_by_somebody_is_found(path: Path) -> None:
    fields = {name: getattr(started(1), name) for name in RunStarted.__struct_fields__}
    by_eve = RunStarted(**fields | {"by": Identity("user:eve")})
    tamper(path, "UPDATE events SET body = ? WHERE number = 1 AND seq = 0", encode(by_eve).decode())
    assert found(path) == [(run_id(1), 0, UNRECORDED)]


def test_a_record_that_was_changed_with_its_event_is_found(path: Path) -> None:
    tamper(path, "UPDATE events SET body = replace(body, 'ada', 'eve') WHERE number = 2 AND seq = 1")
    with closing(open_reader(path)) as reader:
        new = reader.event_digest(run_id(2), 1)
    tamper(path, "UPDATE audit SET digest = ? WHERE run_id = ? AND seq = 1", new, run_id(2))
    assert found(path) == [(run_id(2), 1, BROKEN)]


def test_a_chain_mended_for_one_record_breaks_at_the_next(path: Path) -> None:
    tamper(path, "UPDATE events SET body = replace(body, 'ada', 'eve') WHERE number = 2 AND seq = 1")
    with closing(open_reader(path)) as reader:
        links = list(reader.audit())
        new = reader.event_digest(run_id(2), 1)
    assert new is not None
    chain = link(links[2].chain, run_id(2), 1, new)
    tamper(path, "UPDATE audit SET digest = ?, chain = ? WHERE run_id = ? AND seq = 1", new, chain, run_id(2))
    assert found(path) == [(run_id(2), 3, BROKEN)]


@pytest.mark.parametrize("position", [1, 5])
def test_a_record_that_was_removed_is_found_twice(path: Path, position: int) -> None:
    with closing(open_reader(path)) as reader:
        links = list(reader.audit())
    gone, following = links[position - 1], links[position]
    tamper(path, "DELETE FROM audit WHERE position = ?", position)
    assert found(path) == [(following.run_id, following.seq, BROKEN), (gone.run_id, gone.seq, UNRECORDED)]


def test_a_record_and_its_event_that_were_removed_are_found(path: Path) -> None:
    tamper(path, "DELETE FROM audit WHERE position = 5")
    tamper(path, "DELETE FROM events WHERE number = 2 AND seq = 3")
    assert found(path) == [(run_id(2), 4, BROKEN)]


def test_a_record_that_was_put_in_is_found(path: Path) -> None:
    tamper(path, "UPDATE audit SET position = position + 100 WHERE position > 4")
    tamper(path, "INSERT INTO audit VALUES (50, ?, 2, ?, ?)", run_id(2), "0" * 64, "1" * 64)
    assert found(path) == [(run_id(2), 2, BROKEN), (run_id(2), 2, CHANGED), (run_id(2), 3, BROKEN)]


def test_records_in_another_order_are_found(path: Path) -> None:
    tamper(path, "UPDATE audit SET position = 100 - position")
    assert all(what == BROKEN for _, _, what in found(path))
    assert len(found(path)) == 9


def test_records_missing_at_the_end_are_found_by_the_events_that_are_left(path: Path) -> None:
    tamper(path, "DELETE FROM audit WHERE position > 7")
    assert found(path) == [(run_id(3), 3, UNRECORDED), (run_id(3), 4, UNRECORDED)]


def test_records_and_events_missing_at_the_end_are_found_by_a_head_that_was_noted(path: Path) -> None:
    noted = head(path)
    tamper(path, "DELETE FROM audit WHERE position > 7")
    tamper(path, "DELETE FROM events WHERE number = 3 AND seq > 2")
    assert found(path) == [], "nothing in the journal itself can tell"
    problem = verdict(path, noted).problems[0]
    assert (problem.run_id, problem.seq) == ("", -1)
    assert problem.what.startswith("records are missing at the end")
    assert noted in problem.what


def test_a_head_that_was_noted_stays_good_as_the_chain_grows(path: Path) -> None:
    noted = head(path)
    with closing(open_journal(path)) as journal:
        journal.append(1, 5, decided("c"))
        save(journal)
    assert head(path) != noted
    assert found(path, noted) == found(path, noted.upper() + "\n") == found(path, START) == []


def test_what_was_purged_is_counted_and_is_no_problem(path: Path) -> None:
    with closing(open_journal(path)) as journal:
        assert journal.purge([2]) == 1
        judged = verify(journal)
        assert (judged.links, judged.purged, judged.problems) == (9, 3, [])
        journal.append(3, 5, decided("c"))
        save(journal)
    judged = verdict(path)
    assert (judged.links, judged.purged, judged.problems) == (10, 3, [])


def test_a_purged_run_is_not_looked_for_by_reading_every_id(path: Path) -> None:
    with closing(open_journal(path)) as journal:
        journal.purge([2])
        asked: list[str] = []
        journal._read.set_trace_callback(asked.append)
        verify(journal)
    assert [text for text in asked if "substr(run_id" in text] == []


def test_digests_of_text_and_references_cannot_pass_into_each_other() -> None:
    assert len({digest(b"{}", None), digest(b"{}", "{}"), digest(b"{}{}", None), digest(b"{}{", "}")}) == 4


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A journal of the schema before the chain, in which people have done something."""
    path = tmp_path / "old.db"
    with closing(connect_writer(path, "full", MIGRATIONS[:1])) as connection:
        for number in (1, 2):
            row = run_row(number)
            connection.execute(SQL["insert_run"], [getattr(row, name) for name in row.__struct_fields__])
            for seq, event in enumerate([started(number), done("n"), RunPaused(at=1.0, by=f"user:u{number}")]):
                connection.execute(SQL["insert_event"], (number, seq, encode(event).decode(), None))
    return path


def test_what_people_did_before_there_was_a_chain_is_in_it(old: Path) -> None:
    with closing(open_journal(old)) as journal:
        assert [(row.run_id, row.seq) for row in journal.audit()] == [(run_id(1), 2), (run_id(2), 2)]
        assert verify(journal).problems == []
        journal.append(1, 3, decided())
        save(journal)
        assert verify(journal).problems == []


def test_what_is_added_to_an_old_journal_later_is_not_taken_into_the_chain(old: Path) -> None:
    open_journal(old).close()
    text = encode(RunPaused(at=1.0, by="user:eve")).decode()
    tamper(old, "INSERT INTO events (number, seq, body) VALUES (1, 3, ?)", text)
    open_journal(old).close()
    assert verdict(old).problems == [Problem(run_id(1), 3, UNRECORDED)]


def test_a_new_journal_has_nothing_to_catch_up_with(tmp_path: Path) -> None:
    open_journal(tmp_path / "new.db").close()
    text = encode(RunPaused(at=1.0)).decode()
    tamper(tmp_path / "new.db", "INSERT INTO runs SELECT 1, 'r', 'w', 'p', 'running', 1, 2, NULL, NULL, NULL, 0, NULL")
    tamper(tmp_path / "new.db", "INSERT INTO events (number, seq, body) VALUES (1, 0, ?)", text)
    with closing(open_journal(tmp_path / "new.db")) as journal:
        assert list(journal.audit()) == []


def test_of_an_event_whose_run_was_purged_meanwhile_there_is_no_link(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path / "runs.db")) as journal:
        number = begin(journal, started(1))
        journal.set_status(number, "failed", 2.0)
        save(journal)
        journal.append(number, 1, decided(values=b"1"))
        journal.purge([number])
        save(journal)
        assert list(journal.audit()) == []
        assert verify(journal).problems == []
