"""A definition for each kind of surprise, and its mended twin, in which the same simulation finds none.

Each is simulated with the faults that matter to it, so that it is found for certain and quickly.
"""

from typing import Any

import pytest

from concertato import simulate
from concertato.plan.compile import compile_plan
from concertato.simulation.faults import NO_FAULTS
from concertato.simulation.script import Script, Weighted
from concertato.simulation.stage import Setting
from concertato.simulation.survey import survey
from support.surprises import Document, kinds, noticed


def charging(*ladder: Any, then: bool = False) -> Document:
    """A charge that can be refunded, and what is done where it fails; `then` something more that may fail."""
    charge: Document = {"id": "charge", "type": "charge", "timeout": "5s", "compensate": {"type": "refund"}}
    if ladder:
        charge["on_failure"] = list(ladder)
    after = [{"id": "ship", "type": "ship", "inputs": ["charge.output"]}] if then else []
    return {"name": "charging", "nodes": [charge, *after]}


ASKS = {"escalate": {"to": "role:payments", "may": ["retry", "use_output", "rollback"]}}
LATE = "none"
SLOW = {"agents": {"charge": {"takes": ["4s", "8s"]}}}
"""Now and then all three attempts are too slow, and the money is taken all the same."""


def test_work_whose_answer_came_too_late_is_not_undone() -> None:
    found = simulate(charging(), script=SLOW, faults=LATE, runs=200)
    assert kinds(found) == {"not_undone"}
    assert found.surprises[0].text == (
        "charge was done and is not undone: charge took effect, but its answer came after its time-out"
    )


def test_somebody_who_is_asked_can_look_whether_it_was_done() -> None:
    assert kinds(simulate(charging(ASKS), script=SLOW, faults=LATE, runs=200)) == set()


def test_work_that_an_attempt_did_before_it_failed_is_not_undone() -> None:
    failing = {"agents": {"charge": {"fails": {"share": 0.5, "kinds": ["internal"]}}}}
    found = simulate(charging(), script=failing, faults="none", runs=100)
    assert "the attempt failed after the work was done" in found.surprises[0].text
    refused = {"agents": {"charge": {"fails": {"share": 0.5, "kinds": ["rejected"]}}}}
    assert kinds(simulate(charging(), script=refused, faults="none", runs=100)) == set()


def test_work_of_an_agent_that_hangs_is_not_undone() -> None:
    once = charging()
    once["nodes"][0]["retry"] = {"max_attempts": 1}
    found = simulate(once, faults="failure=0,slow=0,crash=0,outage=0,hang=0.3", runs=100)
    assert "it never answered" in found.surprises[0].text


def test_work_of_which_a_dead_process_was_told_is_not_undone() -> None:
    refused = {"agents": {"charge": {"fails": {"share": 0.5, "kinds": ["rejected"]}}}}
    found = simulate(charging(), script=refused, faults="none", runs=100)
    assert kinds(found) == set()
    crashing = "failure=0,slow=0,hang=0,repeat=0,outage=0,crash=0.3"
    found = simulate(charging(), script=refused, faults=crashing, runs=100)
    assert "the process died before the answer was recorded" in found.surprises[0].text


def test_a_fallback_that_does_the_same_does_it_twice() -> None:
    found = simulate(charging({"fallback": {"type": "charge_elsewhere"}}), script=SLOW, faults=LATE, runs=200)
    assert kinds(found) == {"done_twice"}
    assert (
        "both charge and charge_elsewhere took effect, but the answer of charge came after its"
        in found.surprises[0].text
    )


def test_a_fallback_that_settles_the_first_before_does_it_once() -> None:
    agents = {**SLOW["agents"], "charge_elsewhere": {"settles": "charge"}}
    ladder = ({"fallback": {"type": "charge_elsewhere"}}, ASKS)
    found = simulate(charging(*ladder), script={"agents": agents}, faults=LATE, runs=200)
    assert kinds(found) == set()
    assert found.ended("succeeded") == 200


def test_what_was_done_stands_when_a_ladder_ends_in_fail() -> None:
    document = charging(then=True)
    document["nodes"][1]["on_failure"] = ["fail"]
    script = {"agents": {"ship": {"fails": 1}}}
    found = simulate(document, script=script, faults="none", runs=20)
    assert "undid nothing" in found.surprises[0].text
    document["nodes"][1]["on_failure"] = ["rollback"]
    mended = simulate(document, script=script, faults="none", runs=20)
    assert kinds(mended) == set()
    assert mended.ended("rolled_back")


