"""A run goes the same way in strides as step by step: the same states, and the same commands in the same order.

Who looks on is told every change of status, which strides do not do: a run that somebody looks on at goes step by step.
"""

from collections import Counter
from random import Random
from typing import Any

import pytest

from concertato.errors import FailureKind
from concertato.plan.compile import compile_plan
from concertato.plan.model import Plan
from concertato.run import machine, stride
from concertato.run.codec import encode_state
from concertato.run.commands import CallAgent, CancelCall, Command, StartTimer
from concertato.run.events import (
    AnyEvent,
    AttemptFailed,
    CancelRequested,
    CompensationSucceeded,
    Failure,
    NodeSucceeded,
    Raw,
    RunPaused,
    RunResumed,
    RunStarted,
    TimerFired,
)
from concertato.run.machine import begin, step
from concertato.run.state import Run

CASES = 1000


def workflow(random: Random) -> Plan:
    """Mostly tasks that read what tasks before them gave; now and then something else in between."""
    nodes: list[dict[str, Any]] = []
    for number in range(random.randint(2, 14)):
        before = [f"n{each}" for each in range(number)]
        reads = random.sample(before, min(len(before), random.choice([0, 1, 1, 2, 3])))
        node: dict[str, Any] = {
            "id": f"n{number}",
            "type": "work",
            "inputs": {each: f"{each}.output" for each in reads},
        }
        odd = random.random()
        if odd < 0.08:
            node["type"] = "set"
        elif odd < 0.14:
            node["inputs"]["sum"] = f"{reads[0]}.output == 1" if reads else "1 + 1"
        elif odd < 0.2:
            node["timeout"] = 5
        elif odd < 0.3:
            node["compensate"] = {"type": "undo"}
        elif odd < 0.4:
            node["with"] = {"constant": 7}
        elif odd < 0.45 and reads:
            node["join"] = random.choice(["all", "first"])
        nodes.append(node)
    edges = [
        {"from": f"n{a}", "to": f"n{b}"}
        for a, b in {tuple(sorted(random.sample(range(len(nodes)), 2))) for _ in range(random.randint(0, 3))}
    ]
    return compile_plan({"name": "w", "nodes": nodes, "edges": edges, "max_parallel": random.choice([1, 2, 3, 256])})


class Pair:
    """One run twice: `watched` goes step by step, `alone` in strides."""

    def __init__(self, plan: Plan, random: Random) -> None:
        self.random = random
        self.calls: dict[str, CallAgent] = {}
        self.timers: dict[str, float] = {}
        self.now = 1000.0
        started = RunStarted(at=self.now, run_id="r", workflow="w", plan=plan.fingerprint, inputs={}, task_root="r")
        self.watched, commands = begin(plan, started, observer=lambda *_: None)
        self.alone, the_same = begin(plan, started)
        assert the_same == commands
        self.perform(commands)

    def perform(self, commands: list[Command]) -> None:
        for command in commands:
            if isinstance(command, CallAgent):
                self.calls[command.path] = command
            elif isinstance(command, StartTimer):
                self.timers[command.timer] = command.at
            elif isinstance(command, CancelCall) and command.answered:
                self.calls.pop(command.path, None)

    def send(self, event: AnyEvent) -> None:
        outcome = step(self.watched, event)
        assert step(self.alone, event) == outcome, event
        assert encode_state(self.alone) == encode_state(self.watched), event
        if isinstance(outcome, list):
            self.perform(outcome)

    def event(self) -> AnyEvent:
        """An answer to any call, mostly; a timer; seldom something that everybody notices."""
        self.now += 1
        odd = self.random.random()
        if odd < 0.03:
            return RunPaused(at=self.now) if self.random.random() < 0.5 else RunResumed(at=self.now)
        if odd < 0.035:
            return CancelRequested(at=self.now, rollback=self.random.random() < 0.5)
        if not self.calls or odd < 0.08:
            if not self.timers:
                return RunResumed(at=self.now)
            name, at = self.timers.popitem()
            self.now = max(self.now, at)
            return TimerFired(at=self.now, timer=name)
        path = self.random.choice(list(self.calls))
        call = self.calls[path]
        if odd > 0.1:
            del self.calls[path]  # otherwise it will be answered a second time
        if call.purpose == "compensation":
            return CompensationSucceeded(at=self.now, path=path, attempt=call.attempt)
        if self.random.random() < 0.06:
            kind = self.random.choice([FailureKind.UNAVAILABLE, FailureKind.REJECTED])
            return AttemptFailed(at=self.now, path=path, attempt=call.attempt, failure=Failure(kind, "random"))
        attempt = call.attempt if self.random.random() < 0.97 else 9
        return NodeSucceeded(at=self.now, path=path, attempt=attempt, output=Raw(self.random.choice([b"1", b"null"])))


def test_runs_go_the_same_way_whether_somebody_looks_on_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: Counter[bool] = Counter()
    strides = stride.strides

    def counted(run: Run, event: NodeSucceeded) -> bool:
        took = strides(run, event)
        if run.observer is None:
            taken[took] += 1
        return took

    monkeypatch.setattr(machine, "strides", counted)
    ends: Counter[str] = Counter()
    for seed in range(CASES):
        random = Random(seed)
        pair = Pair(workflow(random), random)
        for _ in range(60):
            pair.send(pair.event())
        ends[pair.alone.status.value] += 1
    assert min(taken.values()) > CASES, taken
    assert min(ends[each] for each in ("succeeded", "failed", "cancelled", "rolled_back")) > 0, ends
