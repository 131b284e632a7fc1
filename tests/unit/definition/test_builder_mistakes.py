"""Mistakes are told where they were written: the user's own file, line and column."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from concertato.agents.decorator import agent
from concertato.definition.builder.expr import cel
from concertato.definition.builder.workflow import Workflow, workflow
from concertato.definition.problem import DefinitionError
from concertato.plan.compile import compile_plan


@agent("assess")
def typed_assess(order: Any, strict: bool = False) -> Any: ...


assess: Any = typed_assess
"""What a type checker would refuse as well is written all the same, as in a notebook."""


Mistake = Callable[[Workflow, Any], object]


def told(write: Mistake) -> str:
    with pytest.raises(DefinitionError) as caught, workflow("w", inputs={"order": "object", "rows": "array"}) as wf:
        write(wf, wf.task("a", id="first"))
    [problem] = caught.value.problems
    start = inspect.getsourcelines(write)[1]
    assert problem.source == __file__
    assert problem.line is not None
    assert start <= problem.line < start + len(inspect.getsourcelines(write)[0])
    return f"{problem.code} {problem.message}"


def outside_its_map(wf: Workflow, first: Any) -> None:
    with wf.map(wf.inputs.rows, id="each") as each:
        inner = wf.task("b", each.item)
    wf.task("c", inner)


def of_another_workflow(wf: Workflow, first: Any) -> None:
    assess(workflow("other").task("b"))


def hidden_index(wf: Workflow, first: Any) -> None:
    with wf.map(wf.inputs.rows) as row, wf.map(row.item):
        wf.task("b", row.index)


def until_sees_no_node(wf: Workflow, first: Any) -> None:
    with wf.loop() as loop:
        loop.until(wf.task("b").done)


def two_ends(wf: Workflow, first: Any) -> None:
    with wf.loop() as loop:
        loop.until("last.done")
        loop.while_("iteration < 3")


def edge_into_a_body(wf: Workflow, first: Any) -> None:
    with wf.map(wf.inputs.rows):
        first >> wf.task("b")


def case_in_another_body(wf: Workflow, first: Any) -> None:
    route = wf.switch()
    with wf.map(wf.inputs.rows), route.case(first.x):
        wf.task("b")


def condition_without_a_node(wf: Workflow, first: Any) -> None:
    wf.when(wf.inputs.order.urgent)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda wf, _: wf.inputs.ordr, "CT104 the workflow declares no input 'ordr'; did you mean 'order'?"),
        (lambda wf, _: wf.task("b", id="in"), "CT109 node 'in': 'id': 'in' is a word"),
        (lambda wf, _: wf.task("b", id="first"), "CT108 node id 'first' is already that of the node at"),
        (lambda _, first: assess(), "CT106 agent 'assess' takes (order, strict): no value for 'order'"),
        (
            lambda _, first: assess(first, strickt=True),
            "CT103 agent 'assess' takes (order, strict), and no 'strickt'; did",
        ),
        (lambda _, first: assess(first, order=1), "CT111 agent 'assess' takes (order, strict): two values for 'order'"),
        (lambda _, first: assess(first, True, 3), "CT105 agent 'assess' takes (order, strict): expected at most 2"),
        (lambda _, first: assess.node(retr=3)(first), "CT103 a node has no option 'retr'; did you mean 'retry'?"),
        (lambda wf, first: wf.task("b", first.x + 1), "CT112 expected an input, a node's output or a field of one"),
        (lambda wf, first: wf.task("b", "text"), "CT112 expected an input, a node's output or a field of one"),
        (lambda wf, first: wf.task("b", first.x, first.y.x), "CT111 two inputs would be called 'x'"),
        (lambda wf, first: wf.task("b", first, inputs={"y": 1}), "CT115 node of agent 'b': hand over references or"),
        (lambda wf, first: first >> wf.inputs.order, "CT116 expected a node"),
        (lambda wf, first: [first >> wf.task("b", id="b"), wf.edge("b", first)], "CT116 expected a node"),
        (lambda wf, first: first >> [(b := wf.task("b")), b], "CT116 there is an edge from 'first' to 'b' already"),
        (lambda wf, _: wf.task("b", inputs={"x": object()}), "CT105 expected a value that JSON can carry"),
        (
            lambda wf, x: wf.task("b", inputs={"t": f"hi {x.a}"}),
            "CT113 the text 'hi first.output.a' holds",
        ),
        (lambda wf, x: wf.task("b", inputs={"t": ["hi " + str(x)]}), "CT113 the text 'hi first.output' holds"),
        (lambda wf, x: wf.task("b", inputs={"t": x.a + f" {x.b}"}), "join them as values, 'hello ' + value"),
        (lambda wf, x: wf.task("b", inputs={"t": {f"{x}": 1}}), "CT113 the text 'first.output' holds"),
        (lambda wf, x: wf.wait(signal=f"for {x.a}"), "CT113 the text 'for first.output.a' holds an expression"),
        (lambda wf, x: wf.task("b", x, description="for %s" % x), "CT113 the text 'for first.output' holds"),  # noqa: UP031
        (lambda _, x: int(x.a), "CT113 'first.output.a' is no number before the workflow runs: write cel.int(...)"),
        (
            lambda _, x: float(x.a),
            "CT113 'first.output.a' is no number before the workflow runs: write cel.double",
        ),
        (lambda _, x: range(x.a), "CT113 'first.output.a' is no number before the workflow runs"),
        (outside_its_map, "CT104 'b' lives inside map 'each' and cannot be seen from workflow 'w'"),
        (of_another_workflow, "CT104 'b' lives inside workflow 'other' and cannot be seen from workflow 'w'"),
        (hidden_index, "CT110 'index' of map 'map' is hidden by that of map 'map_2'"),
        (until_sees_no_node, "CT104 the 'until' of loop 'repeat' is tested between passes and does not see node 'b'"),
        (two_ends, "CT115 loop 'repeat' has its 'until' already"),
        (edge_into_a_body, "CT116 'b' is not a node of workflow 'w'"),
        (case_in_another_body, "CT116 switch 'switch' is of workflow 'w'"),
        (condition_without_a_node, "CT116 condition 'order.urgent' mentions no node of workflow 'w'"),
    ],
)
def test_a_mistake_is_told_at_once_and_in_its_place(write: Mistake, message: str) -> None:
    assert message in told(write)


def test_what_the_grammar_refuses_is_told_at_the_line_that_wrote_it() -> None:
    with workflow("w", inputs={"order": "object"}) as wf:
        wf.task("a", timeout="soon")
        with wf.map(wf.inputs.order, concurrency=0):
            wf.task("b", retry={"max_attempts": 0})
        wf.switch()
    line = inspect.currentframe().f_lineno  # type: ignore[union-attr]
    with pytest.raises(DefinitionError) as caught:
        wf.definition()
    assert [problem.line for problem in caught.value.problems] == [line - 4, line - 3, line - 2, line - 1]
    assert {problem.source for problem in caught.value.problems} == {__file__}
    assert caught.value.problems[0].column == 9


def test_what_only_the_whole_shows_is_told_at_the_line_that_wrote_it() -> None:
    with workflow("w") as wf:
        wf.task("a", inputs={"x": cel("b.output.y"), "z": cel("zz.output.y")})
        wf.task("b")
    line = inspect.currentframe().f_lineno  # type: ignore[union-attr]
    with pytest.raises(DefinitionError, match=rf"test_builder_mistakes\.py:{line - 2}:9 CT104 node 'a' refers to 'zz'"):
        wf.definition()


def test_an_input_and_a_node_cannot_share_a_name() -> None:
    with pytest.raises(DefinitionError, match="CT110 input 'a' is called as a node is"), workflow("w") as wf:
        wf.task("b", wf.task("a"), wf.inputs.a)


def test_a_workflow_without_nodes_is_told_where_it_was_begun() -> None:
    wf = workflow("w")
    line = inspect.currentframe().f_lineno  # type: ignore[union-attr]
    with pytest.raises(DefinitionError) as caught:
        wf.definition()
    assert [problem.line for problem in caught.value.problems] == [line - 1]


def test_two_workflows_of_one_name_are_refused() -> None:
    with workflow("part") as one:
        one.task("a")
    with workflow("part") as other:
        other.task("b")
    with workflow("w") as wf:
        wf.workflow(one)
    with pytest.raises(DefinitionError, match="two different workflows are called 'part'"):
        wf.workflow(other)


def test_an_expression_in_a_text_that_is_cel_is_part_of_it() -> None:
    with workflow("w", inputs={"rows": "array"}) as wf:
        first = wf.task("a")
        with wf.when(f"{first.x + 1} * 2 > 3"):
            wf.task("b")
        wf.wait(until=f"timestamp({first.when})")
        with wf.map(f"{wf.inputs.rows}.filter(r, r > {first.x})"):
            wf.task("c")
        route = wf.switch()
        with route.case(f"{first.x} > 1"):
            wf.task("d")
    document = wf.to_document()
    assert document["edges"][0]["when"] == "(first.output.x + 1) * 2 > 3".replace("first", "a")
    assert document["nodes"][2]["until"] == "timestamp(a.output.when)"
    assert document["nodes"][3]["over"] == "rows.filter(r, r > a.output.x)"
    assert "\ufdd0" not in wf.to_yaml()


def test_a_circle_is_told_at_the_line_that_wrote_it() -> None:
    with workflow("w") as wf:
        one = wf.task("one")
        two = wf.task("two", one)
        two >> one
    line = inspect.currentframe().f_lineno  # type: ignore[union-attr]
    with pytest.raises(DefinitionError, match=rf"test_builder_mistakes\.py:{line - 3}:15 CT120 .* one → two → one"):
        compile_plan(wf)


def test_mistakes_of_shape_in_python_hide_no_others() -> None:
    with workflow("w") as wf:
        wf.task("a", timeout="soon")
        wf.task("b", inputs={"x": cel("zz.output")})
    with pytest.raises(DefinitionError) as caught:
        wf.definition()
    assert [problem.code for problem in caught.value.problems] == ["CT105", "CT104"]
