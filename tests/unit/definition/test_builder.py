"""What the builder writes is what a hand would write in YAML, node kind by node kind."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from concertato.agents.decorator import agent
from concertato.definition.builder.expr import cel
from concertato.definition.builder.undo import undo
from concertato.definition.builder.workflow import Workflow, workflow
from concertato.definition.dump import to_document
from concertato.definition.load import load
from concertato.definition.model_parts import Retry


@agent
def validate(order: Any) -> Any: ...


@agent
def assess(order: Any, strict: bool = False) -> Any: ...


@agent
def pay(order: Any, amount: float) -> Any: ...


@agent
def refund(transfer: str) -> Any: ...


@agent
def price(sku: str, currency: str) -> Any: ...


@agent("note-taker")
def note(**fields: Any) -> Any: ...


def same(wf: Workflow, yaml: str) -> None:
    by_hand = to_document(load(dedent(yaml)).definition)
    assert wf.to_document() == by_hand
    assert to_document(load(wf.to_yaml()).definition) == by_hand


def test_the_articles_workflow() -> None:
    with workflow("order_processing") as wf:
        n1 = wf.task("data_validation", wf.inputs.order_data, id="n1")
        n2 = wf.task("risk_assessment", n1, id="n2")
        n3 = wf.task("payment_processing", n2, id="n3")
        n1 >> n2 >> n3
    assert wf.to_document() == {
        "name": "order_processing",
        "nodes": [
            {"id": "n1", "type": "data_validation", "inputs": ["order_data"]},
            {"id": "n2", "type": "risk_assessment", "inputs": ["n1.output"]},
            {"id": "n3", "type": "payment_processing", "inputs": ["n2.output"]},
        ],
        "edges": [{"from": "n1", "to": "n2"}, {"from": "n2", "to": "n3"}],
    }


def test_the_call_of_an_agent_is_a_node() -> None:
    with workflow("orders", version="2", inputs={"order": "object"}, timeout="1h", max_parallel=8) as wf:
        checked = validate(wf.inputs.order)
        risk = assess.node(id="risk", retry=Retry(max_attempts=5), timeout="30s")(checked, strict=True)
        paid = pay(checked, amount=risk.amount)
        wf.outputs(receipt=paid.receipt, tries=3, note="it's done", none=None)
    same(
        wf,
        """
        name: orders
        version: "2"
        inputs: {order: object}
        timeout: 1h
        max_parallel: 8
        nodes:
          - {id: validate, type: validate, inputs: [order]}
          - id: risk
            type: assess
            inputs: {order: validate.output}
            with: {strict: true}
            retry: {max_attempts: 5}
            timeout: 30s
          - {id: pay, type: pay, inputs: {order: validate.output, amount: risk.output.amount}}
        outputs: {receipt: pay.output.receipt, tries: 3, note: "'it\\\\'s done'", none: null}
        """,
    )


def test_constants_and_expressions_find_their_own_fields() -> None:
    with workflow("w") as wf:
        note(order=wf.inputs.order, colour="red", sizes=[1, 2], pair=[1, wf.inputs.order.id])
    same(
        wf,
        """
        name: w
        nodes:
          - id: note_taker
            type: note-taker
            inputs: {order: order, pair: "[1, order.id]"}
            with: {colour: red, sizes: [1, 2]}
        """,
    )


def test_the_same_agent_twice_makes_two_nodes() -> None:
    with workflow("w") as wf:
        assess(assess(wf.inputs.order))
    assert [node["id"] for node in wf.to_document()["nodes"]] == ["assess", "assess_2"]


def test_a_compensation_reads_what_its_node_gave() -> None:
    with workflow("w") as wf:
        back = undo(refund, {"transfer": undo.output.transfer, "why": "failed"}, retry={"max_attempts": 9}, timeout=5)
        pay.node(compensate=back)(wf.inputs.order, 12.5)
    same(
        wf,
        """
        name: w
        nodes:
          - id: pay
            type: pay
            inputs: [order]
            with: {amount: 12.5}
            compensate:
              type: refund
              inputs: {transfer: output.transfer}
              with: {why: failed}
              retry: {max_attempts: 9}
              timeout: 5s
        """,
    )


def test_set_wait_and_status() -> None:
    with workflow("w") as wf:
        total = wf.set({"sum": wf.inputs.a + wf.inputs.b, "unit": "EUR"}, id="total")
        asked = wf.wait(signal="approved", timeout="4h")
        pause = wf.wait(for_="10s")
        at = wf.wait(until=asked.moment, id="at")
        wf.wait(until="2030-01-01T00:00:00Z", id="then")
        total >> [asked, pause]
        [asked, pause] >> at
        wf.outputs(how=wf.status(asked))
    same(
        wf,
        """
        name: w
        nodes:
          - {id: total, type: set, inputs: {sum: a + b}, with: {unit: EUR}}
          - {id: approved, type: wait, signal: approved, timeout: 4h}
          - {id: wait, type: wait, for: 10s}
          - {id: at, type: wait, until: approved.output.moment}
          - {id: then, type: wait, until: "2030-01-01T00:00:00Z"}
        edges:
          - {from: total, to: approved}
          - {from: total, to: wait}
          - {from: approved, to: at}
          - {from: wait, to: at}
        outputs: {how: approved.status}
        """,
    )


def test_a_map_writes_its_body_in_a_block() -> None:
    with workflow("w", inputs={"order": "object"}) as wf:
        checked = validate(wf.inputs.order)
        with wf.map(checked.lines, as_="line", concurrency=8, on_item_failure="collect", id="lines") as each:
            cost = price(each.item.sku, "EUR")
            with wf.map(each.item.parts) as part:
                price(part.item.sku, checked.currency)
            each.outputs(cost=cost.amount * each.item.quantity, place=each.index + 1)
        note(first=each.output[0].cost, all=each)
    same(
        wf,
        """
        name: w
        inputs: {order: object}
        nodes:
          - {id: validate, type: validate, inputs: [order]}
          - id: lines
            type: map
            over: validate.output.lines
            as: line
            concurrency: 8
            on_item_failure: collect
            nodes:
              - {id: price, type: price, inputs: [line.sku], with: {currency: EUR}}
              - id: map
                type: map
                over: line.parts
                nodes:
                  - {id: price_2, type: price, inputs: [item.sku, validate.output.currency]}
            outputs: {cost: price.output.amount * line.quantity, place: index + 1}
          - {id: note_taker, type: note-taker, inputs: {first: "lines.output[0].cost", all: lines.output}}
        """,
    )


def test_an_item_never_hides_the_item_of_the_map_around_it() -> None:
    with workflow("w") as wf, wf.map(wf.inputs.rows) as row, wf.map(row.item.cells) as cell:
        note(cell=cell.item, row=row.item)
    inner = wf.to_document()["nodes"][0]["nodes"][0]
    assert inner["as"] == "item_2"
    assert inner["nodes"][0]["inputs"] == {"cell": "item_2", "row": "item"}


def test_a_loop_ends_by_what_its_last_pass_gave() -> None:
    with workflow("w") as wf:
        with wf.loop(max_iterations=5, id="quote") as quote:
            offer = wf.task("courier", inputs={"round": quote.iteration, "last": quote.last})
            quote.outputs(accepted=offer.accepted, price=offer.price)
            quote.until(quote.last.accepted & (quote.last.price < 10.0))
        with wf.loop(id="again") as again:
            wf.task("courier", quote.output.price)
            again.while_("iteration < 3")
    same(
        wf,
        """
        name: w
        nodes:
          - id: quote
            type: loop
            until: last.accepted && last.price < 10.0
            max_iterations: 5
            nodes:
              - {id: courier, type: courier, inputs: {round: iteration, last: last}}
            outputs: {accepted: courier.output.accepted, price: courier.output.price}
          - id: again
            type: loop
            while: iteration < 3
            nodes:
              - {id: courier_2, type: courier, inputs: [quote.output.price]}
        """,
    )


def test_a_switch_leads_to_what_its_cases_hold() -> None:
    with workflow("w") as wf:
        risk = assess(wf.inputs.order)
        route = wf.switch(id="route")
        with route.case(risk.score > 0.8):
            note.node(id="report")(risk=risk)
        with route.case("assess.output.score > 0.4"):
            held = validate(wf.inputs.order)
            note.node(id="held")(order=held)
            note.node(id="asked")(risk=risk)
        with route.default():
            paid = pay(wf.inputs.order, 1.0)
        note.node(id="end")(way=route, paid=paid)
    same(
        wf,
        """
        name: w
        nodes:
          - {id: assess, type: assess, inputs: [order]}
          - id: route
            type: switch
            cases:
              - {when: assess.output.score > 0.8, to: report}
              - {when: assess.output.score > 0.4, to: [validate, asked]}
            default: pay
          - {id: report, type: note-taker, inputs: {risk: assess.output}}
          - {id: validate, type: validate, inputs: [order]}
          - {id: held, type: note-taker, inputs: {order: validate.output}}
          - {id: asked, type: note-taker, inputs: {risk: assess.output}}
          - {id: pay, type: pay, inputs: [order], with: {amount: 1.0}}
          - {id: end, type: note-taker, inputs: {way: route.output, paid: pay.output}}
        """,
    )


def test_another_workflow_is_one_node() -> None:
    with workflow("shipping", inputs={"order": "object"}) as shipping:
        validate(shipping.inputs.order)
    with workflow("w") as wf:
        sent = wf.workflow(shipping, {"order": wf.inputs.basket})
        wf.workflow(shipping, {"order": sent.validate}, id="back")
    same(
        wf,
        """
        name: w
        nodes:
          - {id: shipping, type: workflow, workflow: shipping, inputs: {order: basket}}
          - {id: back, type: workflow, workflow: shipping, inputs: {order: shipping.output.validate}}
        workflows:
          shipping:
            name: shipping
            inputs: {order: object}
            nodes: [{id: validate, type: validate, inputs: [order]}]
        """,
    )


def test_a_workflow_written_as_yaml_is_one_node(tmp_path: Path) -> None:
    file = tmp_path / "shipping.yaml"
    file.write_text("{name: shipping, nodes: [{id: n, type: validate, inputs: [order]}]}")
    with workflow("w") as wf:
        wf.workflow(str(file), {"order": wf.inputs.basket})
    assert wf.to_document()["workflows"]["shipping"]["nodes"][0]["type"] == "validate"


def _edges(write: Callable[[Workflow, Any, Any], None]) -> tuple[list[dict[str, Any]], dict[str, str | None]]:
    """The edges of a workflow that goes on from nodes `a` and `b` by `write`, and each node's join."""
    with workflow("w") as wf:
        a, b = wf.task("a"), wf.task("b")
        write(wf, a, b)
    document = wf.to_document()
    return document.get("edges", []), {node["id"]: node.get("join") for node in document["nodes"]}


