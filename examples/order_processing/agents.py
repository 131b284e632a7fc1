"""The agents of the order: plain Python functions. Each may be called again with the same task, and must not mind.

A node's `task_id` is the same for every attempt, and for every repeat after a crash. It is the id under which money
moves and couriers are booked, so a repeat finds that the work is done already.
"""

import courier
from ledger import InsufficientFundsError, Ledger

from concertato import AgentError, TaskContext, agent

PRICES = {"espresso-machine": 189_00, "grinder": 79_00, "beans-1kg": 18_50, "cup": 6_00, "gold-filter": 1_450_00}

KNOWN_CUSTOMERS = {"alice", "bob", "carol"}


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
    grounds = [
        (customer not in KNOWN_CUSTOMERS, 0.6, "a new customer"),
        (cents > 1_000_00, 0.5, "a large amount"),
        (country not in courier.COUNTRIES, 0.1, "an unusual country"),
    ]
    met = [(weight, reason) for holds, weight, reason in grounds if holds]
    return {"score": min(1.0, sum(weight for weight, _ in met)), "reasons": [reason for _, reason in met]}


@agent
def identity_check(customer: str) -> dict:
    if customer not in KNOWN_CUSTOMERS:
        raise AgentError(f"nobody knows {customer}", kind="rejected")
    return {"customer": customer, "identity": "confirmed"}


@agent
def refuse_order(order: dict, reasons: list[str]) -> dict:
    return {"order": order["id"], "refused": "; ".join(reasons)}


@agent
def payment_processing(customer: str, cents: int, task: TaskContext) -> dict:
    try:
        with Ledger() as ledger:
            ledger.pay(task.task_id, f"customer:{customer}", "shop", cents)
    except InsufficientFundsError as error:
        raise AgentError(str(error), kind="rejected") from error
    return {"transfer_id": task.task_id, "cents": cents}


@agent
def refund(transfer_id: str, task: TaskContext) -> dict:
    """The compensation of `payment_processing`."""
    with Ledger() as ledger:
        ledger.refund(task.task_id, transfer_id)
    return {"refunded": transfer_id}


@agent
def courier_quote(country: str, round: int) -> dict:  # noqa: A002 - the name of the node's input
    return {"cents": courier.price(country, round)}


@agent
def book_courier(order_id: str, country: str, cents: int, task: TaskContext) -> dict:
    if country not in courier.COUNTRIES:
        raise AgentError(f"no courier goes to {country}; they go to {', '.join(courier.COUNTRIES)}", kind="rejected")
    try:
        tracking = courier.book(task.task_id, order_id)
    except courier.ClosedError as error:
        # `unavailable` is tried again, as the node's `retry` says.
        raise AgentError(str(error), kind="unavailable") from error
    return {"tracking": tracking, "cents": cents}
