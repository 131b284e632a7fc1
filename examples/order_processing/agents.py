"""The agents of the order: plain Python functions. Each may be called again with the same task, and must not mind.

A node's `task_id` is the same for every attempt, and for every repeat after a crash. It is the id under which money
moves and couriers are booked, so a repeat finds that the work is done already.
"""

import courier
from ledger import DeclinedError, Ledger

from concertato import AgentError, TaskContext, agent

PRICES = {"espresso-machine": 189_00, "grinder": 79_00, "beans-1kg": 18_50, "cup": 6_00, "gold-filter": 1_450_00}

KNOWN_CUSTOMERS = {"alice", "bob", "carol", "erik"}

REPORTED_FOR_FRAUD = {"mallory"}

BUREAU_KNOWS = {"AT", "DE", "FR", "NZ"}
"""The countries whose credit bureau answers. That of all others is away."""

RULES_END_AT = 200_00


@agent
def data_validation(order: dict) -> dict:
    """The order as the rest may rely on it."""
    lines = [{"sku": line["sku"], "quantity": int(line.get("quantity", 1))} for line in order["lines"]]
    for line in lines:
        if line["quantity"] < 1:
            raise AgentError(f"order {order['id']}: {line['sku']}: quantity below one", kind="rejected")
    return {"id": order["id"], "customer": order["customer"], "country": order["country"].upper(), "lines": lines}


@agent
def price_line(sku: str, quantity: int) -> dict:
    if sku not in PRICES:
        raise AgentError(f"there is no {sku!r} in the catalogue; it has {', '.join(PRICES)}", kind="rejected")
    return {"sku": sku, "cents": PRICES[sku] * quantity}


@agent
def add_up(lines: list) -> dict:
    return {"cents": sum(line["cents"] for line in lines)}


@agent
async def risk_assessment(customer: str, country: str, cents: int) -> dict:
    """A score from 0 to 1, and why. Async functions run on the event loop, plain ones in threads."""
    if country not in BUREAU_KNOWS:
        raise AgentError(f"the credit bureau of {country} does not answer", kind="unavailable")
    return _score(
        (customer in REPORTED_FOR_FRAUD, 0.9, "reported for fraud"),
        (customer not in KNOWN_CUSTOMERS, 0.3, "a new customer"),
        (cents > 1_000_00, 0.4, "a large amount"),
        (country not in courier.COUNTRIES, 0.1, "an unusual country"),
    )


@agent
async def rule_based_risk(customer: str, country: str, cents: int) -> dict:
    """Stands in for `risk_assessment`: it needs no bureau, and may judge small orders only."""
    if cents > RULES_END_AT:
        raise AgentError(f"the rules end at {RULES_END_AT / 100:.2f}, and this is {cents / 100:.2f}", kind="rejected")
    return _score(
        (customer in REPORTED_FOR_FRAUD, 0.9, "reported for fraud"),
        (customer not in KNOWN_CUSTOMERS, 0.5, "a new customer, and no bureau to ask"),
        (country not in BUREAU_KNOWS, 0.1, "no bureau to ask"),
    )


def _score(*grounds: tuple[bool, float, str]) -> dict:
    met = [(weight, reason) for holds, weight, reason in grounds if holds]
    return {"score": min(1.0, sum(weight for weight, _ in met)), "reasons": [reason for _, reason in met]}


@agent
async def supervisor(problem: dict, limit_cents: int) -> dict:
    """Decides what becomes of a risk that nobody could assess. In its place may stand a model; this one has a rule."""
    cents = problem["inputs"]["cents"]
    if cents > limit_cents:
        return {"action": "escalate", "reason": f"{cents / 100:.2f} is more than I may answer for"}
    output = {"score": 0.5, "reasons": ["not known, taken for middling"]}
    return {
        "action": "use_output",
        "output": output,
        "reason": f"{cents / 100:.2f} at stake: an identity check will do",
    }


@agent
def identity_check(customer: str) -> dict:
    if customer not in KNOWN_CUSTOMERS:
        raise AgentError(f"nobody knows {customer}", kind="rejected")
    return {"customer": customer, "identity": "confirmed"}


@agent
def refuse_order(order: dict, reasons: list[str], review: dict | None) -> dict:
    """`review` is what people said who were asked, or None where nobody was."""
    refused = {"order": order["id"], "refused": "; ".join(reasons)}
    return refused | {"by": review["by"], "note": review["reason"]} if review else refused


@agent
def reserve_payment(customer: str, cents: int, task: TaskContext) -> dict:
    """Money that is set aside is the customer's no longer, and not yet the shop's."""
    return _pay(task.task_id, "reservation", f"customer:{customer}", f"reserved:{customer}", cents)


@agent
def release_payment(reservation: str, task: TaskContext) -> dict:
    """The compensation of `reserve_payment`."""
    with Ledger() as ledger:
        ledger.give_back(task.task_id, "release", reservation)
    return {"released": reservation}


@agent
def capture_payment(customer: str, reservation: str, task: TaskContext) -> dict:
    with Ledger() as ledger:
        cents = ledger.amount(reservation)
    return _pay(task.task_id, "payment", f"reserved:{customer}", "shop", cents)


def _pay(transfer_id: str, purpose: str, payer: str, payee: str, cents: int) -> dict:
    try:
        with Ledger() as ledger:
            ledger.pay(transfer_id, purpose, payer, payee, cents)
    except DeclinedError as error:
        raise AgentError(str(error), kind="rejected") from error
    return {"transfer_id": transfer_id, "cents": cents}


@agent
def courier_quote(country: str, round: int) -> dict:  # noqa: A002 - the name of the node's input
    return {"cents": courier.price(country, round)}


@agent
def book_courier(order_id: str, country: str, cents: int, task: TaskContext) -> dict:
    if country not in courier.COUNTRIES:
        raise AgentError(f"no courier goes to {country}; they go to {', '.join(courier.COUNTRIES)}", kind="rejected")
    try:
        tracking = courier.book(task.task_id, order_id, country)
    except courier.ClosedError as error:
        # `unavailable` is tried again, as the node's `retry` says.
        raise AgentError(str(error), kind="unavailable") from error
    return {"tracking": tracking, "booking_id": task.task_id, "cents": cents}


@agent
def cancel_courier(booking_id: str) -> dict:
    """The compensation of `book_courier`."""
    try:
        courier.cancel(booking_id)
    except courier.OnItsWayError as error:
        raise AgentError(str(error), kind="rejected") from error
    return {"cancelled": booking_id}
