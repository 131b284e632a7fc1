"""Tasks for people as the command line finds, lists, shows and asks about them."""

import io
import json
import shlex
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from concertato.cli.given import read_inputs
from concertato.cli.identity import ACCOUNT
from concertato.cli.people.deciding import whole_digest
from concertato.cli.people.dialogue import Dialogue
from concertato.cli.people.find import find_task, short_name, short_names
from concertato.cli.people.showing import tell_task
from concertato.cli.people.words import (
    Answer,
    command_of,
    decide_command,
    due_in_words,
    field_in_words,
    status_in_words,
)
from concertato.cli.screen import Screen
from concertato.cli.text import roughly
from concertato.engine.contract import TaskView
from concertato.errors import FailureKind, UnknownTask
from concertato.journal.contract import RunFilter, RunRow, TaskFilter, TaskRow
from concertato.run.events import NULL, Failure, Identity, Raw
from concertato.run.question import ChoiceAsked, Question, Tried
from concertato.settings import Settings

RUN = "01J00000000000000000000ABC"
DOORS: Any = SimpleNamespace(settings=Settings(journal=Path("j.db")))
OTHER = "01J00000000000000001000ABC"
FORM = {
    "type": "object",
    "properties": {
        "amount": {"type": "number", "minimum": 0, "title": "How much is paid"},
        "express": {"type": "boolean"},
        "code": {"type": "string"},
        "level": {"enum": ["low", "high"], "default": "low"},
    },
    "required": ["amount"],
}


def row(task: str = "approve", run: str = RUN, **fields: Any) -> TaskRow:
    known = {"about": "human", "title": "Pay?", "to": ["role:risk_officer"], "opened_at": 10.0, "number": 1}
    return TaskRow(task=task, run_id=run, workflow="order", path=task, **{**known, **fields})


def task(form: Any = None, *, choices: Iterable[str] = ("approve", "reject"), **fields: Any) -> TaskView:
    question = Question(
        run_id=RUN,
        workflow="order",
        path="approve",
        title="Pay order 17?",
        instructions="Look at it\n\x1b[2Jclosely.",
        choices=[ChoiceAsked(choice, approvals=2 if choice == "approve" else 1) for choice in choices],
        form=Raw(msgspec.json.encode(form)),
        failure=fields.pop("failure", None),
        attempts=3,
        output=fields.pop("output", NULL),
        tried=fields.pop("tried", []),
    )
    return TaskView(row=fields.pop("row", row()), question=question, shown="5f" * 32, **fields)


class Shelf:
    """A journal with these tasks, as a reader has it."""

    def __init__(self, *rows: TaskRow) -> None:
        self.rows = rows
        self.pages = 0

    def find(self, run_id: str) -> RunRow | None:
        found = {each.run_id for each in self.rows if each.run_id.endswith(run_id)}
        if len(found) != 1:
            return None
        return RunRow(number=1, run_id=found.pop(), workflow="order", plan="p", status="running", started_at=1.0)

    def find_tasks(self, name: str) -> list[TaskRow]:
        run, _, alone = name.partition("/")
        return [
            each
            for each in self.rows
            if each.task == name or (each.task == alone and (found := self.find(run)) and found.run_id == each.run_id)
        ]

    def runs(self, where: RunFilter) -> list[RunRow]:
        """All of them on one page, and then none."""
        self.pages += 1
        ids = [] if where.after is not None else sorted({each.run_id for each in self.rows})
        return [
            RunRow(number=number, run_id=run, workflow="order", plan="p", status="running", started_at=1.0)
            for number, run in enumerate(ids)
        ]

    def tasks(self, where: TaskFilter) -> list[TaskRow]:
        return [] if where.after else [each for each in self.rows if each.status in where.status]


def found(named: str, *rows: TaskRow) -> TaskRow:
    return find_task(Shelf(*rows), named)  # type: ignore[arg-type]


def test_a_task_is_found_by_its_name_where_only_one_open_task_has_it() -> None:
    old = row(run=OTHER, status="decided", outcome="reject")
    assert found("approve", old, row()) == row()
    assert found("approve", old) == old


def test_a_task_is_found_by_its_run_and_name_in_either_case_and_in_a_scope() -> None:
    inner = row("checks[0]/approve")
    assert found(f"{RUN[-8:].lower()}/checks[0]/approve", inner, row(run=OTHER)) == inner
    assert found("checks[0]/approve", inner) == inner


def test_last_is_the_newest_task_that_is_open() -> None:
    newest = row("b", opened_at=20.0)
    assert found("last", row("a"), newest, row("c", opened_at=30.0, status="cancelled")) == newest
    with pytest.raises(UnknownTask, match="no task is open"):
        found("last", row(status="decided"))