@pytest.mark.parametrize(("undo", "surprises"), [({"on_failure": ["fail"]}, {"not_undone"}), ({}, set())])
def test_a_compensation_that_fails_for_good(undo: Document, surprises: set[str]) -> None:
    """Where it is left in silence that is a surprise; left to itself it asks an operator."""
    document = charging(then=True)
    document["nodes"][0]["compensate"] |= undo
    script = {"agents": {"ship": {"fails": 1}, "refund": {"fails": 0.7}}}
    found = simulate(document, script=script, faults="none", runs=100)
    assert kinds(found) == surprises
    assert not surprises or "its compensation failed for good" in found.surprises[0].text


def test_what_has_no_compensation_is_told_where_others_are_undone() -> None:
    document = charging(then=True)
    document["nodes"].insert(0, {"id": "notify", "type": "notify"})
    document["edges"] = [{"from": "notify", "to": "charge"}]
    script = {"agents": {"ship": {"fails": 1}}}
    found = simulate(document, script=script, faults="none", runs=20)
    assert [each.place for each in found.notices] == ["notify"]
    document["nodes"][0]["compensate"] = {"type": "take_back"}
    assert simulate(document, script=script, faults="none", runs=20).notices == []


def test_what_has_no_compensation_is_told_of_all_runs_in_which_any_of_it_stands() -> None:
    document = charging(then=True)
    document["inputs"] = {"loud": "boolean"}
    document["nodes"] += [{"id": "call", "type": "call"}, {"id": "write", "type": "write"}]
    document["edges"] = [
        {"from": "charge", "to": "call", "when": "loud"},
        {"from": "charge", "to": "write", "when": "!loud"},
        {"from": "call", "to": "ship"},
        {"from": "write", "to": "ship"},
    ]
    found = simulate(document, script={"agents": {"ship": {"fails": 1}}}, faults="none", runs=50)
    (both,) = found.notices
    assert (both.place, both.text.endswith("no compensate: call, write")) == ("call", True)
    assert both.runs == found.ended("rolled_back") == 50


BRANCH: Document = {
    "name": "branch",
    "nodes": [
        {"id": "score", "type": "score"},
        {"id": "look", "type": "look"},
        {"id": "pay", "type": "pay", "inputs": {"seen": "look.output.seen"}},
    ],
    "edges": [
        {"from": "score", "to": "look", "when": "score.output.value > 0.5"},
        {"from": "score", "to": "pay"},
    ],
}


def test_an_expression_that_reads_the_output_of_a_skipped_node_fails() -> None:
    found = simulate(BRANCH, faults="none", runs=50)
    assert kinds(found) == {"expression_failed"}
    assert (found.surprises[0].place, found.surprises[0].runs) == ("pay", found.ended("failed"))
    assert "look.output is null" in found.surprises[0].example
    guarded = {"seen": "look.output == null ? false : look.output.seen"}
    mended = {**BRANCH, "nodes": [*BRANCH["nodes"][:2], {**BRANCH["nodes"][2], "inputs": guarded}]}
    assert kinds(simulate(mended, faults="none", runs=50)) == set()


def test_an_expression_that_failed_is_told_with_its_line() -> None:
    text = """
name: pay
nodes:
  - {id: price, type: price}
  - {id: pay, type: pay, inputs: {cents: price.output.euros * 100}}
"""
    found = simulate(text, script={"agents": {"price": {"answers": [{"euros": 1.5}]}}}, faults="none", runs=5)
    (surprise,) = found.surprises
    assert surprise.where == "<text>:5:42"
    assert "price.output.euros = 1.5" in surprise.example
    assert kinds(simulate(text.replace("* 100", "* 100.0"), faults="none", runs=5)) == set()


def test_a_task_whose_form_nothing_that_is_made_up_fits() -> None:
    form = {"properties": {"code": {"type": "string", "pattern": "^[A-Z]{3}$"}}, "required": ["code"]}
    document: Document = {"name": "sign", "nodes": [{"id": "sign", "type": "human", "to": "ann", "form": form}]}
    found = simulate(document, faults="none", runs=5)
    assert kinds(found) == {"cannot_be_decided"}
    script = {"people": {"sign": {"answers": [{"choice": "done", "values": {"code": "ABC"}}]}}}
    assert kinds(simulate(document, script=script, faults="none", runs=5)) == set()


