"""A simulation is repeatable: the same definition, settings and seed give the same report, to the byte."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from concertato import RequestError, load, simulate
from concertato.errors import InvalidInput
from concertato.plan.compile import compile_plan
from concertato.simulation.faults import NO_FAULTS, Faults
from concertato.simulation.stage import Setting
from concertato.simulation.survey import survey
from support.source import ROOT

ORDER = ROOT / "examples" / "order_processing" / "workflow.yaml"

HARD = Faults(**dict.fromkeys(Faults.__struct_fields__, 0.2))
"""Everything goes wrong, often."""

KINDS: dict[str, Any] = {
    "name": "every_kind",
    "inputs": {"given": "array", "opens_at": {"type": "string", "format": "date-time"}},
    "nodes": [
        {"id": "plan", "type": "plan", "agent": "planner", "allow": ["work"], "on_failure": ["continue"]},
        {
            "id": "each",
            "type": "map",
            "over": "given",
            "on_item_failure": "collect",
            "nodes": [{"id": "work", "type": "work", "timeout": 3, "compensate": {"type": "undo", "timeout": 3}}],
        },
        {
            "id": "turns",
            "type": "loop",
            "until": "last.done",
            "max_iterations": 4,
            "nodes": [{"id": "turn", "type": "work"}],
            "outputs": {"done": "turn.output.done"},
            "on_failure": [{"recover": {"type": "advisor", "may": ["retry", "skip", "use_output", "rollback"]}}],
        },
        {"id": "until", "type": "wait", "until": "opens_at"},
        {"id": "signal", "type": "wait", "signal": "go", "timeout": "5m", "on_failure": ["continue"]},
        {
            "id": "decide",
            "type": "human",
            "to": "role:boss",
            "choices": ["yes", "no"],
            "timeout": "1h",
            "default": "no",
        },
        {
            "id": "both",
            "type": "human",
            "to": "role:boss",
            "approvals": 2,
            "form": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
            "timeout": "1h",
            "escalate": {"to": "role:chief"},
        },
        {"id": "final", "type": "work", "inputs": {"n": "both.output.values.n + 1"}},
    ],
    "edges": [{"from": "decide", "to": "both", "when": "yes"}, {"from": "both", "to": "final"}],
    "on_failure": [{"escalate": {"to": "role:boss", "timeout": "1d"}}],
}


def text_of(report: Any) -> bytes:
    return msgspec.json.encode(report)


def test_the_same_seed_is_the_same_report_and_another_is_another() -> None:
    once, again, other = (simulate(ORDER, runs=60, seed=seed) for seed in (5, 5, 6))
    assert text_of(once) == text_of(again) != text_of(other)


def test_it_is_the_same_in_every_form_of_the_definition() -> None:
    reports = {
        text_of(simulate(form, runs=30).ends) for form in (ORDER, compile_plan(ORDER), load(ORDER), load(ORDER).raw)
    }
    assert len(reports) == 1


def test_it_is_the_same_in_another_process_with_other_hashes() -> None:
    program = f"from concertato import simulate; print(simulate({str(ORDER)!r}, runs=40))"
    told = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert told == {f"{simulate(ORDER, runs=40)}\n"}


def test_it_is_the_same_however_many_processes_share_the_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("concertato.simulation.survey.WORTH_A_PROCESS", 50)
    plan = compile_plan(ORDER)
    alone, shared = (survey(plan, Setting(), runs=120, seed=3, workers=workers) for workers in (1, 2))
    assert text_of(alone) == text_of(shared)


def test_processes_end_when_nobody_wants_their_work_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("concertato.simulation.survey.WORTH_A_PROCESS", 50)
    monkeypatch.setattr("concertato.simulation.survey.CHUNK", 10_000)  # far more than are counted in these four looks
    answers: Iterator[bool] = iter([False] * 4)
    report = survey(compile_plan(ORDER), Setting(), runs=10**9, seed=3, workers=2, stop=lambda: next(answers, True))
    assert report.runs < 10_000


@pytest.mark.parametrize("runs", [1, 3])
def test_a_long_run_is_left_in_the_middle_when_nobody_wants_it_any_more(runs: int) -> None:
    loop = {"id": "long", "type": "loop", "while": "iteration < 1000", "nodes": [{"id": "turn", "type": "work"}]}
    answers: Iterator[bool] = iter([False] * 4)
    plan = compile_plan({"name": "long", "nodes": [{**loop, "max_iterations": 1000}]})
    report = survey(plan, Setting(faults=NO_FAULTS), runs=runs, seed=1, stop=lambda: next(answers, True))
    assert (report.runs, report.wanted, report.ends, report.surprises) == (0, runs, [], [])


def test_a_seed_of_the_report_repeats_the_run_it_tells_of() -> None:
    report = simulate(ORDER, runs=300)
    end = report.ends[-1]
    again = simulate(ORDER, runs=1, seed=end.seed)
    assert [(each.end, each.at) for each in again.ends] == [(end.end, end.at)]
    assert report.length.longest_seed is not None
    longest = simulate(ORDER, runs=1, seed=report.length.longest_seed)
    assert longest.length.longest_path == report.length.longest_path
    assert again.story[-1].what == "ended"


def test_every_kind_of_node_lives_through_every_fault() -> None:
    plan = compile_plan(KINDS)
    report = survey(plan, Setting(faults=HARD), runs=300, seed=1)
    assert report.ended("fault") == 0
    assert report.ended() == 300
    assert report.crashes > 100
    assert {each.end for each in report.ends} >= {"succeeded", "failed", "rolled_back"}


def test_without_faults_everything_succeeds() -> None:
    document = {**KINDS, "nodes": [node for node in KINDS["nodes"] if node["id"] != "turns"]}
    report = survey(compile_plan(document), Setting(faults=NO_FAULTS), runs=100, seed=1)
    assert [each.end for each in report.ends] == ["succeeded"]


def test_big_loops_end_and_those_that_have_no_end_in_sight_are_told() -> None:
    inner = {"id": "inner", "type": "loop", "while": "iteration < 40", "nodes": [{"id": "turn", "type": "work"}]}
    outer = {"id": "outer", "type": "loop", "while": "iteration < 40", "nodes": [inner]}
    plan = compile_plan({"name": "loops", "nodes": [outer]})
    assert survey(plan, Setting(faults=NO_FAULTS), runs=1, seed=1).ended("succeeded") == 1
    bounded = survey(plan, Setting(faults=NO_FAULTS, most_events=500), runs=1, seed=1)
    assert (bounded.ended("endless"), bounded.ends[0].at, bounded.events) == (1, "outer/inner/turn", 500)
    told = "a run was stopped that may have no end: after 500 events (most at outer/inner/turn)"
    assert (bounded.surprises[0].text, bounded.surprises[0].example) == (told, "")
    waits = {"id": "wait", "type": "wait", "signal": "go"}
    stopped = survey(compile_plan({"name": "waits", "nodes": [waits]}), Setting(most_events=1), runs=1, seed=1)
    assert [(each.end, each.at) for each in stopped.ends] == [("endless", "the start")]


def test_the_longest_path_is_the_chain_that_took_the_time() -> None:
    document = {
        "name": "two_ways",
        "nodes": [
            {"id": "slow", "type": "slow"},
            {"id": "quick", "type": "quick"},
            {"id": "join", "type": "quick", "inputs": ["slow.output", "quick.output"]},
        ],
    }
    script = {"agents": {"slow": {"takes": 60}, "quick": {"takes": 1}}}
    report = simulate(document, script=script, faults="none", runs=3)
    assert [(step.path, round(step.seconds)) for step in report.length.longest_path] == [("slow", 60), ("join", 1)]
    assert (report.length.p50, report.calls.count, report.attempts.count) == (61.0, 3, 1)


def test_runs_that_were_given_inputs_start_with_them() -> None:
    nodes = [{"id": "a", "type": "a", "inputs": ["n"]}]
    document = {"name": "given", "inputs": {"n": "integer", "m": {"type": "any", "required": False}}, "nodes": nodes}
    report = simulate(document, inputs={"n": 7, "m": 1}, faults="none", runs=1)
    assert report.story[0].text == "the run starts with n = 7, m = 1"
    with pytest.raises(InvalidInput, match="expected a whole number"):
        simulate(document, inputs={"n": "x"}, runs=1)
    with pytest.raises(InvalidInput, match="no input 'k'"):
        simulate(document, inputs={"k": 7}, runs=1)


def test_an_input_for_which_nothing_can_be_made_up_is_told() -> None:
    declared = {"code": {"type": "string", "pattern": "^[A-Z]{3}$"}}
    scripted: dict[str, Any] = {"inputs": {"code": ["ABC", "DEF"]}}
    document: dict[str, Any] = {
        "name": "coded",
        "inputs": declared,
        "nodes": [{"id": "a", "type": "a", "inputs": ["code"]}],
    }
    with pytest.raises(RequestError, match="no value could be made up for the input 'code'"):
        simulate(document, runs=2)
    assert simulate(document, inputs={"code": "ABC"}, faults="none", runs=2).ended("succeeded") == 2
    assert simulate(document, script=scripted, faults="none", runs=2).ended("succeeded") == 2


def test_what_agents_say_that_they_give_is_what_they_answer(tmp_path: Path) -> None:
    def score(text: str) -> dict[str, float]:
        return {"value": 1.0}

    document = {
        "name": "typed",
        "inputs": {"text": "string"},
        "nodes": [{"id": "score", "type": "score", "inputs": ["text"]}],
    }
    story = simulate(document, agents=score, faults="none", runs=1).story
    assert [each.text for each in story if each.what == "answered"] == ["score answers {}"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"runs": 0},
        {"runs": 1.5},
        {"runs": "3"},
        {"runs": True},
        {"seed": -1},
        {"seed": None},
        {"workers": None},
        {"faults": 3},
        {"script": []},
        {"real": 5},
        {"real": [5]},
        {"inputs": []},
        {"workflow": 5},
    ],
)
def test_what_cannot_be_simulated_is_refused(wrong: dict[str, Any]) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(RequestError, match="expected") as refused:
        simulate(**{"workflow": ORDER, "runs": 2, **wrong})
    assert name in str(refused.value)
    assert str(value) in str(refused.value)


def test_an_input_that_there_is_not_is_all_that_is_wrong() -> None:
    document = {"name": "given", "inputs": {"text": "string"}, "nodes": [{"id": "a", "type": "a", "inputs": ["text"]}]}
    with pytest.raises(InvalidInput, match="nope") as refused:
        simulate(document, inputs={"nope": 1}, runs=2)
    assert "missing" not in str(refused.value)


def test_a_plan_of_ten_thousand_nodes_is_simulated() -> None:
    nodes: list[dict[str, Any]] = [{"id": "n0", "type": "work"}]
    nodes += [{"id": f"n{n}", "type": "work", "inputs": [f"n{n // 2}.output"]} for n in range(1, 10_000)]
    report = simulate({"name": "wide", "nodes": nodes}, faults="none", runs=2)
    assert report.ended("succeeded") == 2
    assert report.calls.count == 10_000


@pytest.mark.parametrize("faults", [None, "crash=0.2"])
@pytest.mark.parametrize("seed", range(8))
def test_the_steps_of_the_longest_path_add_up_to_it(seed: int, faults: str | None) -> None:
    for document in (ORDER, KINDS):
        length = simulate(document, runs=10, seed=seed, faults=faults).length
        assert sum(step.seconds for step in length.longest_path) == pytest.approx(length.longest, abs=0.05)


def test_where_nothing_takes_time_a_seed_is_told_all_the_same() -> None:
    report = simulate({"name": "none", "nodes": [{"id": "n", "type": "set", "inputs": {"a": "1"}}]}, runs=2)
    assert (report.length.longest, report.calls.count) == (0, 0)
    assert report.length.longest_seed == report.calls.seed == report.ends[0].seed


def test_faults_may_be_shares_by_name() -> None:
    assert simulate(ORDER, runs=2, faults={"crash": 0.2}).faults == Faults(crash=0.2)
    with pytest.raises(RequestError, match="there is no fault 'crashes'; did you mean 'crash'"):
        simulate(ORDER, faults={"crashes": 0.2})
    with pytest.raises(RequestError, match="shares by name, or a text"):
        simulate(ORDER, faults=0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("types", [["string", "null"], ["integer", "string"], ["null"]])
def test_an_input_may_be_of_several_types(types: list[str]) -> None:
    document = {
        "name": "several",
        "inputs": {"x": {"type": types}},
        "nodes": [{"id": "a", "type": "a", "inputs": ["x"]}],
    }
    assert simulate(document, faults="none", runs=20).ended("succeeded") == 20