def test_a_name_that_several_open_tasks_have_is_told_with_all_of_them() -> None:
    with pytest.raises(UnknownTask, match=r"2 open tasks are called 'approve': 0000ABC/approve, 1000ABC/approve"):
        found("approve", row(), row(run=OTHER))


def test_a_name_that_no_task_has_is_told_with_what_is_expected() -> None:
    with pytest.raises(UnknownTask, match="no task is called 'aprove': expected RUN/TASK"):
        found("aprove", row())


def test_a_short_name_has_as_much_of_the_run_as_tells_it_from_others() -> None:
    assert short_name(Shelf(row()), row()) == "000ABC/approve"  # type: ignore[arg-type]
    assert short_name(Shelf(row(), row(run=OTHER)), row()) == "0000ABC/approve"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0s"), (40, "40s"), (300, "5m"), (12_000, "3h 20m"), (187_300, "2d 4h"), (86_405, "1d")]
)
def test_a_length_of_time_is_said_in_its_two_greatest_units(seconds: float, words: str) -> None:
    assert roughly(seconds) == words


def test_when_a_task_is_due_is_said_and_red_where_that_is_over() -> None:
    assert due_in_words(row(due=12_010.0), 10.0) == "in 3h 20m"
    assert due_in_words(row(due=10.0), 7210.0) == ("2h overdue", "bold red")
    assert due_in_words(row(), 10.0) == ""
    assert due_in_words(row(due=10.0, status="decided"), 7210.0) == ""


def test_how_a_task_stands_has_its_outcome() -> None:
    assert status_in_words(row(status="decided", outcome="approve"))[0] == "decided: approve"
    assert status_in_words(row(status="timed_out"))[0] == "timed out"


def test_a_field_is_described_in_words() -> None:
    assert field_in_words(FORM["properties"]["amount"], required=True) == "a number, at least 0, required"  # type: ignore[index]
    assert field_in_words({"enum": ["low", 3]}, required=False) == "one of low, 3"
    assert field_in_words({"type": ["string", "null"]}, required=False) == "text or null"
    assert field_in_words(True, required=False) == "anything"


def test_a_task_is_shown_whole() -> None:
    stream = io.StringIO()
    failure = Failure(FailureKind.REJECTED, "no such account")
    view = task(FORM, failure=failure, so_far={"bob": "approve"}, barred=("ann",), row=row(due=50.0), default="reject")
    tell_task(view, Screen(stream, colour=False), 10.0)
    page = stream.getvalue()
    assert page.startswith("Pay order 17?\n")
    for said in (
        "open, for role:risk_officer: a step of the workflow",
        "due in 40s (",
        "; then it is reject",
        "approve failed after 3 attempts (rejected): no such account",
        "  approve  by 2 people",
        "  amount  a number, at least 0, required  How much is paid",
        "not to be decided by ann",
        "bob has chosen approve",
        "5f" * 32,
    ):
        assert said in page
    assert "\x1b" not in page


def test_that_something_cannot_be_undone_is_not_told_as_its_failure() -> None:
    stream = io.StringIO()
    view = task(None, failure=Failure(FailureKind.REJECTED, "it is on its way"), row=row(about="undo"))
    tell_task(view, Screen(stream, colour=False), 10.0)
    assert "\nthe undoing of approve failed (rejected): it is on its way\n" in stream.getvalue()


def asked(view: TaskView, *typed: str) -> tuple[Answer | None, str]:
    stream = io.StringIO()
    answers = iter(typed)

    def ask(prompt: str) -> str:
        stream.write(prompt + "\n")
        try:
            return next(answers)
        except StopIteration:
            raise EOFError from None

    return Dialogue(Screen(stream, colour=False), ask).decide(view), stream.getvalue()


def test_a_person_is_asked_for_the_choice_each_field_the_reason_and_whether_it_is_so() -> None:
    answer, page = asked(task(FORM), "1", "3.5", "y", "007", "", "all is well", "yes")
    values = {"amount": 3.5, "express": True, "code": "007", "level": "low"}
    assert answer == Answer("approve", "all is well", values)
    assert "amount (a number, at least 0, required): " in page
    assert json.dumps(values, separators=(",", ":")) in page


def test_what_does_not_fit_is_asked_for_again() -> None:
    answer, page = asked(task(FORM), "aprove", "7", "approve", "", "-1", "much", "2", "", "", "high", "", "y")
    assert answer == Answer("approve", None, {"amount": 2, "level": "high"})
    assert "did you mean 'approve'?" in page
    assert page.count("amount (") == 4


