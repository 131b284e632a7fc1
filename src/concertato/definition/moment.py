"""Moments as people write them: RFC 3339, such as `2026-05-01T12:00:00Z`."""

import re
from datetime import datetime

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d")
_WHOLE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[-+]\d\d:\d\d)")


def is_moment(text: str) -> bool:
    """Whether `text` is meant as a moment and not as an expression, be it well written or not."""
    return _MOMENT.match(text) is not None


def parse_moment(text: str) -> float:
    """Seconds since the epoch. Raises ValueError, naming the form that is accepted."""
    if _WHOLE.fullmatch(text):
        try:
            return datetime.fromisoformat(text.upper()).timestamp()
        except (ValueError, OverflowError):
            pass
    raise ValueError(f"expected a moment such as 2026-05-01T12:00:00Z (RFC 3339, with its offset), got: {text!r}")
