"""Big values leave the event and come back as they were."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from concertato.errors import JournalCorrupt
from concertato.journal.sqlite import SqliteJournal, open_journal
from concertato.journal.values import LIMIT, lighten, restore
from concertato.run.events import AnyEvent, NodeSucceeded, decode, encode
from support.journals import begin, done, recorded, save, started, text_of, written

BIG = text_of(LIMIT + 1)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    with closing(open_journal(tmp_path / "runs.db")) as journal:
        yield journal


def rows(journal: SqliteJournal, question: str) -> list[tuple[object, ...]]:
    return journal._read.execute(question).fetchall()


def test_a_value_leaves_the_event_only_when_it_is_over_the_limit() -> None:
    body, refs, values = lighten(done("a", text_of(LIMIT)))
    assert (body, refs, values) == (encode(done("a", text_of(LIMIT))), None, {})
    body, refs, values = lighten(done("a", BIG))
    digest = sha256(BIG)
    assert decode(body) == NodeSucceeded(at=1001.5, path="a", output=Raw(b"null"))
    assert refs is not None
    assert msgspec.json.decode(refs) == {"output": digest.hexdigest()}
    assert values == {digest.digest(): BIG}


def test_the_limit_is_of_bytes_and_not_of_characters(journal: SqliteJournal) -> None:
    text = '"' + "字" * (LIMIT // 2) + '"'
    assert len(text) < LIMIT < len(text.encode())
    number = begin(journal, done("a", text.encode()))
    save(journal)
    assert rows(journal, "SELECT length(refs) > 0 FROM events") == [(1,)]
    assert recorded(journal, number) == written(done("a", text.encode()))


def test_of_many_inputs_only_the_big_ones_leave() -> None:
    event = started(1, big=BIG, small=b"1", other=text_of(10_000, "y"))
    body, refs, values = lighten(event)
    assert b'"small":1' in body
    assert len(body) < 1000
    assert sorted(values.values(), key=len) == [BIG, text_of(10_000, "y")]
    assert refs is not None
    assert encode(restore(body, refs, values.__getitem__)) == encode(event)


@pytest.mark.parametrize("lookalike", [b"null", b'{"output":"%s"}' % sha256(BIG).hexdigest().encode()])
def test_no_value_of_a_user_is_taken_for_a_reference(journal: SqliteJournal, lookalike: bytes) -> None:
    events = [done("big", BIG), done("lookalike", lookalike)]
    number = begin(journal, *events)
    save(journal)
    assert recorded(journal, number) == written(*events)


def test_the_same_value_is_stored_once_for_many_events_and_runs(journal: SqliteJournal) -> None:
    for _ in range(3):
        begin(journal, *(done(f"n{seq}", BIG) for seq in range(5)))
        save(journal)
    assert rows(journal, f"SELECT count(*) FROM contents WHERE length(body) = {len(BIG)}") == [(1,)]
    assert rows(journal, "SELECT number FROM uses JOIN contents ON id = content WHERE typeof(hash) = 'blob'") == [
        (1,),
        (2,),
        (3,),
    ]


def test_small_values_can_be_asked_for_in_sql(journal: SqliteJournal) -> None:
    begin(journal, done("score", b'{"total": 12.5}'))
    save(journal)
    assert rows(journal, "SELECT json_extract(body, '$.path', '$.output.total') FROM events") == [('["score",12.5]',)]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM contents WHERE typeof(hash) = 'blob'", "its value [0-9a-f]{64} is missing"),
        ("UPDATE contents SET body = CAST('\"forged\"' AS BLOB)", "its value [0-9a-f]{64} is not what was stored"),
        ("""UPDATE events SET refs = '{"outptu":1}' WHERE seq = 1""", "it cannot be read"),
        ("UPDATE events SET body = '{' WHERE seq = 1", "it cannot be read"),
        ("UPDATE events SET body = CAST(X'ff' AS TEXT) WHERE seq = 1", "it cannot be read"),
        ("""UPDATE events SET body = '{"event":"Unheard","at":1}' WHERE seq = 1""", "it cannot be read"),
        ("UPDATE events SET seq = 3 WHERE seq = 1", "it is missing, the next is 2"),
    ],
)
def test_damage_is_told_with_run_and_seq_and_never_read_over(tmp_path: Path, damage: str, said: str) -> None:
    events: list[AnyEvent] = [done("a"), done("b", BIG), done("c")]
    with closing(open_journal(tmp_path / "runs.db")) as journal:
        number = begin(journal, *events)
        other = begin(journal, done("whole"))
        save(journal)
    with closing(sqlite3.connect(tmp_path / "runs.db")) as hand:
        hand.execute(damage)
        hand.commit()
    with closing(open_journal(tmp_path / "runs.db")) as journal:
        stored = journal.events(number)
        assert next(stored).seq == 0
        with pytest.raises(JournalCorrupt, match=rf"at event 1 of run number {number}: {said}"):
            next(stored)
        assert recorded(journal, other) == written(done("whole"))
