"""The same workflow written in Python, and run from Python: `python run.py`, or `python run.py orders/large.json`.

`build()` yields the very document that workflow.yaml is; `python run.py --yaml` prints it.
"""

import json
import sys
from pathlib import Path

import agents

import concertato
from concertato import RunError, undo, workflow
from concertato.definition.builder.workflow import Workflow

HERE = Path(__file__).parent

ORDER = {
    "type": "object",
    "required": ["id", "customer", "country", "lines"],
    "properties": {
        "id": {"type": "string"},
        "customer": {"type": "string"},
        "country": {"type": "string"},
        "lines": {"type": "array", "minItems": 1},
    },
}

DESCRIPTION = "Checks an order, prices its lines, assesses the risk, takes the money and books a courier."


def build() -> Workflow:
    """Calling an agent makes a node; handing its result to another makes the dependency."""
    with workflow("order_processing", version="1", description=DESCRIPTION, inputs={"order": ORDER}) as wf:
        order = agents.data_validation.node(id="validation")(wf.inputs.order)

        with wf.map(order.lines, as_="line", concurrency=4, id="lines") as each:
            price = agents.price_line.node(id="price")(each.item.sku, each.item.quantity)
            each.outputs(sku=price.sku, cents=price.cents)

        total = agents.add_up.node(id="total")(each)
        risk = agents.risk_assessment.node(id="risk")(order.customer, order.country, total.cents)

        route = wf.switch(id="route")
        with route.case(risk.score >= 0.9):
            refusal = agents.refuse_order.node(id="refusal")(order, risk.reasons)
        with route.case(risk.score >= 0.5):
            identity = agents.identity_check(order.customer)
        with route.default():
            payment = agents.payment_processing.node(
                id="payment",
                retry={"max_attempts": 5, "initial": "200ms"},
                timeout="10s",
                compensate=undo(agents.refund, {"transfer_id": undo.output.transfer_id}),
            )(order.customer, total.cents)
        # Reached straight from the route, or after the identity check: one way is enough.
        identity >> payment

        with wf.loop(max_iterations=20, id="quote") as quote:
            offer = agents.courier_quote.node(id="offer")(order.country, quote.iteration)
            quote.outputs(cents=offer.cents, accepted=offer.cents * 10 <= total.cents)
            quote.until(quote.last.accepted)

        shipping = agents.book_courier.node(
            id="shipping", retry={"max_attempts": 4, "initial": "300ms", "on": ["unavailable", "timeout"]}
        )(order.id, order.country, quote.output.cents)
        payment >> quote >> shipping

        wf.outputs(order=order.id, risk=risk, refusal=refusal, payment=payment, shipping=shipping)
    return wf


def main() -> None:
    if "--yaml" in sys.argv:
        print(build().to_yaml(), end="")
        return
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "orders" / "coffee.json"
    try:
        outputs = concertato.run(build().definition(), json.loads(file.read_text()), agents=agents)
    except RunError as error:
        sys.exit(str(error))
    print(json.dumps(outputs, indent=2))


if __name__ == "__main__":
    main()
