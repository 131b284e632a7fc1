"""What no run came to, and why: only what was seen to be so is said, and what may be chance is no surprise."""

from concertato import AgentError, agent, simulate
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
    assert found.surprises[0].text.startswith("case 2 of route was never taken: `amount >= 1000` never held")
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
    text = "the edge from a to c was never taken: `score > 80.0` never held; it read score (0 to 1)"
    assert surprise.text == text
    document["edges"][0]["when"] = "score > 0.8"
    assert kinds(simulate(document, faults="none", runs=100)) == set()


def test_a_map_that_never_has_an_item_reaches_nothing() -> None:
    each = {"id": "each", "type": "map", "over": "lines", "nodes": [{"id": "price", "type": "price"}]}
    document: Document = {"name": "lines", "inputs": {"lines": "array"}, "nodes": [each]}
    document["inputs"] = {"lines": {"type": "array", "maxItems": 0}}
    found = simulate(document, faults="none", runs=100)
    assert [(each.kind, each.place) for each in found.surprises] == [("never_reached", "each/price")]
    assert "`lines` never had an item" in found.surprises[0].text
    document["inputs"] = {"lines": "array"}
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
    assert surprise.text == "the default of route was never taken: another case always came before it"
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
    assert "never succeeded; only " in told.text
    assert told.text.endswith("came so near, so that it may be chance")
    assert len(found.unreached) > 200


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
    assert "; only " in told.text


def test_what_an_input_that_was_given_rules_out_is_no_surprise() -> None:
    inner: Document = {**LOOKS, "name": "inner", "inputs": {"amount": "integer"}}
    inner["edges"] = [{"from": "score", "to": "look", "when": "amount > 5"}]
    document: Document = {
        "name": "given",
        "inputs": {"amount": "integer", "loud": "boolean"},
        "nodes": [
            {"id": "route", "type": "switch", "cases": [{"when": "amount >= 10", "to": "big"}], "default": "small"},
            {"id": "big", "type": "pay"},
            {"id": "small", "type": "pay"},
            {"id": "inner", "type": "workflow", "workflow": "inner", "inputs": {"amount": 3}},
        ],
        "edges": [{"from": "small", "to": "inner"}],
        "workflows": {"inner": inner},
    }
    found = simulate(document, inputs={"amount": 3}, faults="none", runs=100)
    (told,) = found.notices
    assert (told.kind, told.place) == ("never_reached", "big")
    assert told.text.endswith("it read amount (3); amount was given, and the same in all runs")
    assert [each.place for each in found.surprises] == ["inner/look"], "of another input, which is called the same"
    assert found.unreached == ["big", "inner/look"]


def test_a_workflow_of_which_no_run_can_succeed() -> None:
    @agent
    async def work() -> None:
        raise AgentError("never", kind="rejected")

    nodes = [{"id": "a", "type": "work"}, {"id": "b", "type": "more"}, {"id": "c", "type": "more"}]
    edges = [{"from": "a", "to": "b"}, {"from": "b", "to": "c"}]
    document: Document = {"name": "hopeless", "nodes": nodes, "edges": edges}
    found = simulate(document, agents=work, real="work", faults="none", runs=100)
    assert [each.text for each in found.surprises] == [
        "no run succeeded: a failed in 100 runs (rejected), and no run got past that"
    ]
    assert found.unreached == ["b", "c"]
    few = simulate(document, agents=work, real="work", faults="none", runs=10)
    assert (kinds(few), noticed(few)) == (set(), {"never_succeeded"})
    wanted = simulate(document, script={"agents": {"work": {"fails": 1}}}, faults="none", runs=100)
    assert (kinds(wanted), noticed(wanted), wanted.unreached) == (set(), set(), ["b", "c"])


def test_what_never_succeeded_and_was_left_so_is_why_what_follows_was_not_reached() -> None:
    document: Document = {
        "name": "left",
        "nodes": [
            {"id": "a", "type": "bad", "on_failure": ["continue"]},
            {"id": "b", "type": "set", "inputs": {"n": "a.output.x.y.z + 'n'"}, "on_failure": ["continue"]},
            {"id": "c", "type": "work", "join": "all"},
        ],
        "edges": [{"from": "b", "to": "c"}],
    }
    assert simulate(document, faults="none", runs=100).ended("succeeded") == 100