def test_what_a_script_decides_is_decided_or_told() -> None:
    form = {"properties": {"code": {"type": "string"}}, "required": ["code"]}
    document: Document = {"name": "sign", "nodes": [{"id": "sign", "type": "human", "to": "ann", "form": form}]}
    script = {"people": {"sign": {"answers": [{"choice": "done", "values": {"cod": "ABC"}}]}}}
    (surprise,) = simulate(document, script=script, faults="none", runs=5).surprises
    assert surprise.kind == "cannot_be_decided"
    assert surprise.text.startswith("what the script decides at sign is refused: task 'sign'")
    script["people"]["sign"]["answers"] = [{"choice": "done", "values": {"code": "ABC"}}]
    assert kinds(simulate(document, script=script, faults="none", runs=5)) == set()


def test_a_wait_that_nothing_bounds_is_told_and_is_no_surprise() -> None:
    document: Document = {"name": "wait", "nodes": [{"id": "go", "type": "wait", "signal": "go"}]}
    found = simulate(document, script={"signals": {"go": {"never": 0.5}}}, faults="none", runs=50)
    assert kinds(found) == set()
    assert [(each.kind, each.place) for each in found.notices] == [("waits_for_ever", "go")]
    assert found.notices[0].text == "it waits for ever for signal 'go' at go: nothing bounds the wait"
    assert (found.ended("waits") > 0, found.ended("waits") + found.ended("succeeded")) == (True, 50)
    document["nodes"][0]["timeout"] = "1h"
    bounded = simulate(document, script={"signals": {"go": {"never": 0.5}}}, faults="none", runs=50)
    assert (noticed(bounded), bounded.ended("waits")) == (set(), 0)


def test_a_run_that_goes_round_for_ever_is_stopped_and_told() -> None:
    document = {
        "name": "round",
        "nodes": [{"id": "try", "type": "try_it", "on_failure": [{"escalate": {"to": "ann"}}]}],
    }
    script = {"agents": {"try_it": {"fails": 1}}, "people": {"try~failed": {"answers": ["retry"]}}}
    endless = simulate(document, script=script, faults="none", runs=1)
    assert kinds(endless) == {"endless"}
    text = "a run was stopped that may have no end: after people were asked 100 times about try~failed"
    assert (endless.surprises[0].text, endless.surprises[0].place) == (text, "try")
    script["people"] = {"try~failed": {"answers": ["rollback"]}}
    assert kinds(simulate(document, script=script, faults="none", runs=1)) == set()


RECOVERED: Document = {
    "name": "recovered",
    "nodes": [
        {
            "id": "pay",
            "type": "pay",
            "compensate": {"type": "unpay"},
            "on_failure": [{"recover": {"type": "boss", "may": ["use_output"]}}],
        },
        {"id": "ship", "type": "ship", "inputs": {"ref": "pay.output.ref"}},
    ],
}
REJECTED = {"share": 1, "kinds": ["rejected"]}
BROKEN = {"share": 1, "kinds": ["internal"]}


def test_who_says_what_becomes_of_a_failure_has_done_no_work() -> None:
    boss = {"fails": {"share": 0.7, "kinds": ["internal"]}}
    advised = {"agents": {"pay": {"fails": REJECTED}, "boss": boss}}
    assert kinds(simulate(RECOVERED, script=advised, faults="none", runs=50)) == set()
    found = simulate(RECOVERED, script={"agents": {"pay": {"fails": BROKEN}}}, faults="none", runs=50)
    assert [(each.kind, each.place, "boss" in each.text) for each in found.surprises] == [("not_undone", "pay", False)]


@pytest.mark.parametrize("read", ["each.v > 0", "each.w == 'x'"])
def test_the_output_that_a_person_gives_to_a_map_is_one_that_the_definition_can_read(read: str) -> None:
    inner = {"id": "score", "type": "score", "inputs": ["item"]}
    given: Document = {"id": "m", "type": "map", "over": "given", "nodes": [inner]}
    given["outputs"] = {"v": "score.output.v", "w": "score.output.w"}
    given["on_failure"] = [{"escalate": {"to": "role:boss", "may": ["use_output"]}}]
    reading: Document = {"id": "reading", "type": "set", "inputs": {"all": f"m.output.all(each, {read})"}}
    document = {"name": "given", "inputs": {"given": "array"}, "nodes": [given, reading]}
    script = {"agents": {"score": {"fails": BROKEN}}}
    found = simulate(document, script=script, faults="none", runs=50)
    assert (kinds(found), found.ended("succeeded")) == (set(), 50)
    reading["inputs"]["all"] = "m.output.all(each, each.v > 0 && each.v.startsWith('a'))"
    assert kinds(simulate(document, script=script, faults="none", runs=50)) == {"expression_failed"}


