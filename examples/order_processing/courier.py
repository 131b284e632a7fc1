"""A courier's booking desk that is closed the first time anybody asks for a booking, and remembers who asked."""

import json
from pathlib import Path

FOLDER = Path(__file__).parent / "out" / "courier"

COUNTRIES = {"AT": 300, "DE": 400, "FR": 600}
"""Where the courier goes, and the least it takes, in cents."""


class ClosedError(Exception):
    """Nobody is at the desk; they are back in a moment."""


def price(country: str, round_: int) -> int:
    """An offer in cents. The courier asks much at first, and less each time."""
    least = COUNTRIES.get(country, 250)
    return max(least, (10 - round_) * least)


def book(booking_id: str, order_id: str) -> str:
    """The tracking number. The same booking gives the same number. Raises ClosedError the first time."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"{booking_id.replace('/', '_')}.json"
    asked = json.loads(file.read_text()) if file.exists() else None
    if asked is None:
        file.write_text(json.dumps({"order": order_id, "asked": 1}))
        raise ClosedError("the booking desk is closed; try again in a moment")
    file.write_text(json.dumps({**asked, "asked": asked["asked"] + 1}))
    return f"TRACK-{order_id}"