def test_what_is_handed_on_of_a_given_input_is_given() -> None:
    def body(condition: str) -> Document:
        nodes = [{"id": "p", "type": "pay"}, {"id": "x", "type": "pay"}]
        return {"nodes": nodes, "edges": [{"from": "p", "to": "x", "when": condition}]}

    document: Document = {
        "name": "handed_on",
        "inputs": {"amount": "integer", "lines": "array"},
        "nodes": [
            {"id": "sub", "type": "workflow", "workflow": "part", "inputs": {"sum": "amount", "most": 10}},
            {"id": "each", "type": "map", "over": "lines", **body("item.n > 10 && index >= 0")},
            {"id": "turns", "type": "loop", "while": "amount > 20", "max_iterations": 3, "nodes": body("")["nodes"]},
            {"id": "keep", "type": "set", "inputs": {"a": "amount"}},
            {"id": "late", "type": "pay"},
            {"id": "score", "type": "score"},
            {"id": "never", "type": "pay"},
        ],
        "edges": [
            {"from": "keep", "to": "late", "when": "keep.output.a > 10"},
            {"from": "score", "to": "never", "when": "amount > 1 && score.output.n == 1 && score.output.n == 2"},
        ],
        "workflows": {"part": {"name": "part", "inputs": {"sum": "integer", "most": "integer"}, **body("sum > most")}},
    }
    found = simulate(document, inputs={"amount": 3, "lines": [{"n": 1}]}, faults="none", runs=100)
    assert [each.place for each in found.notices] == ["sub/x", "each/x", "turns/p", "late"]
    assert [each.place for each in found.surprises] == ["never"], "the input that was given lets it pass"


def test_runs_that_all_end_by_the_time_of_the_workflow() -> None:
    nodes = [{"id": "w", "type": "wait", "for": "10s"}, {"id": "b", "type": "work"}]
    document = {"name": "short", "timeout": "1s", "nodes": nodes, "edges": [{"from": "w", "to": "b"}]}
    (found,) = simulate(document, faults="none", runs=100).surprises
    text = "no run succeeded: the workflow as a whole failed in 100 runs (timeout), and no run got past that"
    assert (found.kind, found.place, found.text) == ("never_succeeded", "", text)
    assert found.seed is not None


def test_where_runs_end_that_none_of_them_gets_past() -> None:
    failing = {"fails": {"share": 0.999, "kinds": ["rejected"]}, "takes": ["1s", "3s"]}
    document = {"name": "two", "nodes": [{"id": "a", "type": "a"}, {"id": "b", "type": "b"}]}
    script = {"agents": {"a": failing, "b": failing}}
    found = simulate(document, script=script, faults="none", runs=300)
    assert {each.place for each in found.surprises} == {"a", "b"}
    assert sum(each.runs for each in found.surprises) == 300
    for each in found.surprises:
        assert each.seed is not None
        (end,) = simulate(document, script=script, faults="none", runs=1, seed=each.seed).ends
        assert end.at == each.place


def test_a_start_that_a_mistake_beside_it_keeps_from_being_reached() -> None:
    wrong = {"id": "wrong", "type": "set", "inputs": {"third": "[1, 2][2]"}}
    document = {"name": "starts", "nodes": [wrong, {"id": "other", "type": "work", "join": "all"}]}
    found = simulate(document, faults="none", runs=100)
    assert (kinds(found), found.unreached) == ({"expression_failed"}, ["other"])
    assert [(each.kind, each.text) for each in found.notices] == [
        ("never_reached", "other was never reached: no run came so far")
    ]


def test_an_item_that_no_list_can_have_as_it_is_declared_is_a_mistake_that_is_told() -> None:
    document = {
        "name": "short",
        "inputs": {"lines": {"type": "array", "maxItems": 2}},
        "nodes": [{"id": "sixth", "type": "work", "inputs": ["lines[5]"]}],
    }
    assert kinds(simulate(document, faults="none", runs=200)) == {"expression_failed"}