def test_a_run_in_which_a_place_has_two_causes_is_one_run() -> None:
    each = {"id": "each", "type": "map", "over": "lines", "nodes": charging()["nodes"]}
    lines = {"type": "array", "minItems": 30, "maxItems": 30}
    document: Document = {"name": "many", "inputs": {"lines": lines}, "nodes": [each]}
    found = simulate(document, faults="failure=0.4,slow=0.2", runs=100)
    (surprise,) = [each for each in found.surprises if each.kind == "not_undone"]
    assert "), " in surprise.text, "each cause with how often it was one"
    assert surprise.runs <= 100
    assert surprise.share <= 1


def test_a_list_may_lack_the_item_that_is_read_by_its_number() -> None:
    best = {"id": "open", "type": "open", "inputs": {"url": "search.output.hits[0].url"}}
    document: Document = {"name": "first_hit", "nodes": [{"id": "search", "type": "search"}, best]}
    (surprise,) = simulate(document, faults="none").surprises
    assert surprise.kind == "expression_failed"
    assert "hits has no items" in surprise.example
    best["inputs"]["url"] = "size(search.output.hits) > 0 ? search.output.hits[0].url : null"  # type: ignore[index]
    assert kinds(simulate(document, faults="none")) == set()


def test_an_agent_of_which_the_script_says_that_it_fails_always_does() -> None:
    document = {"name": "fails", "nodes": [{"id": "work", "type": "work"}]}
    found = simulate(document, script={"agents": {"work": {"fails": 1}}}, faults="none,outage=1", runs=50)
    assert found.ended("failed") == 50


def test_a_surprise_that_the_script_accepts_is_told_apart() -> None:
    script = {**SLOW, "accept": {"not_undone": "charge"}}
    found = simulate(charging(), script=script, faults=LATE, runs=200)
    assert (kinds(found), [each.place for each in found.accepted]) == (set(), ["charge"])
    failing = {"name": "failing", "nodes": [{"id": "a", "type": "a"}], "outputs": {"n": "a.output.x + 1"}}
    answers = {"agents": {"a": {"answers": [{"x": "text"}]}}}
    assert kinds(simulate(failing, script=answers, runs=20)) == {"expression_failed"}
    accepted = simulate(failing, script={**answers, "accept": {"expression_failed": ["workflow"]}}, runs=20)
    assert (kinds(accepted), len(accepted.accepted)) == (set(), 1)


def endless(name: str) -> dict[str, Any]:
    return {"id": name, "type": "loop", "while": "true", "max_iterations": 100000, "nodes": [{"id": "t", "type": "t"}]}


def test_where_no_run_has_an_end_no_more_of_them_are_simulated() -> None:
    plan = compile_plan({"name": "endless", "nodes": [endless("long")]})
    found = survey(plan, Setting(faults=NO_FAULTS, most_events=200), runs=1000, seed=1)
    assert (found.runs, found.wanted, found.ended("endless")) == (10, 1000, 10)


def test_that_some_runs_have_no_end_does_not_keep_the_others_from_being_simulated() -> None:
    plan = compile_plan(
        {
            "name": "mostly_endless",
            "inputs": {"over": "boolean"},
            "nodes": [
                {"id": "way", "type": "switch", "cases": [{"when": "over", "to": "soon"}], "default": "long"},
                {"id": "soon", "type": "t"},
                endless("long"),
            ],
        }
    )
    often = Script(inputs={"over": (Weighted(True, 1.0), Weighted(False, 7.0))})
    found = survey(plan, Setting(faults=NO_FAULTS, script=often, most_events=200), runs=400, seed=2)
    assert found.runs == 400
    assert found.ended("succeeded") > 20


def test_what_the_script_accepts_at_a_node_is_accepted_of_what_people_are_asked_about_it() -> None:
    script = Script(accept=frozenset({("endless", "charge"), ("endless", "workflow")}))
    assert script.accepts("endless", "charge~failed", {"charge"})
    assert script.accepts("endless", "signal 'x'", {"charge"})
    assert not script.accepts("endless", "ship", {"charge", "ship"})


def test_a_signal_that_the_script_lets_never_come_does_not_come_early_either() -> None:
    document = {"name": "waits", "nodes": [{"id": "w", "type": "wait", "signal": "paid"}]}
    found = simulate(document, script={"signals": {"paid": {"never": 1}}}, faults="none,signal=1", runs=50)
    assert found.ended("waits") == 50
