"""The agents of the trip: they answer as real ones would, and do nothing but that.

What they say they return is what a simulation makes their answers of.
"""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from concertato import TaskContext, agent


@dataclass
class Trip:
    city: str
    nights: int
    card: str


@dataclass
class Quote:
    price: Annotated[float, Meta(ge=50, le=5000)]


@dataclass
class Fraud:
    score: Annotated[float, Meta(ge=0, le=1)]


@dataclass
class Booking:
    booking: str


@dataclass
class Charge:
    charge: str


@agent
async def quote_trip(trip: Trip) -> Quote:
    return Quote(90.0 + 120.0 * trip.nights)


@agent
async def check_fraud(card: str, price: float) -> Fraud:
    return Fraud(0.9 if price > 3000 and card.endswith("0000") else 0.1)


@agent
async def book_flight(city: str, task: TaskContext) -> Booking:
    # The airline takes the task's id as its own key: asked twice, it books once.
    return Booking(f"{city[:3].upper()}-{task.run_id[-4:]}")


@agent
async def cancel_flight(booking: str) -> None: ...


@agent
async def charge_card(card: str, price: float, task: TaskContext) -> Charge:
    return Charge(f"card-{card[-4:]}-{task.run_id[-4:]}")


@agent
async def charge_at_backup(card: str, price: float, task: TaskContext) -> Charge:
    return Charge(f"backup-{card[-4:]}-{task.run_id[-4:]}")


@agent
async def settle_and_charge_at_backup(card: str, price: float, task: TaskContext) -> Charge:
    """Asks the first provider to cancel the charge; if it was made before that, it stands, and is the answer."""
    return Charge(f"backup-{card[-4:]}-{task.run_id[-4:]}")


@agent
async def refund(charge: str) -> None: ...


@agent
async def issue_ticket(booking: str, charge: str) -> str:
    return f"ticket for {booking}, paid by {charge}"
