"""Every fault that can be made is made: one at a time, seen in the story of a run in which nothing else goes wrong."""

from collections.abc import Iterator
from typing import Any

import pytest

from concertato import simulate
from concertato.simulation.story import Moment

Document = dict[str, Any]

ONE: Document = {"name": "one", "nodes": [{"id": "work", "type": "work", "timeout": "5s"}]}
WAITS: Document = {"name": "waits", "nodes": [{"id": "go", "type": "wait", "signal": "go", "timeout": "10m"}]}
ASKS: Document = {
    "name": "asks",
    "nodes": [{"id": "ask", "type": "human", "to": "ann", "timeout": "1h", "default": "done"}],
}


def stories(document: Document, fault: str) -> Iterator[list[Moment]]:
    """Of forty runs in which one fault alone is made."""
    only = ",".join(
        f"{each}=0" for each in ("failure", "slow", "hang", "repeat", "crash", "outage", "silence", "signal")
    )
    for seed in range(40):
        yield simulate(document, faults=f"{only},{fault}", runs=1, seed=seed).story


def texts(document: Document, fault: str) -> list[str]:
    return [" | ".join(each.text for each in story) for story in stories(document, fault)]


@pytest.mark.parametrize(
    ("document", "fault", "told"),
    [
        (ONE, "failure=0.5", "work fails: "),
        (ONE, "failure=0.5", "the work of work takes effect | work fails: "),
        (ONE, "slow=0.5", "its time is over | work answers"),
        (ONE, "slow=0.5", "too late, and changes nothing"),
        (ONE, "hang=0.5", "its time is over"),
        (ONE, "hang=0.5", "the work of work takes effect | its time is over"),
        (ONE, "crash=0.5", "the process dies"),
        (ONE, "outage=1", "from 0.0 s on, work fails"),
        (ONE, "outage=1", "from 0.0 s on, work answers too late, and does its work"),
        (ASKS, "silence=0.5", "nobody has decided in time"),
        (WAITS, "signal=1", "its time is over"),
        (WAITS, "signal=1", "signal go comes"),
    ],
)
def test_a_fault_is_seen_in_some_runs_and_not_in_those_without_it(document: Document, fault: str, told: str) -> None:
    assert any(told in text for text in texts(document, fault))
    if told != "signal go comes":
        assert not any(told in text for text in texts(document, "repeat=0"))


def test_an_answer_may_come_twice() -> None:
    document = {"name": "two", "nodes": [ONE["nodes"][0], {"id": "next", "type": "next", "inputs": ["work.output"]}]}
    assert any("the same answer of work comes once more | too late" in text for text in texts(document, "repeat=1"))


def test_a_signal_may_come_before_anybody_waits() -> None:
    document = {
        "name": "early",
        "nodes": [{"id": "work", "type": "work"}, WAITS["nodes"][0]],
        "edges": [{"from": "work", "to": "go"}],
    }
    found = [[each.what for each in story] for story in stories(document, "signal=1")]
    assert any(told.index("signal") < told.index("answered") for told in found if "signal" in told)


def test_a_signal_may_come_twice() -> None:
    hold = {"id": "hold", "type": "wait", "for": "1h"}
    document = {"name": "twice", "nodes": [*WAITS["nodes"], hold], "edges": [{"from": "go", "to": "hold"}]}

    def most(fault: str) -> int:
        return max([each.what for each in story].count("signal") for story in stories(document, fault))

    assert (most("repeat=0"), most("repeat=1")) == (1, 2)


def test_after_a_crash_whoever_was_at_work_is_asked_again_and_what_was_recorded_is_not() -> None:
    document = {
        "name": "crash",
        "nodes": [{"id": "first", "type": "work"}, {"id": "second", "type": "work", "inputs": ["first.output"]}],
    }
    for story in stories(document, "crash=0.3"):
        told = [(each.what, each.path) for each in story]
        answered = told.index(("answered", "first"))
        asked = [at for at, each in enumerate(told) if each == ("asked", "first")]
        crashes = [at for at, (what, _) in enumerate(told) if what == "crash"]
        lost = [at for at in crashes if told[at - 1] == ("answered", "first")]
        if not lost:
            assert len(asked) == 1 + len([at for at in crashes if at < answered])
        assert told[-1] == ("ended", "")


def test_what_is_told_to_stop_may_stop_in_the_middle_or_not_at_all() -> None:
    document: Document = {
        "name": "stops",
        "nodes": [
            {"id": "bad", "type": "bad"},
            {
                "id": "paid",
                "type": "pay",
                "timeout": "60s",
                "cancellable": True,
                "compensate": {"type": "refund"},
            },
        ],
    }
    bad = {"fails": {"share": 1, "kinds": ["rejected"]}, "takes": 3}
    script = {"agents": {"bad": bad, "pay": {"takes": [1, 6]}}}
    report = simulate(document, script=script, faults="none", runs=200)
    (surprise,) = report.surprises
    assert (surprise.kind, surprise.place) == ("not_undone", "paid")
    assert "it was told to stop in the middle" in surprise.text
    runs = (simulate(document, script=script, faults="none", runs=1, seed=seed).story for seed in range(40))
    assert {("effect", "paid") in [(each.what, each.path) for each in story] for story in runs} == {True, False}
    document["nodes"][1]["cancellable"] = False
    assert simulate(document, script=script, faults="none", runs=200).surprises == []


def test_a_signal_that_never_comes_to_one_wait_may_come_to_the_next() -> None:
    inner = [{"id": "paid", "type": "wait", "signal": "paid", "timeout": "10m", "on_failure": ["continue"]}]
    tries = {"id": "tries", "type": "loop", "while": "iteration < 4", "nodes": inner}
    script = {"signals": {"paid": {"never": 0.5}}}
    found = 0
    for seed in range(40):
        document = {"name": "tries", "nodes": [tries]}
        story = simulate(document, script=script, faults="none", runs=1, seed=seed).story
        told = [each.what for each in story if each.what in ("signal", "timer")]
        assert len(told) == 4, "each wait has one end"
        found += told[0] == "timer" and "signal" in told
    assert found > 5
