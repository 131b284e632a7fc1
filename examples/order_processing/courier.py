"""A courier's booking desk, with its bookings as files. Run it to see them: `python courier.py`.

The desk is closed the first time anybody asks for a booking. In some countries the parcel is fetched at once: then the
booking cannot be cancelled any more, and somebody has to call the driver: `python courier.py recall TRACK-A-1006`.
"""

import json
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "out" / "courier"

COUNTRIES = {"AT": 300, "DE": 400, "FR": 600, "CH": 700}
"""Where the courier goes, and the least it takes, in cents."""

FETCHED_AT_ONCE = {"FR"}


class ClosedError(Exception):
    """Nobody is at the desk; they are back in a moment."""


class OnItsWayError(Exception):
    """The parcel has been fetched: only a person can get it back."""


def price(country: str, round_: int) -> int:
    """An offer in cents. The courier asks much at first, and less each time."""
    least = COUNTRIES.get(country, 250)
    return max(least, (10 - round_) * least)


def book(booking_id: str, order_id: str, country: str) -> str:
    """The tracking number. The same booking gives the same number. Raises ClosedError the first time."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = _file(booking_id)
    if not file.exists():
        file.write_text(json.dumps({"tracking": f"TRACK-{order_id}", "status": "asked"}))
        raise ClosedError("the booking desk is closed; try again in a moment")
    return str(_change(file, "on its way" if country in FETCHED_AT_ONCE else "booked")["tracking"])


def cancel(booking_id: str) -> None:
    """Cancel a booking; one that is cancelled stays so. Raises OnItsWayError."""
    file = _file(booking_id)
    booking = json.loads(file.read_text())
    if booking["status"] == "on its way":
        raise OnItsWayError(f"{booking['tracking']} is on its way already; have the driver called")
    _change(file, "cancelled")


def recall(tracking: str) -> int:
    """What a person does who calls the driver: how many parcels come back."""
    found = [file for file in FOLDER.glob("*.json") if json.loads(file.read_text())["tracking"] == tracking]
    for file in found:
        _change(file, "brought back")
    return len(found)


def bookings() -> list[tuple[str, str]]:
    """Each as (tracking number, status), the oldest first: the ids of runs, with which the files begin, grow."""
    found = [json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))]
    return [(booking["tracking"], booking["status"]) for booking in found]


def _file(booking_id: str) -> Path:
    return FOLDER / f"{booking_id.replace('/', '_')}.json"


def _change(file: Path, status: str) -> dict[str, str]:
    booking: dict[str, str] = {**json.loads(file.read_text()), "status": status}
    file.write_text(json.dumps(booking))
    return booking


def main() -> None:
    if sys.argv[1:2] == ["recall"] and len(sys.argv) == 3:
        print(f"brought back: {recall(sys.argv[2])}")
    for tracking, status in bookings():
        print(f"{tracking:16} {status}")


if __name__ == "__main__":
    main()