def test_a_condition_is_an_edge_from_the_node_that_it_mentions_first() -> None:
    def write(wf: Workflow, a: Any, b: Any) -> None:
        with wf.when((a.x > 1) & (b.y > 1)):
            wf.task("c", b)
        with wf.when(cel("run.id != ''"), after=b):
            wf.task("d")

    edges, _ = _edges(write)
    assert edges == [
        {"from": "a", "to": "c", "when": "a.output.x > 1 && b.output.y > 1"},
        {"from": "b", "to": "d", "when": "run.id != ''"},
    ]


def test_a_node_that_reads_only_inside_its_block_skips_with_what_it_reads() -> None:
    def write(wf: Workflow, a: Any, b: Any) -> None:
        with wf.when(a.x > 1):
            c = wf.task("c")
            wf.task("d", c)
            wf.task("e", c, b)

    edges, _ = _edges(write)
    assert [(edge["from"], edge["to"]) for edge in edges] == [("a", "c"), ("a", "e")]


def test_conditions_within_conditions_must_all_hold() -> None:
    def write(wf: Workflow, a: Any, b: Any) -> None:
        with wf.when(a.x > 1):
            with wf.when(a.y | a.z):
                wf.task("c")
            with wf.when(b.x):
                wf.task("d")
            e = wf.task("e")
            with wf.when(e.x):
                wf.task("f", a)

    edges, joins = _edges(write)
    assert edges == [
        {"from": "a", "to": "c", "when": "a.output.x > 1 && (a.output.y || a.output.z)"},
        {"from": "a", "to": "d", "when": "a.output.x > 1"},
        {"from": "b", "to": "d", "when": "b.output.x"},
        {"from": "a", "to": "e", "when": "a.output.x > 1"},
        {"from": "e", "to": "f", "when": "e.output.x"},
    ]
    assert joins["d"] == "all"
    assert joins["c"] is joins["f"] is None


