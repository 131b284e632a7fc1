"""Where the machine itself is at fault, a simulation says so, with the seed; it does not end in a traceback."""

import subprocess
import sys
from itertools import count
from typing import Any

import pytest

from concertato import simulate
from concertato.run.machine import step
from concertato.run.refusal import Refusal

CHAIN = {
    "name": "chain",
    "nodes": [{"id": "a", "type": "work"}, {"id": "b", "type": "work", "inputs": ["a.output"]}],
}


def only_surprise(**more: Any) -> str:
    report = simulate(CHAIN, runs=3, **more)
    (surprise,) = report.surprises
    assert (surprise.kind, surprise.runs) == ("machine_fault", report.ended("fault"))
    assert surprise.seed is not None
    assert simulate(CHAIN, runs=1, seed=surprise.seed, **more).surprises[0].text == surprise.text
    assert "this is a fault of Concertato itself, please report it" in surprise.text
    return surprise.text


def test_a_machine_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("a slip of ours")

    monkeypatch.setattr("concertato.simulation.case.step", broken)
    assert "RuntimeError: a slip of ours" in only_surprise()


def test_a_machine_that_asks_for_what_makes_no_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(run: Any, event: Any) -> Any:
        commands = step(run, event)
        return commands if isinstance(commands, Refusal) else [*commands, *commands]

    monkeypatch.setattr("concertato.simulation.case.step", twice)
    assert "b is called while it is with its agent" in only_surprise(faults="none")


def test_a_replay_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(*_: Any) -> Refusal:
        return Refusal("not this time")

    monkeypatch.setattr("concertato.simulation.crashing.step", refusing)
    assert "an event is refused when it is replayed: not this time" in only_surprise(faults="crash=0.6")


def test_a_replay_that_leads_to_another_state(monkeypatch: pytest.MonkeyPatch) -> None:
    states = count()
    monkeypatch.setattr("concertato.simulation.crashing.encode_state", lambda _: str(next(states)).encode())
    assert "the events, replayed, lead to another state" in only_surprise(faults="crash=1")


def test_what_makes_no_sense_is_seen_by_a_python_that_asserts_nothing() -> None:
    program = (
        "from concertato.run.commands import StartTimer; from concertato.simulation.world import World\n"
        "World().perform([StartTimer('retry:a', 1.0), StartTimer('retry:a', 1.0)])"
    )
    done = subprocess.run([sys.executable, "-O", "-c", program], capture_output=True, text=True, check=False)
    assert "MachineFault: timer retry:a is set twice" in done.stderr
