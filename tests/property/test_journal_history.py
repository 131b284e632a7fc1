"""Whatever is done to a journal and wherever it is cut off: what was committed is there byte for byte, and no more."""

import shutil
import tempfile
from itertools import count
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec import Raw

from concertato.journal.audit import verify
from concertato.journal.contract import Notice, TaskFilter, TaskRow
from concertato.journal.sqlite import SqliteJournal, open_journal
from concertato.journal.values import LIMIT
from concertato.run.events import AnyEvent, NodeSucceeded, RunFinished, SignalReceived, encode, has_author
from support.journals import decided, notice, run_id, run_row, task_row

JSON_TEXT = st.one_of(
    st.sampled_from(
        [b"null", b'""', b"[]", b'{"output":null}', b"1.0e0", b'"\xc3\xa9\\u0000 \\ud83d\\ude00"', b"[ 1 , 2 ]"]
    ),
    st.integers(LIMIT - 2, LIMIT + 2).map(lambda size: b'"' + b"x" * (size - 2) + b'"'),
    st.integers(20_000, 70_000).map(lambda size: b"[" + b"1," * (size // 2) + b"1]"),
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
AT = st.floats(0, 2**40)
EVENTS: st.SearchStrategy[AnyEvent] = st.one_of(
    st.builds(lambda at, path, value: NodeSucceeded(at=at, path=path, output=Raw(value)), AT, TEXT, JSON_TEXT),
    st.builds(lambda at, name, value: SignalReceived(at=at, name=name, payload=Raw(value)), AT, TEXT, JSON_TEXT),
    st.builds(decided, TEXT, JSON_TEXT),
    st.builds(lambda at, left: RunFinished(at=at, status="failed", undone_left=left), AT, st.lists(TEXT, max_size=3)),
)

History = dict[int, list[bytes]]
People = tuple[dict[tuple[int, str], TaskRow], dict[str, Notice], list[tuple[str, int]]]
"""Tasks by run and name, news by id, and what the audit chain links, in order."""


class JournalHistory(RuleBasedStateMachine):
    """A journal beside a model of it: `durable` is what was committed, `gathered` what is on top of that.

    `ids` are the runs' by their numbers: a number may be used again after a purge, an id never is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.life = self.folder / "0"
        self.life.mkdir()
        self.journal = self.open()
        self.ids: dict[int, str] = {}
        self.fresh = count(1)
        self.durable: History = {}
        self.gathered: History = {}
        self.known: People = ({}, {}, [])
        self.pending: People = ({}, {}, [])

    def open(self) -> SqliteJournal:
        return open_journal(self.life / "runs.db", durability="process")

    @rule()
    def start_a_run(self) -> None:
        number = self.journal.next_number()
        assert number not in self.gathered
        self.ids[number] = run_id(next(self.fresh))
        self.journal.put_run(run_row(number, run_id=self.ids[number]))
        self.gathered[number] = []

    @rule(data=st.data(), event=EVENTS)
    def append(self, data: st.DataObject, event: AnyEvent) -> None:
        if self.gathered:
            number = data.draw(st.sampled_from(sorted(self.gathered)))
            self.journal.append(number, len(self.gathered[number]), event)
            if has_author(event):
                self.pending[2].append((self.ids[number], len(self.gathered[number])))
            self.gathered[number].append(encode(event))

    @rule(data=st.data(), name=st.sampled_from("abc"), to=st.lists(TEXT, max_size=3), open_=st.booleans())
    def put_a_task(self, data: st.DataObject, name: str, to: list[str], open_: bool) -> None:
        if self.gathered:
            number = data.draw(st.sampled_from(sorted(self.gathered)))
            row = task_row(number, name, to=to, status="open" if open_ else "decided")
            self.journal.put_task(row)
            self.pending[0][number, name] = row

    @rule(data=st.data(), place=st.integers(1, 5), delivered=st.booleans())
    def put_a_notice(self, data: st.DataObject, place: int, delivered: bool) -> None:
        if self.gathered:
            number = data.draw(st.sampled_from(sorted(self.gathered)))
            put = notice(1000 * number + place, number=number, delivered_at=1.0 if delivered else None)
            self.journal.put_notice(put)
            self.pending[1][put.id] = put

    @rule()
    def flush(self) -> None:
        self.journal.flush()

    @rule()
    def flush_and_commit(self) -> None:
        self.journal.flush()
        self.journal.commit()
        self.durable = {number: list(events) for number, events in self.gathered.items()}
        self.known = copy(self.pending)

    @rule(data=st.data())
    def end_and_purge(self, data: st.DataObject) -> None:
        self.flush_and_commit()
        if self.durable:
            number = data.draw(st.sampled_from(sorted(self.durable)))
            self.journal.set_status(number, "succeeded", 1.0)
            self.flush_and_commit()
            assert self.journal.purge([number]) == 1
            del self.durable[number], self.gathered[number]
            for tasks, news, _ in (self.known, self.pending):
                for key in [key for key in tasks if key[0] == number]:
                    del tasks[key]
                for told in [put for put in news.values() if put.number == number and put.delivered_at]:
                    del news[told.id]

    @rule()
    def crash(self) -> None:
        """The files as they stand at this moment are all that the next life finds."""
        next_life = self.folder / str(int(self.life.name) + 1)
        shutil.copytree(self.life, next_life)
        self.journal.close()
        self.life = next_life
        self.journal = self.open()
        self.gathered = {number: list(events) for number, events in self.durable.items()}
        self.pending = copy(self.known)

    @rule()
    def close_and_open(self) -> None:
        self.journal.close()
        self.journal = self.open()
        self.gathered = {number: list(events) for number, events in self.durable.items()}
        self.pending = copy(self.known)

    @invariant()
    def what_was_committed_is_there_and_nothing_else(self) -> None:
        rows = self.journal.unfinished()
        assert {
            row.number: [encode(at.event) for at in self.journal.events(row.number)] for row in rows
        } == self.durable
        for number, events in self.durable.items():
            assert self.journal.last_seq(number) == len(events) - 1
            assert self.journal.find(self.ids[number]) == run_row(number, run_id=self.ids[number])

    @invariant()
    def what_people_are_asked_and_did_is_there_and_nothing_else(self) -> None:
        tasks, news, links = self.known
        found = self.journal.tasks(TaskFilter(status=(), limit=1000))
        assert {(row.number, row.task): row for row in found} == tasks
        assert {put.id: put for put in self.journal.notices(undelivered=False, limit=1000)} == news
        assert [(row.run_id, row.seq) for row in self.journal.audit()] == links
        assert verify(self.journal).problems == []

    def teardown(self) -> None:
        self.journal.close()
        shutil.rmtree(self.folder)


def copy(people: People) -> People:
    tasks, news, links = people
    return dict(tasks), dict(news), list(links)


TestJournalHistory = JournalHistory.TestCase
TestJournalHistory.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
