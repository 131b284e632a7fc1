"""What every journal must do for people: their tasks, the news that tells them, the chain over what they did."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from concertato.journal.contract import JournalWriter, TaskFilter
from concertato.run.events import (
    CancelRequested,
    Decided,
    PlanEdited,
    RecoveryDecided,
    RunPaused,
    RunResumed,
    RunStarted,
    TaskDelegated,
)
from conformance.journal_contract import ADA, ONE_OF_EACH, JournalHome
from support.journals import begin, decided, done, notice, run_id, save, started, task_row


class JournalPeopleContract:
    """Derive, hand in a fixture `home`, and every case below runs on that adapter."""

    @pytest.fixture
    def journal(self, home: JournalHome) -> Iterator[JournalWriter]:
        with closing(home.writer()) as journal:
            yield journal

    def test_a_task_is_one_row_and_the_last_word_on_it_counts(self, home: JournalHome, journal: JournalWriter) -> None:
        opened = task_row(1, due=5000.0, to=["role:risk_officer", "user:ada"])
        journal.put_task(opened)
        assert journal.tasks(TaskFilter()) == []
        save(journal)
        assert journal.tasks(TaskFilter()) == [opened]
        closed = task_row(1, to=["user:grace"], status="decided", closed_at=2500.0, outcome="approve")
        journal.put_task(task_row(1, to=["user:grace"]))
        journal.put_task(closed)
        save(journal)
        with closing(home.reader()) as reader:
            assert reader.tasks(TaskFilter()) == []
            assert reader.tasks(TaskFilter(status=["decided"])) == [closed]
            assert reader.tasks(TaskFilter(status=[], to=["user:ada"])) == [], "it is hers no longer"
            assert reader.tasks(TaskFilter(status=[], to=["user:grace"])) == [closed]

    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            (TaskFilter(), [1, 2, 4, 5]),
            (TaskFilter(status=["decided"]), [3, 6]),
            (TaskFilter(status=["decided", "open"], limit=4), [1, 2, 3, 4]),
            (TaskFilter(status=[]), [1, 2, 3, 4, 5, 6]),
            (TaskFilter(to=["user:u1"]), [1, 5]),
            (TaskFilter(to=["user:u1", "user:u2"]), [1, 2, 5]),
            (TaskFilter(to=["role:all", "user:u1"], limit=3), [1, 2, 4]),
            (TaskFilter(to=["user:u2"], status=["open", "decided"]), [2, 6]),
            (TaskFilter(to=["nobody"]), []),
            (TaskFilter(workflow="billing"), [2, 4]),
            (TaskFilter(workflow="billing", to=["user:u2"]), [2]),
            (TaskFilter(number=4), [4]),
            (TaskFilter(number=4, workflow="shipping"), []),
            (TaskFilter(number=3), []),
            (TaskFilter(number=4, to=["user:u1"]), []),
            (TaskFilter(due_before=3005.0), [2, 4]),
            (TaskFilter(due_before=3005.0, to=["user:u0"]), [4]),
            (TaskFilter(due_before=3004.0, workflow="billing"), [2]),
            (TaskFilter(number=4, due_before=3004.0), []),
        ],
    )
    def test_tasks_are_listed_that_fit_every_condition(
        self, journal: JournalWriter, where: TaskFilter, expected: list[int]
    ) -> None:
        for number in (4, 1, 6, 2, 5, 3):
            journal.put_task(
                task_row(
                    number,
                    workflow="shipping" if number % 2 else "billing",
                    status="open" if number % 3 else "decided",
                    to=[f"user:u{number % 4}", "role:all"],
                    due=None if number % 2 else 3000.0 + number,
                )
            )
        save(journal)
        assert [row.number for row in journal.tasks(where)] == expected

    @pytest.mark.parametrize(
        "where",
        [
            {},
            {"to": ["role:risk_officer"]},
            {"workflow": "order_processing"},
            {"number": 1},
            {"due_before": 9000.0},
            {"status": ["open", "cancelled"], "to": ["role:risk_officer", "user:ada"]},
        ],
    )
    def test_tasks_are_listed_page_by_page_oldest_first(self, journal: JournalWriter, where: dict[str, object]) -> None:
        expected = []
        for place in range(30):
            row = task_row(1, f"t{place:02}", opened_at=2000.0 + place // 4, due=8000.0 - place)  # four at each moment
            journal.put_task(row)
            expected.append(row)
        save(journal)
        found = journal.tasks(TaskFilter(limit=7, **where))  # type: ignore[arg-type]
        while len(found) < 30:
            last = found[-1]
            after = (last.opened_at, last.number, last.task)
            page = journal.tasks(TaskFilter(limit=7, after=after, **where))  # type: ignore[arg-type]
            assert page
            found += page
        assert found == expected

    def test_a_task_is_found_by_its_run_or_by_its_name_alone(self, journal: JournalWriter) -> None:
        rows = [
            task_row(1),
            task_row(2, status="decided"),
            task_row(2, "checks[3]/approve"),
            task_row(3, "checks[3]/approve"),
        ]
        for row in rows:
            journal.put_task(row)
        save(journal)
        assert journal.find_tasks("approve") == [rows[1], rows[0]]
        assert journal.find_tasks(f"{run_id(1)}/approve") == [rows[0]]
        assert journal.find_tasks(f"{run_id(2)[-6:]}/approve") == [rows[1]]
        assert journal.find_tasks(f"{run_id(2)[1:].lower()}/approve") == [rows[1]]
        assert journal.find_tasks(f"{run_id(2)[-5:]}/approve") == []
        assert journal.find_tasks("checks[3]/approve") == [rows[3], rows[2]]
        assert journal.find_tasks(f"{run_id(3)}/checks[3]/approve") == [rows[3]]
        assert journal.find_tasks("nothing") == journal.find_tasks(f"{run_id(3)}/approve") == []

    def test_news_waits_in_order_until_it_is_delivered(self, home: JournalHome, journal: JournalWriter) -> None:
        news = [notice(3), notice(1), notice(2, hook="command"), notice(4)]
        begin(journal, started(1))
        for each in news:
            journal.put_notice(each)
        save(journal)
        in_order = sorted(news, key=lambda each: each.id)
        assert journal.notices() == in_order
        assert journal.notices(limit=2) == in_order[:2]
        assert journal.notices(limit=2, after=in_order[1].id) == in_order[2:]
        assert journal.notices(hook="webhook", limit=2) == [news[1], news[0]]
        failed = notice(1, attempts=1, next_at=2100.0, error="webhook at example.com: it answered 500")
        journal.put_notice(failed)
        journal.put_notice(notice(3, delivered_at=2050.0))
        save(journal)
        with closing(home.reader()) as reader:
            assert reader.notices() == [failed, news[2], news[3]]
            assert reader.notices(hook="webhook") == [failed, news[3]]
            assert [each.id for each in reader.notices(undelivered=False)] == [each.id for each in in_order]
            assert reader.notices(undelivered=False, hook="command") == [news[2]]

    def test_an_event_its_task_and_its_news_are_there_together_or_not_at_all(self, home: JournalHome) -> None:
        with closing(home.writer()) as journal:
            number = begin(journal, started(1))
            save(journal)
            journal.append(number, 1, decided())
            journal.put_task(task_row(number))
            journal.put_notice(notice(1))
            journal.flush()
            with closing(home.reader()) as reader:
                assert (reader.tasks(TaskFilter()), reader.notices(), list(reader.audit())) == ([], [], [])
        with closing(home.writer()) as journal:
            assert (journal.tasks(TaskFilter()), journal.notices(), list(journal.audit())) == ([], [], [])
            journal.append(number, 1, decided())
            journal.put_task(task_row(number))
            journal.put_notice(notice(1))
            save(journal)
        with closing(home.reader()) as reader:
            assert reader.tasks(TaskFilter()) == [task_row(number)]
            assert reader.notices() == [notice(1)]
            assert [(row.run_id, row.seq) for row in reader.audit()] == [(run_id(number), 1)]

    def test_tasks_and_news_alone_are_something_to_flush(self, journal: JournalWriter) -> None:
        journal.put_task(task_row(1))
        assert journal.flush() is True
        journal.commit()
        journal.put_notice(notice(1))
        assert journal.flush() is True
        journal.commit()

    def test_what_somebody_did_joins_the_audit_chain_and_nothing_else(
        self, home: JournalHome, journal: JournalWriter
    ) -> None:
        number = begin(journal, *ONE_OF_EACH)
        by_ada = RunStarted(**{name: getattr(started(2), name) for name in RunStarted.__struct_fields__} | {"by": ADA})
        second = begin(journal, by_ada)
        save(journal)
        authored = (PlanEdited, RunPaused, RunResumed, CancelRequested, Decided, TaskDelegated, RecoveryDecided)
        expected = [(run_id(number), seq) for seq, event in enumerate(ONE_OF_EACH) if isinstance(event, authored)]
        expected.append((run_id(second), 0))
        with closing(home.reader()) as reader:
            links = list(reader.audit())
            assert [(row.run_id, row.seq) for row in links] == expected
            assert [row.position for row in links] == sorted({row.position for row in links})
            assert [row.digest for row in links] == [reader.event_digest(row.run_id, row.seq) for row in links]
            assert len({row.chain for row in links}) == len(links)
            assert list(reader.audit(after=links[2].position)) == links[3:]
            assert list(reader.unlinked()) == []

    def test_the_runs_that_people_decided_in_are_found_by_the_chain(
        self, home: JournalHome, journal: JournalWriter
    ) -> None:
        first = begin(journal, started(1), decided("a"), decided("b"))
        begin(journal, started(2), done("n"), RunPaused(at=1.0, by="user:ada"))
        journal.put_task(task_row(2, status="decided"))
        purged, last = begin(journal, started(3), decided()), begin(journal, started(4), done("n"), decided())
        journal.set_status(purged, "failed", 2.0)
        save(journal)
        journal.purge([purged])
        with closing(home.reader()) as reader:
            assert [row.run_id for row in reader.decided_runs()] == [run_id(first), run_id(last)]

    def test_the_chain_goes_on_after_reopening(self, home: JournalHome) -> None:
        for life in range(1, 4):
            with closing(home.writer()) as journal:
                begin(journal, started(life), *(decided(f"t{place}") for place in range(400)))
                save(journal)
        with closing(home.reader()) as reader:
            assert [row.position for row in reader.audit()] == list(range(1, 1201))

    def test_an_event_that_is_not_there_has_no_digest(self, journal: JournalWriter) -> None:
        number = begin(journal, started(1))
        save(journal)
        assert journal.event_digest(run_id(number), 0) is not None
        assert journal.event_digest(run_id(number), 1) is None
        assert journal.event_digest(run_id(77), 0) is None

    def test_a_purge_leaves_the_chain_and_what_is_yet_to_be_told(self, home: JournalHome) -> None:
        with closing(home.writer()) as journal:
            ended = begin(journal, started(1), decided())
            kept = begin(journal, started(2), decided())
            journal.set_status(ended, "failed", 2.0)
            for number in (ended, kept):
                journal.put_task(task_row(number))
                journal.put_notice(notice(10 + number, number=number))
                journal.put_notice(notice(20 + number, number=number, delivered_at=3.0))
            save(journal)
            links = list(journal.audit())
            assert journal.purge([ended]) == 1
            assert list(journal.audit()) == links
            assert journal.tasks(TaskFilter()) == [task_row(kept)]
            assert journal.tasks(TaskFilter(to=["role:risk_officer"])) == [task_row(kept)]
            left = [each.id for each in journal.notices(undelivered=False)]
            assert left == [notice(10 + ended).id, notice(10 + kept).id, notice(20 + kept).id]
            journal.put_notice(notice(10 + ended, number=ended, delivered_at=4.0))
            save(journal)
            assert [each.id for each in journal.notices(undelivered=False)] == left[1:], "it has no run to go with"

    def test_the_number_of_a_purged_run_is_not_given_again_while_its_news_waits(self, home: JournalHome) -> None:
        with closing(home.writer()) as journal:
            number = begin(journal, started(1))
            journal.set_status(number, "failed", 2.0)
            journal.put_notice(notice(1, number=number))
            save(journal)
            journal.purge([number])
        with closing(home.writer()) as journal:
            assert journal.next_number() > number
