"""What is said of runs holds where people have looked, where runs wait, and where a process died on the way."""

from typing import Any

from concertato import agent, simulate
from support.surprises import Document, kinds, noticed

CHARGE: Document = {"id": "charge", "type": "charge", "timeout": "5s", "compensate": {"type": "refund"}}
SLOW = {"charge": {"takes": ["4s", "8s"]}}


def asking(*more: Any, may: list[str], name: str = "judged") -> Document:
    charge = {**CHARGE, "on_failure": [{"escalate": {"to": "role:desk", "may": may, "timeout": "1h"}}, *more]}
    return {"name": name, "nodes": [charge, {"id": "ship", "type": "ship", "inputs": ["charge.output"]}]}


def test_what_somebody_gave_as_the_output_of_work_that_was_done_stands_when_the_run_is_rolled_back() -> None:
    agents = {**SLOW, "ship": {"fails": {"share": 1, "kinds": ["rejected"]}}}
    people = {"charge~failed": {"answers": ["use_output"], "silent": 0}}
    rolling = {**asking(may=["use_output"]), "on_failure": ["rollback"]}
    found = simulate(rolling, script={"agents": agents, "people": people}, faults="none", runs=100)
    (surprise,) = (each for each in found.surprises if each.kind == "not_undone")
    assert "somebody gave its output, and what is given is not undone" in surprise.text
    abort = {**people, "ship~failed": {"answers": ["abort"], "silent": 0}}
    rolling["nodes"][1]["on_failure"] = [{"escalate": {"to": "role:desk", "may": ["abort"], "timeout": "1h"}}]
    wanted = simulate(rolling, script={"agents": agents, "people": abort}, faults="none", runs=100)
    assert "not_undone" not in kinds(wanted), "somebody wanted nothing to be undone"


def test_who_has_it_tried_again_has_settled_nothing_unless_that_succeeds() -> None:
    """It is too slow once more, nobody looks again, and the fallback does the work as well."""
    document = asking({"fallback": {"type": "other"}}, may=["retry"])
    document["nodes"][0]["retry"] = {"max_attempts": 1}
    script = {"agents": SLOW, "people": {"charge~failed": {"answers": ["retry"], "silent": 0.5}}}
    seen: dict[str, int] = {"settled": 0, "twice": 0}
    for seed in range(100):
        report = simulate(document, script=script, faults="none", runs=1, seed=seed)
        told = [each.text for each in report.story]
        if "person_1 decides: retry" in told and "the work of charge takes effect" in told:
            twice = "the work of other takes effect" in told
            assert kinds(report) == ({"done_twice"} if twice else set()), seed
            seen["twice" if twice else "settled"] += 1
    assert min(seen.values()) > 5


def test_that_a_run_waits_for_ever_hides_nothing() -> None:
    charge = {**CHARGE, "on_failure": [{"fallback": {"type": "other"}}]}
    document = {
        "name": "waits",
        "nodes": [charge, {"id": "w", "type": "wait", "signal": "paid"}],
        "edges": [{"from": "charge", "to": "w"}],
    }
    runs = simulate(document, script={"agents": SLOW}, faults="none", runs=100)
    waiting = simulate(document, script={"agents": SLOW, "signals": {"paid": {"never": 1}}}, faults="none", runs=100)
    assert waiting.ended("waits") == 100
    assert [each.runs for each in waiting.surprises] == [each.runs for each in runs.surprises]
    assert kinds(waiting) == {"done_twice"}


def test_all_that_a_run_waits_for_is_told() -> None:
    signals = [{"id": name, "type": "wait", "signal": name} for name in ("one", "two")]
    document = {"name": "waits", "nodes": [*signals, {"id": "sign", "type": "human", "to": "user:ann"}]}
    script = {"signals": {"one": {"never": 1}, "two": {"never": 1}}, "people": {"sign": {"silent": 1}}}
    found = simulate(document, script=script, faults="none", runs=20)
    assert [(each.place, each.runs) for each in found.notices if each.kind == "waits_for_ever"] == [
        ("sign", 20),
        ("one", 20),
        ("two", 20),
    ]