def test_nothing_is_decided_without_a_yes_and_nothing_where_the_input_ends() -> None:
    assert asked(task(), "reject", "why", "")[0] is None
    with pytest.raises(EOFError):
        asked(task(), "reject")


def test_a_failure_that_gets_an_output_or_other_inputs_is_asked_for_them() -> None:
    about_failure = row(about="failure")
    view = task(choices=("use_output", "retry"), row=about_failure)
    assert asked(view, "use_output", '{"paid": 3}', "", "y")[0] == Answer("use_output", None, {"output": {"paid": 3}})
    assert asked(view, "retry", "[]", '{"amount": 1}', "", "y")[0] == Answer("retry", None, {"inputs": {"amount": 1}})
    assert asked(view, "retry", "", "", "y")[0] == Answer("retry", None, None)


def test_a_form_that_is_no_object_is_asked_for_as_one_value() -> None:
    assert asked(task({"type": "integer"}), "1", "x", "4", "", "y")[0] == Answer("approve", None, 4)


def test_the_beginning_of_the_digest_is_enough_and_another_digest_stays_what_it_is() -> None:
    view = task()
    assert whole_digest(view, "5F5F5F5F5F5F") == view.shown
    assert whole_digest(view, "5f") == "5f"
    assert whole_digest(view, "00" * 32) == "00" * 32


def test_the_short_names_of_many_are_those_that_each_alone_would_have() -> None:
    runs = [f"01J{number:023d}" for number in range(0, 50_000_000, 1_000_000)]
    rows = [row(run=run, number=number) for number, run in enumerate(runs)]
    shelf: Any = Shelf(*rows, row(run=OTHER))
    assert short_names(shelf, rows) == [short_name(shelf, each) for each in rows]
    assert shelf.pages == 2


def test_a_failure_is_shown_with_all_that_was_tried_and_an_undoing_with_what_is_to_be_undone() -> None:
    tried = [
        Tried("node", "score", "timeout: no answer", 3),
        Tried("fallback", "rules", "rejected: unknown\ncustomer", 1),
        Tried("recovery", "supervisor", "chose escalate: beyond me"),
    ]
    failure = Failure(FailureKind.REJECTED, "unknown customer")
    stream = io.StringIO()
    view = task(failure=failure, tried=tried, output=Raw(b'{"booking":7}'))
    tell_task(view, Screen(stream, colour=False), 10.0)
    page = stream.getvalue()
    assert "approve failed (rejected): unknown customer" in page
    assert "  the node's own score: timeout: no answer  3 attempts\n" in page
    assert "  in its place rules: rejected: unknown customer  1 attempt\n" in page
    assert "  deciding about it supervisor: chose escalate: beyond me\n" in page
    assert 'what approve gave {\n  "booking": 7\n}' in page


def test_a_field_with_an_odd_name_is_written_as_json_in_the_command() -> None:
    form: dict[str, Any] = {"properties": {"odd name=x": {}, "@at": {}, "two words": {}, "plain": {}}}
    command = decide_command(DOORS, Path("j.db"), "ABC/approve", "approve", task(form))
    words = shlex.split(command)
    given = [words[at + 1] for at, word in enumerate(words) if word == "--values"]
    assert given == ['{"odd name=x":"VALUE"}', '{"@at":"VALUE"}', "two words=VALUE", "plain=VALUE"]
    assert set(read_inputs(given, {}, option="--values")) == set(form["properties"])


def test_the_command_that_repeats_a_decision_says_all_that_was_decided_and_for_whom() -> None:
    answer = Answer("approve", "it's fine", {"amount": 3})
    ann = Identity("ann", ["clerk"], "asserted on the command line by joe")
    words = shlex.split(command_of(DOORS, Path("other.db"), task(), answer, ann))
    assert words == [
        *("concertato", "decide", f"{RUN}/approve", "--choice", "approve", "--reason", "it's fine"),
        *("--values", '{"amount":3}', "--shown", "5f5f5f5f5f5f", "--as", "ann", "--role", "clerk"),
        *("--journal", "other.db"),
    ]
    own = command_of(DOORS, Path("j.db"), task(), Answer("approve", None, None), Identity("joe", [], ACCOUNT))
    assert own == f"concertato decide {RUN}/approve --choice approve --shown 5f5f5f5f5f5f"


def test_what_begins_as_json_and_is_none_is_asked_for_again() -> None:
    about_failure = row(about="failure")
    view = task(choices=("use_output",), row=about_failure)
    answer, page = asked(view, "use_output", '{"paid":', '{"paid": 3}', "", "y")
    assert answer == Answer("use_output", None, {"output": {"paid": 3}})
    assert "output: expected JSON, since it begins as an object or a list does" in page
