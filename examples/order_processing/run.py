"""The same workflow written in Python, and run from Python: `python run.py`, or `python run.py orders/large.json`.

`build()` yields the very document that workflow.yaml is; `python run.py --yaml` prints it.
"""

import getpass
import json
import sys
from pathlib import Path

import agents

import concertato
from concertato import RunError, cel, escalate, fallback, recover, undo, workflow
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

DESCRIPTION = (
    "Checks an order, prices its lines, assesses the risk, reserves the money, books a courier and takes the money."
)

CALLED = {
    "type": "object",
    "required": ["called"],
    "properties": {"called": {"type": "boolean", "description": "Whether you spoke to the customer"}},
}


def build() -> Workflow:
    """Calling an agent makes a node; handing its result to another makes the dependency."""
    with workflow("order_processing", version="2", description=DESCRIPTION, inputs={"order": ORDER}) as wf:
        order = agents.data_validation.node(id="validation")(wf.inputs.order)

        with wf.map(order.lines, as_="line", concurrency=4, id="lines") as each:
            price = agents.price_line.node(id="price")(each.item.sku, each.item.quantity)
            each.outputs(sku=price.sku, cents=price.cents)

        total = agents.add_up.node(id="total")(each)
        unknown = escalate(
            "role:risk_officer",
            title=f"How great is the risk of order {order.id}?",
            instructions=f"{escalate.input.customer} orders goods for {escalate.input.cents} cents, and the bureau "
            'does not answer.\nChoose use_output, and give {"score": …, "reasons": […]}.\n',
            may=["use_output", "retry", "abort"],
            timeout="4h",
            default="abort",
        )
        risk = agents.risk_assessment.node(
            id="risk",
            description="Tells how likely it is that the order is never paid for.",
            retry={"max_attempts": 2, "initial": "200ms"},
            on_failure=[
                fallback(agents.rule_based_risk),
                recover(agents.supervisor, ["use_output", "escalate"], {"limit_cents": 50000}),
                unknown,
            ],
        )(order.customer, order.country, total.cents)

        route = wf.switch(id="route")
        with route.case(risk.score >= 0.9):
            # `review` is written further down, so it is named and not handed over.
            refusal = agents.refuse_order.node(id="refusal")(order, risk.reasons, cel("review.output"))
        with route.case(risk.score >= 0.6):
            review = wf.human(
                "role:risk_officer",
                id="review",
                title=f"Release order {order.id} of {order.customer}?",
                instructions=f"It is for {total.cents} cents, and its risk is {risk.score}: {risk.reasons}.\n"
                "Call the customer before you decide.\n",
                choices=[
                    {"name": "approve", "title": "Take the money and ship it"},
                    {"name": "reject", "title": "Refuse the order"},
                ],
                form=CALLED,
                timeout="4h",
                remind=["1h", "3h"],
                default="reject",
                not_=["initiator"],
            )
        with route.case(risk.score >= 0.4):
            identity = agents.identity_check(order.customer)
        with route.default():
            reservation = agents.reserve_payment.node(
                id="reservation",
                retry={"max_attempts": 5, "initial": "200ms"},
                timeout="10s",
                compensate=undo(agents.release_payment, {"reservation": undo.output.transfer_id}),
            )(order.customer, total.cents)
        # Reached straight from the route, or after the identity check or the review: one way is enough.
        wf.edge(review, reservation, when="approve")
        wf.edge(review, refusal, when="reject")
        identity >> reservation

        with wf.loop(max_iterations=20, id="quote") as quote:
            offer = agents.courier_quote.node(id="offer")(order.country, quote.iteration)
            quote.outputs(cents=offer.cents, accepted=offer.cents * 10 <= total.cents)
            quote.until(quote.last.accepted)

        on_its_way = escalate(
            "role:dispatcher",
            title=f"Parcel {undo.output.tracking} is on its way, and the order is off",
            instructions="Have it brought back, then choose done.",
            timeout="1d",
            default="leave",
        )
        shipping = agents.book_courier.node(
            id="shipping",
            retry={"max_attempts": 4, "initial": "300ms", "on": ["unavailable", "timeout"]},
            compensate=undo(agents.cancel_courier, {"booking_id": undo.output.booking_id}, on_failure=[on_its_way]),
        )(order.id, order.country, quote.output.cents)
        payment = agents.capture_payment.node(
            id="payment", retry={"max_attempts": 5, "initial": "200ms"}, timeout="10s"
        )(order.customer, reservation.transfer_id)
        reservation >> quote >> shipping >> payment

        wf.outputs(order=order.id, risk=risk, refusal=refusal, payment=payment, shipping=shipping)
    return wf


def main() -> None:
    if "--yaml" in sys.argv:
        print(build().to_yaml(), end="")
        return
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "orders" / "coffee.json"
    try:
        # Who starts it is not asked to release it. An order that people decide is waited for: see `concertato tasks`.
        who = getpass.getuser()
        outputs = concertato.run(build().definition(), json.loads(file.read_text()), agents=agents, by=who)
    except RunError as error:
        sys.exit(str(error))
    print(json.dumps(outputs, indent=2))


if __name__ == "__main__":
    main()