def test_an_edge_drawn_from_inside_a_block_carries_its_condition_on_and_one_from_outside_is_another_way_in() -> None:
    def write(wf: Workflow, a: Any, b: Any) -> None:
        with wf.when(a.x):
            c, d = wf.task("c"), wf.task("d")
            c >> d
            e = wf.task("e")
            b >> e

    edges, joins = _edges(write)
    assert [(edge["from"], edge["to"]) for edge in edges] == [("c", "d"), ("b", "e"), ("a", "c"), ("a", "e")]
    assert joins["e"] is joins["d"] is None


def test_a_case_within_a_condition_needs_both() -> None:
    def write(wf: Workflow, a: Any, b: Any) -> None:
        route = wf.switch(id="route")
        with wf.when(a.x), route.case(b.y):
            wf.task("c")

    edges, joins = _edges(write)
    assert edges == [{"from": "a", "to": "c", "when": "a.output.x"}]
    assert joins["c"] == "all"


def test_an_edge_may_carry_a_condition_by_itself() -> None:
    def write(wf: Workflow, a: Any, b: Any) -> None:
        wf.edge(a, b, when=a.x > 1)

    assert _edges(write)[0] == [{"from": "a", "to": "b", "when": "a.output.x > 1"}]


def test_a_workflow_can_be_written_out_and_written_on() -> None:
    with workflow("w") as wf:
        a = wf.task("a")
        with wf.when(a.x):
            wf.task("b")
        before = wf.to_document()
        wf.task("c", a)
    after = wf.to_document()
    assert after["nodes"][:2] == before["nodes"]
    assert after["edges"] == before["edges"]


def test_outside_the_block_an_agent_is_a_function_again() -> None:
    @agent
    def double(n: int) -> int:
        return 2 * n

    with workflow("w") as wf:
        double(wf.inputs.n)
    assert double(4) == 8


def test_an_error_in_the_block_leaves_no_builder_behind() -> None:
    with pytest.raises(ZeroDivisionError), workflow("w") as wf, wf.map(wf.inputs.rows):
        raise ZeroDivisionError
    assert wf._cursor.body is wf._root
    with pytest.raises(TypeError, match="only while a workflow is built"):
        validate.node(id="x")(1)


def test_ten_thousand_nodes_of_one_agent_get_ten_thousand_names() -> None:
    with workflow("w") as wf:
        for _ in range(10_000):
            wf.task("a")
    assert len(wf._root.drafts) == 10_000
    assert list(wf._root.drafts)[-1] == "a_10000"
