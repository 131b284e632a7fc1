"""What no run came to, and why: only what was seen to be so is said, and what may be chance is no surprise."""

from concertato import simulate
from support.surprises import Document, kinds, noticed

LOOKS: Document = {
    "name": "looks",
    "nodes": [{"id": "score", "type": "score"}, {"id": "look", "type": "look"}],
    "edges": [{"from": "score", "to": "look", "when": "score.output.value > 0.5"}],
}


def test_a_node_whose_condition_never_holds_is_never_reached() -> None:
    script = {"agents": {"score": {"answers": [{"value": 0.1}, {"value": 0.4}, {"value": 0.2}]}}}
    found = simulate(LOOKS, script=script, faults="none", runs=100)
    assert [(each.kind, each.place) for each in found.surprises] == [("never_reached", "look")]
    assert found.surprises[0].text.endswith(
        "`score.output.value > 0.5` never held; it read score.output.value (0.1 to 0.4)"
    )
    assert kinds(simulate(LOOKS, faults="none", runs=100)) == set()
    assert noticed(simulate(LOOKS, script=script, faults="none", runs=10)) == {"never_reached"}


def test_a_case_that_another_always_comes_before_is_never_taken() -> None:
    switch: Document = {
        "id": "route",
        "type": "switch",
        "cases": [{"when": "amount >= 10", "to": "small"}, {"when": "amount >= 1000", "to": "small"}],
        "default": "small",
    }
    document = {"name": "route", "inputs": {"amount": "integer"}, "nodes": [switch, {"id": "small", "type": "pay"}]}
    found = simulate(document, faults="none", runs=100)
    assert [(each.kind, each.place) for each in found.surprises] == [("never_taken", "route")]
    assert "case 2: `amount >= 1000` never held" in found.surprises[0].text
    switch["cases"].reverse()
    assert kinds(simulate(document, faults="none", runs=100)) == set()


def test_an_edge_that_is_never_taken_though_its_target_is_reached_by_another_way() -> None:
    document: Document = {
        "name": "two_ways",
        "inputs": {"score": {"type": "number", "minimum": 0, "maximum": 1}},
        "nodes": [{"id": "a", "type": "work"}, {"id": "b", "type": "work"}, {"id": "c", "type": "work"}],
        "edges": [{"from": "a", "to": "c", "when": "score > 80.0"}, {"from": "b", "to": "c"}],
    }
    (surprise,) = simulate(document, faults="none", runs=100).surprises
    assert (surprise.kind, surprise.place) == ("never_taken", "c")
    assert "the edge from a: `score > 80.0` never held; it read score (0 to 1)" in surprise.text
    document["edges"][0]["when"] = "score > 0.8"
    assert kinds(simulate(document, faults="none", runs=100)) == set()


def test_a_map_that_never_has_an_item_reaches_nothing() -> None:
    each = {"id": "each", "type": "map", "over": "lines", "nodes": [{"id": "price", "type": "price"}]}
    document = {"name": "lines", "inputs": {"lines": "array"}, "nodes": [each]}
    found = simulate(document, inputs={"lines": []}, faults="none", runs=100)
    assert [(each.kind, each.place) for each in found.surprises] == [("never_reached", "each/price")]
    assert "`lines` never had an item" in found.surprises[0].text
    script: Document = {"agents": {"price": {"answers": [{}]}}}
    first = {"id": "first", "type": "price"}
    failing: Document = {"name": "failing", "nodes": [first, {**each, "over": "first.output.lines.x"}]}
    assert kinds(simulate(failing, script=script, faults="none", runs=100)) == {"expression_failed"}
    assert kinds(simulate(document, faults="none", runs=100)) == set()


