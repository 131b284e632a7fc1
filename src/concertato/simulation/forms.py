"""Texts of JSON Schema's formats."""

from collections.abc import Callable
from datetime import date, datetime

from concertato.simulation.dice import Dice
from concertato.simulation.hints import CUT
from concertato.simulation.times import START, text_of

TEXTS = ("a", "b", "c")
"""Texts of which nothing is said."""


def moment(dice: Dice) -> str:
    return text_of(START + dice.pick((-3600, 60, 3600, 86_400)))


def has_form(text: str, form: str) -> bool:
    """Whether a text that is asked for can be of a format: of most of them that is not looked into."""
    reads = {"date": date.fromisoformat, "date-time": datetime.fromisoformat}.get(form)
    if reads is None:
        return CUT not in text
    try:
        reads(text)
    except ValueError:
        return False
    return True


FORMS: dict[str, Callable[[Dice], str]] = {
    "date-time": moment,
    "date": lambda dice: moment(dice)[:10],
    "time": lambda dice: moment(dice)[11:],
    "duration": lambda dice: dice.pick(("PT1M", "PT1H", "P1D")),
    "email": lambda dice: f"{dice.pick(TEXTS)}@example.com",
    "uri": lambda dice: f"https://example.com/{dice.pick(TEXTS)}",
    "uuid": lambda dice: f"{int(dice.share() * 2**32):08x}-0000-4000-8000-000000000000",
    "ipv4": lambda dice: f"192.0.2.{int(dice.between(1, 255))}",
}