def test_that_most_runs_wait_is_not_told_as_if_they_had_failed() -> None:
    document = {
        "name": "waits",
        "nodes": [
            {"id": "a", "type": "a", "retry": {"max_attempts": 1}},
            {"id": "w", "type": "wait", "signal": "paid"},
        ],
        "edges": [{"from": "a", "to": "w"}],
    }
    script: dict[str, Any] = {"signals": {"paid": {"never": 1}}, "agents": {"a": {"fails": 0.1}}}
    assert "never_succeeded" not in noticed(simulate(document, script=script, faults="none", runs=100))
    script["agents"]["a"]["fails"] = 0.8
    found = simulate(document, script=script, faults="none", runs=100)
    (notice,) = (each for each in found.notices if each.kind == "never_succeeded")
    assert notice.text == f"no run succeeded: {notice.runs} runs failed at a; it may be chance"
    assert notice.runs == found.ended("failed") < 100


def test_how_many_runs_came_near_is_counted_in_runs() -> None:
    inner = {
        "nodes": [{"id": "price", "type": "price"}, {"id": "extra", "type": "extra"}],
        "edges": [{"from": "price", "to": "extra", "when": "item > 50"}],
    }
    each = {"id": "each", "type": "map", "over": "[1, 2, 3, 4, 5]", **inner}
    first = {"id": "first", "type": "first", "retry": {"max_attempts": 1}}
    document = {"name": "near", "nodes": [first, each], "edges": [{"from": "first", "to": "each"}]}
    found = simulate(document, script={"agents": {"first": {"fails": 0.9}}}, faults="none", runs=300)
    came = found.ended("succeeded")
    assert 0 < came < 100 < 5 * came
    (notice,) = found.notices
    assert notice.text.endswith(f"it read item (1 to 5); only {came} runs came so near, so that it may be chance")


def test_of_a_condition_that_cannot_be_evaluated_no_more_is_said() -> None:
    document = {
        "name": "wrong",
        "nodes": [{"id": "a", "type": "a"}, {"id": "b", "type": "b"}],
        "edges": [{"from": "a", "to": "b", "when": "[1, 2][5] > 1"}],
    }
    found = simulate(document, faults="none", runs=100)
    assert (kinds(found), found.notices) == ({"expression_failed"}, [])


def test_a_wait_that_goes_on_while_the_process_is_away_is_the_waits_time() -> None:
    document = {
        "name": "away",
        "nodes": [{"id": "w", "type": "wait", "for": "1h"}, {"id": "beside", "type": "beside"}],
    }
    found = simulate(document, faults="none,crash=0.5", runs=50)
    assert found.crashes > 10
    steps = [step for step in found.length.longest_path if step.path == "w"]
    assert [step.spent_on for step in steps] == ["wait"]
    assert steps[0].seconds >= 3600


def test_an_agent_that_answers_at_once_has_done_its_work_before() -> None:
    @agent
    async def double(n: int) -> int:
        return n * 2

    document = {
        "name": "real",
        "inputs": {"n": "integer"},
        "nodes": [{"id": "double", "type": "double", "inputs": ["n"]}],
    }
    script = {"agents": {"double": {"takes": "0s"}}}
    for seed in range(20):
        told = {"script": script, "agents": double, "real": True, "inputs": {"n": 21}, "faults": "none"}
        report = simulate(document, runs=1, seed=seed, **told)  # type: ignore[arg-type]  # each is what it takes
        assert "double answers 42" in [each.text for each in report.story]


def test_a_story_is_told_in_the_order_of_time() -> None:
    document = {"name": "three", "nodes": [{"id": name, "type": name} for name in ("a", "b", "c")]}
    for seed in range(30):
        story = simulate(document, faults="none,crash=0.4", runs=1, seed=seed).story
        assert [each.at for each in story] == sorted(each.at for each in story)
