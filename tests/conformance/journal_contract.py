"""What every journal must do. An adapter's test derives from `JournalContract` and says how one is opened."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing

import pytest
from msgspec import Raw

from concertato.errors import FailureKind, JournalCorrupt, JournalError, JournalLocked
from concertato.journal.contract import JournalReader, JournalWriter, RunFilter, RunRow
from concertato.plan.fingerprint import fingerprint
from concertato.run.events import (
    AnyEvent,
    AttemptFailed,
    CancelRequested,
    CompensationFailed,
    CompensationSucceeded,
    Failure,
    Identity,
    LateResult,
    PlanEdited,
    RecoveryDecided,
    RunFinished,
    RunPaused,
    RunResumed,
    SignalReceived,
    TaskDelegated,
    TimerFired,
)
from support.journals import (
    DOCUMENT,
    PLAN,
    begin,
    decided,
    done,
    recorded,
    run_id,
    run_row,
    save,
    started,
    text_of,
    written,
)

BIG = text_of(20_000)
ADA = Identity("user:ada", ["role:risk_officer"], "jwt")
FAILURE = Failure(kind=FailureKind.TIMEOUT, message="no answer", retry_after=2.5)

ONE_OF_EACH: tuple[AnyEvent, ...] = (
    started(1, order=b'{"total": 12.50,  "note":"\xc3\xa4\\u00e4"}', big=BIG),
    done("score", b"0.1e1"),
    done("big", BIG),
    AttemptFailed(at=1.0, path="checks[3]/score", failure=FAILURE, attempt=2),
    TimerFired(at=1.0, timer="retry:score#2"),
    SignalReceived(at=1.0, name="paid", payload=Raw(BIG), by="user:ada"),
    PlanEdited(at=1.0, patch=Raw(b'{"add": []}'), plan="another", by="user:ada", reason="a new check"),
    RunPaused(at=1.0),
    RunResumed(at=1.0, by="user:ada"),
    CancelRequested(at=1.0, rollback=True),
    decided(values=BIG),
    TaskDelegated(at=1.0, task="approve", to="user:grace", by=ADA, reason="on leave"),
    RecoveryDecided(at=1.0, path="pay~recover1", answer=Raw(b'{"action": "skip"}')),
    CompensationSucceeded(at=1.0, path="pay", output=Raw(BIG)),
    CompensationFailed(at=1.0, path="ship", failure=FAILURE),
    LateResult(at=1.0, path="slow", attempt=1, outcome="succeeded", output=Raw(BIG)),
    RunFinished(
        at=2.0, status="rolled_back", outputs={"big": Raw(BIG)}, failure=FAILURE, path="score", undone_left=["ship"]
    ),
)


class JournalHome(ABC):
    """Where a journal of some kind lives during one test."""

    @abstractmethod
    def writer(self) -> JournalWriter:
        """Open it to drive it."""

    @abstractmethod
    def reader(self) -> JournalReader:
        """Open it to look into it."""


class JournalContract:
    """Derive, hand in a fixture `home`, and every case below runs on that adapter."""

    @pytest.fixture
    def journal(self, home: JournalHome) -> Iterator[JournalWriter]:
        with closing(home.writer()) as journal:
            yield journal

    def test_every_kind_of_event_comes_back_byte_for_byte(self, home: JournalHome) -> None:
        with closing(home.writer()) as journal:
            number = begin(journal, *ONE_OF_EACH)
            save(journal)
            assert recorded(journal, number) == written(*ONE_OF_EACH)
        with closing(home.reader()) as reader:
            assert recorded(reader, number) == written(*ONE_OF_EACH)

    def test_a_cursor_gives_what_came_after_it(self, journal: JournalWriter) -> None:
        events: list[AnyEvent] = [started(1), *(done(f"n{index}") for index in range(1200))]
        number = begin(journal, *events)
        save(journal)
        assert recorded(journal, number, after=1197) == written(*events)[1198:]
        assert recorded(journal, number, after=0) == written(*events)[1:]
        assert recorded(journal, number, after=1200) == []
        assert journal.last_seq(number) == 1200

    def test_runs_do_not_mix(self, journal: JournalWriter) -> None:
        first, second = begin(journal, started(1)), begin(journal, started(2))
        for seq in range(1, 40):
            journal.append(second, seq, done(f"second{seq}"))
            journal.append(first, seq, done(f"first{seq}"))
        save(journal)
        assert recorded(journal, first) == written(started(1), *(done(f"first{seq}") for seq in range(1, 40)))
        assert recorded(journal, second) == written(started(2), *(done(f"second{seq}") for seq in range(1, 40)))

    def test_a_run_without_events_has_none(self, journal: JournalWriter) -> None:
        assert journal.last_seq(77) == -1
        assert recorded(journal, 77) == []

    def test_nothing_is_seen_before_it_is_committed(self, home: JournalHome, journal: JournalWriter) -> None:
        number = begin(journal, started(1), done("a"))
        journal.flush()
        with closing(home.reader()) as reader:
            assert reader.find(run_id(number)) is None
            assert recorded(reader, number) == []
            assert recorded(journal, number) == []
            journal.commit()
            assert reader.find(run_id(number)) == run_row(number)
            assert recorded(reader, number) == written(started(1), done("a"))

    def test_what_was_not_committed_is_gone_after_reopening(self, home: JournalHome) -> None:
        with closing(home.writer()) as journal:
            number = begin(journal, started(1))
            save(journal)
            journal.append(number, 1, done("flushed"))
            journal.flush()
            journal.append(number, 2, done("gathered"))
        with closing(home.writer()) as journal:
            assert recorded(journal, number) == written(started(1))

    def test_flush_says_whether_there_was_anything(self, journal: JournalWriter) -> None:
        assert journal.flush() is False
        journal.commit()
        number = begin(journal, started(1))
        assert journal.flush() is True
        journal.commit()
        assert journal.flush() is False
        journal.set_unparked(number)
        assert journal.flush() is True
        journal.commit()

    @pytest.mark.parametrize("length", [1, 20_000])
    def test_what_is_no_text_is_refused_as_it_is_gathered(self, journal: JournalWriter, length: int) -> None:
        number = begin(journal, started(1))
        with pytest.raises(UnicodeDecodeError):
            journal.append(number, 1, done("a", b'"%s"' % (b"\xff" * length)))
        journal.append(number, 1, done("b", BIG))
        save(journal)
        assert recorded(journal, number) == written(started(1), done("b", BIG))

    def test_a_fact_is_recorded_once(self, home: JournalHome, journal: JournalWriter) -> None:
        number = begin(journal, started(1), done("a"))
        save(journal)
        journal.append(number, 1, done("b"))
        with pytest.raises(JournalError, match="UNIQUE"):
            save(journal)
        with closing(home.reader()) as reader:
            assert recorded(reader, number) == written(started(1), done("a"))

    def test_a_key_belongs_to_one_run(self, journal: JournalWriter) -> None:
        number = begin(journal, started(1), key="order-17")
        begin(journal, started(2))
        begin(journal, started(3))
        save(journal)
        assert journal.find_key("order-17") == run_row(number, key="order-17")
        assert journal.find_key("order-18") is None
        begin(journal, started(4), key="order-17")
        with pytest.raises(JournalError, match="UNIQUE"):
            save(journal)

    def test_numbers_go_on_after_reopening(self, home: JournalHome) -> None:
        with closing(home.writer()) as journal:
            numbers = [begin(journal) for _ in range(3)]
            save(journal)
        with closing(home.writer()) as journal:
            assert journal.next_number() > max(numbers)

    def test_a_run_is_found_by_its_id_or_by_the_end_of_it(self, journal: JournalWriter) -> None:
        first, second = begin(journal), begin(journal)
        save(journal)
        assert journal.find(run_id(second)) == run_row(second)
        assert journal.find(run_id(second)[-6:]) == run_row(second)
        assert journal.find(run_id(first)[3:].lower()) == run_row(first)

    def test_an_end_that_fits_several_runs_or_is_too_short_finds_none(self, journal: JournalWriter) -> None:
        number = begin(journal)
        journal.put_run(run_row(10_000_000 + number))
        save(journal)
        assert journal.find(run_id(number)[-6:]) is None
        assert journal.find(run_id(number)[-8:]) == run_row(number)
        assert journal.find(run_id(number)[-5:]) is None
        assert journal.find("%_____") is None

    def test_status_changes_are_seen_in_the_row(self, journal: JournalWriter) -> None:
        number = begin(journal)
        journal.set_status(number, "stopping", None)
        journal.set_status(number, "failed", 2000.5)
        save(journal)
        assert journal.find(run_id(number)) == run_row(number, status="failed", ended_at=2000.5)

    def test_a_run_that_continues_another_says_so(self, journal: JournalWriter) -> None:
        first = begin(journal)
        second = begin(journal, continues=run_id(first), relation="retry")
        save(journal)
        assert journal.find(run_id(second)) == run_row(second, continues=run_id(first), relation="retry")

    def test_listings_are_newest_first_page_by_page(self, journal: JournalWriter) -> None:
        numbers = [begin(journal) for _ in range(7)]
        save(journal)
        page = journal.runs(RunFilter(limit=4))
        assert [row.number for row in page] == numbers[:2:-1]
        assert [row.number for row in journal.runs(RunFilter(limit=4, after=page[-1].number))] == numbers[2::-1]

    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            (RunFilter(status=["failed"]), [5, 2]),
            (RunFilter(status=["failed", "running"]), [6, 5, 3, 2]),
            (RunFilter(status=["failed", "succeeded"]), [5, 4, 2, 1]),
            (RunFilter(workflow="billing"), [6, 4, 2]),
            (RunFilter(workflow="billing", status=["failed"]), [2]),
            (RunFilter(workflow="nothing"), []),
            (RunFilter(started_after=1003.0, started_before=1005.0), [4, 3]),
            (RunFilter(status=["failed"], started_after=1003.0), [5]),
            (RunFilter(workflow="billing", started_before=1003.0, after=4), [2]),
        ],
    )
    def test_listings_show_what_fits_every_condition(
        self, journal: JournalWriter, where: RunFilter, expected: list[int]
    ) -> None:
        for number in range(1, 7):
            workflow = "shipping" if number % 2 else "billing"
            journal.put_run(run_row(number, workflow=workflow, status=("running", "succeeded", "failed")[number % 3]))
        save(journal)
        assert [row.number for row in journal.runs(where)] == expected

    def test_unfinished_runs_are_those_that_neither_ended_nor_are_parked(self, journal: JournalWriter) -> None:
        running, ended, parked, back = (begin(journal) for _ in range(4))
        journal.set_status(ended, "succeeded", 2000.0)
        journal.set_parked(parked, None)
        journal.set_parked(back, 3000.0)
        save(journal)
        assert list(journal.unfinished()) == [run_row(running)]
        journal.set_unparked(back)
        save(journal)
        assert list(journal.unfinished()) == [run_row(running), run_row(back)]

    def test_parked_runs_wake_soonest_first(self, journal: JournalWriter) -> None:
        numbers = [begin(journal) for _ in range(2500)]
        for number in numbers:
            journal.set_parked(number, 5000.0 - number // 2)  # two at each moment
        never, ended = begin(journal), begin(journal)
        journal.set_parked(never, None)
        journal.set_parked(ended, 1.0)
        journal.set_status(ended, "cancelled", 2.0)
        save(journal)
        expected = sorted((5000.0 - number // 2, number) for number in numbers)
        assert list(journal.wakes()) == [(number, run_id(number), wake_at) for wake_at, number in expected]
        assert journal.find(run_id(never)) == run_row(never, parked=True)

    def test_unfinished_runs_can_be_changed_while_they_are_listed(self, journal: JournalWriter) -> None:
        for _ in range(2500):
            begin(journal)
        save(journal)
        seen: list[RunRow] = []
        for row in journal.unfinished():
            seen.append(row)
            journal.set_status(row.number, "succeeded", 2000.0)
            save(journal) if row.number % 500 == 0 else None
        save(journal)
        assert len(seen) == 2500
        assert list(journal.unfinished()) == []

    def test_a_definition_is_kept_once_and_found_by_its_hash(self, journal: JournalWriter) -> None:
        journal.put_document(PLAN, DOCUMENT)
        save(journal)
        journal.put_document(PLAN, DOCUMENT)
        journal.put_document(fingerprint(b"{}"), b"{}")
        save(journal)
        assert journal.document(PLAN) == DOCUMENT
        assert journal.document(fingerprint(b"{}")) == b"{}"
        with pytest.raises(JournalError, match="missing"):
            journal.document("unheard of")

    def test_a_definition_that_is_not_what_its_name_says_is_not_handed_out(self, journal: JournalWriter) -> None:
        journal.put_document(PLAN, DOCUMENT + b" ")
        save(journal)
        with pytest.raises(JournalCorrupt, match=f"the definition {PLAN} is not what was stored"):
            journal.document(PLAN)

    def test_a_purge_removes_ended_runs_and_leaves_the_others_whole(self, journal: JournalWriter) -> None:
        events: list[AnyEvent] = [started(1, order=BIG), done("a", BIG), done("b", text_of(9000))]
        ended, kept = begin(journal, *events, key="k"), begin(journal, *events)
        journal.set_status(ended, "failed", 2.0)
        save(journal)
        assert journal.purge([ended, kept, 12345]) == 1
        assert journal.find(run_id(ended)) is None
        assert journal.find_key("k") is None
        assert recorded(journal, ended) == []
        assert recorded(journal, kept) == written(*events)
        assert journal.document(PLAN) == DOCUMENT
        assert journal.purge([ended]) == 0

    def test_what_was_purged_can_be_stored_again(self, journal: JournalWriter) -> None:
        first = begin(journal, started(1), done("a", BIG))
        journal.set_status(first, "succeeded", 2.0)
        save(journal)
        assert journal.purge([first]) == 1
        second = begin(journal, started(2), done("a", BIG))
        save(journal)
        assert recorded(journal, second) == written(started(2), done("a", BIG))
        assert journal.document(PLAN) == DOCUMENT

    def test_only_one_writer_at_a_time(self, home: JournalHome) -> None:
        with closing(home.writer()), pytest.raises(JournalLocked):
            home.writer()
        home.writer().close()