def test_a_default_that_another_case_always_comes_before() -> None:
    switch: Document = {
        "id": "route",
        "type": "switch",
        "cases": [{"when": "amount >= 0", "to": "pay"}],
        "default": "pay",
    }
    amount = {"type": "integer", "minimum": 0}
    document = {"name": "route", "inputs": {"amount": amount}, "nodes": [switch, {"id": "pay", "type": "pay"}]}
    (surprise,) = simulate(document, faults="none", runs=100).surprises
    assert (surprise.kind, surprise.place) == ("never_taken", "route")
    assert "default: another case always came before it" in surprise.text
    amount["minimum"] = -5
    assert kinds(simulate(document, faults="none", runs=100)) == set()


def exclusive() -> Document:
    """`last` waits for both of two ways of which one is taken, and for a condition that holds."""
    return {
        "name": "exclusive",
        "nodes": [
            {"id": "score", "type": "score"},
            {"id": "high", "type": "high"},
            {"id": "low", "type": "low"},
            {"id": "final", "type": "final", "join": "all"},
        ],
        "edges": [
            {"from": "score", "to": "high", "when": "score.output.value > 5"},
            {"from": "score", "to": "low", "when": "score.output.value <= 5"},
            {"from": "score", "to": "final", "when": "score.output.value != 77"},
            {"from": "high", "to": "final"},
            {"from": "low", "to": "final"},
        ],
    }


def test_a_condition_that_held_is_not_said_never_to_have_held() -> None:
    (found,) = simulate(exclusive(), faults="none", runs=400).surprises
    assert found.text == "final was never reached: the edges into it were never all taken in one run"
    assert found.seed is None, "no run shows it more than another"
    document = exclusive()
    document["nodes"][3]["join"] = "synchronize"
    assert kinds(simulate(document, faults="none", runs=400)) == set()


def test_a_choice_that_somebody_made_is_not_said_never_to_have_been_made() -> None:
    document = exclusive()
    document["nodes"].append({"id": "ask", "type": "human", "to": "ann", "choices": ["yes", "no"]})
    document["edges"][2] = {"from": "ask", "to": "final", "when": "yes"}
    found = simulate(document, faults="none", runs=400)
    assert [each.text for each in found.surprises] == [
        "final was never reached: the edges into it were never all taken in one run"
    ]
    script = {"people": {"ask": {"answers": ["no"]}}}
    (never,) = simulate(document, script=script, faults="none", runs=400).surprises
    assert never.text == "final was never reached: nobody chose yes at ask"


def test_a_long_chain_of_which_no_run_sees_the_end_is_no_surprise() -> None:
    nodes: list[Document] = [{"id": "n0", "type": "work"}]
    nodes += [{"id": f"n{n}", "type": "work", "inputs": [f"n{n - 1}.output"]} for n in range(1, 400)]
    script = {"agents": {"work": {"fails": {"share": 0.03, "kinds": ["rejected"]}}}}
    found = simulate({"name": "chain", "nodes": nodes}, script=script, faults="none", runs=150)
    assert kinds(found) == set()
    (told,) = [each for each in found.notices if each.kind == "never_reached"]
    assert told.text.endswith("was never reached: no run came so far")


def test_what_lies_behind_a_step_that_always_fails_is_no_second_surprise() -> None:
    nodes = [
        {"id": "first", "type": "work"},
        {"id": "second", "type": "set", "inputs": {"n": "first.output.a.b + 1", "m": "first.output.a.b + 'x'"}},
        {"id": "third", "type": "work", "inputs": ["second.output"]},
    ]
    assert kinds(simulate({"name": "failing", "nodes": nodes}, faults="none", runs=400)) == {"expression_failed"}


def test_a_condition_that_few_runs_came_to_may_be_chance() -> None:
    script = {"agents": {"score": {"answers": [{"value": 0.1}], "fails": {"share": 0.9, "kinds": ["rejected"]}}}}
    found = simulate(LOOKS, script=script, faults="none", runs=150)
    (told,) = found.notices
    assert (kinds(found), told.kind, told.place) == (set(), "never_reached", "look")
    assert "runs that may be chance)" in told.text
