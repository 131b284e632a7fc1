"""Processes that share the runs of a simulation: what they have counted is never lost, whatever becomes of them."""

import multiprocessing
import time
from collections.abc import Iterator
from itertools import count

import msgspec
import pytest

from concertato.plan.compile import compile_plan
from concertato.plan.model import Plan
from concertato.simulation.faults import NO_FAULTS
from concertato.simulation.stage import Setting
from concertato.simulation.survey import survey


def turns(many: int) -> Plan:
    """A run of so many turns: a thousand of them take a process a good part of a second."""
    loop = {"id": "turns", "type": "loop", "while": f"iteration < {many}", "max_iterations": many}
    return compile_plan({"name": "turns", "nodes": [{**loop, "nodes": [{"id": "turn", "type": "work"}]}]})


WITHOUT = Setting(faults=NO_FAULTS)


@pytest.fixture(autouse=True)
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("concertato.simulation.survey.WORTH_A_PROCESS", 50)


def test_what_has_been_counted_of_a_chunk_is_reported_where_it_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("concertato.simulation.survey.CHUNK", 10**9)  # nobody gets to the end of one

    def counted_in(seconds: float) -> int:
        ends = time.monotonic() + seconds
        report = survey(turns(10), WITHOUT, runs=10**12, seed=1, workers=2, stop=lambda: time.monotonic() > ends)
        return report.runs

    # A process needs a while to start, and how long is the machine's affair.
    assert any(counted_in(seconds) for seconds in (2, 8, 32))


def test_where_one_is_killed_another_goes_on_alone_and_the_report_is_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    killed: list[int | None] = []

    def stop() -> bool:
        workers = multiprocessing.active_children()
        if workers and not killed:
            workers[0].kill()
            killed.append(workers[0].pid)
        return False

    monkeypatch.setattr("concertato.simulation.survey.CHUNK", 4)
    shared = survey(turns(100), WITHOUT, runs=51, seed=1, workers=2, stop=stop)
    assert killed
    assert "a process that shared the runs died" in caplog.text
    assert msgspec.json.encode(shared) == msgspec.json.encode(survey(turns(100), WITHOUT, runs=51, seed=1))


def test_no_run_is_lost_where_one_is_killed_before_the_next_chunk_is_handed_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("concertato.simulation.survey.CHUNK", 4)
    killed: list[int | None] = []

    def progress(_: int) -> None:
        if not killed:
            (worker, *_others) = multiprocessing.active_children()
            worker.kill()
            worker.join()
            killed.append(worker.pid)
            while multiprocessing.active_children():  # the pool notices in a thread of its own, and ends the others
                time.sleep(0.01)

    shared = survey(turns(100), WITHOUT, runs=81, seed=1, workers=2, progress=progress)
    assert msgspec.json.encode(shared) == msgspec.json.encode(survey(turns(100), WITHOUT, runs=81, seed=1))


@pytest.mark.parametrize("workers", [1, 2])
def test_more_runs_than_there_is_memory_for_are_begun_all_the_same(workers: int) -> None:
    looks: Iterator[bool] = (at > 400 for at in count())
    report = survey(turns(1), WITHOUT, runs=10**15, seed=1, workers=workers, stop=lambda: next(looks))
    assert report.wanted == 10**15
