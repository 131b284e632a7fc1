"""What a function knows of its task."""

import asyncio
import logging
from datetime import UTC, datetime

import pytest

from concertato.agents.context import TaskContext
from support.clock import START, FakeClock
from support.tasks import task


def test_the_context_tells_the_task() -> None:
    context = TaskContext(task("score", attempt=2, deadline=START + 30), clock=FakeClock())
    assert (context.task_id, context.run_id, context.workflow, context.node, context.attempt) == (
        "root/score",
        "run",
        "orders",
        "score",
        2,
    )
    assert context.deadline == datetime(2023, 11, 14, 22, 13, 50, tzinfo=UTC)


def test_the_time_that_remains_runs_out_and_never_below_nothing() -> None:
    clock = FakeClock()
    context = TaskContext(task("score", deadline=START + 30), clock=clock)
    clock.advance(20)
    assert context.remaining() == 10
    clock.advance(20)
    assert context.remaining() == 0


def test_without_a_deadline_nothing_runs_out() -> None:
    context = TaskContext(task("score"))
    assert (context.deadline, context.remaining()) == (None, None)


def test_progress_is_reported_and_checked() -> None:
    reports: list[tuple[float | None, str | None]] = []
    context = TaskContext(task("score"), lambda *report: reports.append(report))
    context.progress(0.5, "half")
    context.progress(message="almost")
    with pytest.raises(ValueError, match=r"between 0 and 1, got: 50"):
        context.progress(50)
    assert reports == [(0.5, "half"), (None, "almost")]


def test_log_records_say_what_they_are_about_and_keep_the_callers_own_fields(caplog: pytest.LogCaptureFixture) -> None:
    context = TaskContext(task("score", attempt=2))
    with caplog.at_level(logging.INFO, "concertato.agent"):
        context.log.info("asked %s", "Ada", extra={"customer": 7})
    (record,) = caplog.records
    assert record.getMessage() == "asked Ada"
    about = {name: getattr(record, name) for name in ("run", "node", "attempt", "agent", "customer")}
    assert about == {"run": "run", "node": "score", "attempt": 2, "agent": "score", "customer": 7}
    assert record.name == "concertato.agent.score"


def test_a_function_that_polls_learns_that_it_is_cancelled() -> None:
    context = TaskContext(task("score"))
    context.raise_if_cancelled()
    context.cancel()
    assert context.cancelled
    with pytest.raises(asyncio.CancelledError):
        context.raise_if_cancelled()
