"""Whatever is done to a journal and wherever it is cut off: what was committed is there byte for byte, and no more."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec import Raw

from concertato.journal.sqlite import SqliteJournal, open_journal
from concertato.journal.values import LIMIT
from concertato.run.events import AnyEvent, NodeSucceeded, RunFinished, SignalReceived, encode
from support.journals import run_id, run_row

JSON_TEXT = st.one_of(
    st.sampled_from(
        [b"null", b'""', b"[]", b'{"output":null}', b"1.0e0", b'"\xc3\xa9\\u0000 \\ud800"', b" [ 1 , 2 ] "]
    ),
    st.integers(LIMIT - 2, LIMIT + 2).map(lambda size: b'"' + b"x" * (size - 2) + b'"'),
    st.integers(20_000, 70_000).map(lambda size: b"[" + b"1," * (size // 2) + b"1]"),
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
AT = st.floats(0, 2**40)
EVENTS: st.SearchStrategy[AnyEvent] = st.one_of(
    st.builds(lambda at, path, value: NodeSucceeded(at=at, path=path, output=Raw(value)), AT, TEXT, JSON_TEXT),
    st.builds(lambda at, name, value: SignalReceived(at=at, name=name, payload=Raw(value)), AT, TEXT, JSON_TEXT),
    st.builds(lambda at, left: RunFinished(at=at, status="failed", undone_left=left), AT, st.lists(TEXT, max_size=3)),
)

History = dict[int, list[bytes]]


class JournalHistory(RuleBasedStateMachine):
    """A journal beside a model of it: `durable` is what was committed, `gathered` what is on top of that."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.life = self.folder / "0"
        self.life.mkdir()
        self.journal = self.open()
        self.durable: History = {}
        self.gathered: History = {}

    def open(self) -> SqliteJournal:
        return open_journal(self.life / "runs.db", durability="process")

    @rule()
    def start_a_run(self) -> None:
        number = self.journal.next_number()
        assert number not in self.gathered
        self.journal.put_run(run_row(number))
        self.gathered[number] = []

    @rule(data=st.data(), event=EVENTS)
    def append(self, data: st.DataObject, event: AnyEvent) -> None:
        if self.gathered:
            number = data.draw(st.sampled_from(sorted(self.gathered)))
            self.journal.append(number, len(self.gathered[number]), event)
            self.gathered[number].append(encode(event))

    @rule()
    def flush(self) -> None:
        self.journal.flush()

    @rule()
    def flush_and_commit(self) -> None:
        self.journal.flush()
        self.journal.commit()
        self.durable = {number: list(events) for number, events in self.gathered.items()}

    @rule(data=st.data())
    def end_and_purge(self, data: st.DataObject) -> None:
        self.flush_and_commit()
        if self.durable:
            number = data.draw(st.sampled_from(sorted(self.durable)))
            self.journal.set_status(number, "succeeded", 1.0)
            self.flush_and_commit()
            assert self.journal.purge([number]) == 1
            del self.durable[number], self.gathered[number]

    @rule()
    def crash(self) -> None:
        """The files as they stand at this moment are all that the next life finds."""
        next_life = self.folder / str(int(self.life.name) + 1)
        shutil.copytree(self.life, next_life)
        self.journal.close()
        self.life = next_life
        self.journal = self.open()
        self.gathered = {number: list(events) for number, events in self.durable.items()}

    @rule()
    def close_and_open(self) -> None:
        self.journal.close()
        self.journal = self.open()
        self.gathered = {number: list(events) for number, events in self.durable.items()}

    @invariant()
    def what_was_committed_is_there_and_nothing_else(self) -> None:
        rows = self.journal.unfinished()
        assert {
            row.number: [encode(at.event) for at in self.journal.events(row.number)] for row in rows
        } == self.durable
        for number, events in self.durable.items():
            assert self.journal.last_seq(number) == len(events) - 1
            assert self.journal.find(run_id(number)) == run_row(number)

    def teardown(self) -> None:
        self.journal.close()
        shutil.rmtree(self.folder)


TestJournalHistory = JournalHistory.TestCase
TestJournalHistory.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
