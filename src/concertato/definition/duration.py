"""Lengths of time as people write them: `500ms`, `10s`, `1m30s`, `4h`, `2d`, or a plain number of seconds."""

import math
import re

MAX_SECONDS = 36_500 * 86_400.0
"""A hundred years: what is longer is a slip, and clocks and calendars do not bear it."""

_MILLIS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_WHOLE = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d))+")

DURATION_PATTERN = f"^{_WHOLE.pattern}$"
"""What a duration's text looks like, for the JSON Schema."""


def parse_duration(value: object) -> float:
    """Seconds in `value`. Raises ValueError, naming the forms that are accepted, when it is no length of time."""
    seconds = _seconds(value)
    if seconds is None or seconds < 0:
        raise ValueError(f"expected a duration such as 500ms, 10s, 1m30s, 4h or a number of seconds, got: {value!r}")
    if seconds > MAX_SECONDS:
        raise ValueError(f"expected a duration of at most 36500d, got: {value!r}")
    return seconds


def _seconds(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(value, float) and math.isnan(value):
            return None
        # A whole number may be too large to become a float at all.
        return float(min(value, 2 * MAX_SECONDS))
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        # Summed in milliseconds, so that 700ms is 0.7 and not 0.7000000000000001.
        return sum(float(number) * _MILLIS[unit] for number, unit in _PART.findall(value)) / 1000
    return None


def format_duration(seconds: float) -> str:
    """The shortest way to write `seconds`, to the millisecond: `1m30s`, `500ms`, `4h`."""
    whole, millis = divmod(round(seconds * 1000), 1000)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count}{unit}")
    if millis:
        parts.append(f"{millis}ms")
    return "".join(parts) or "0s"


def write_duration(seconds: float) -> str | float:
    """As `format_duration` where that is exact, else the number itself."""
    text = format_duration(seconds)
    return text if parse_duration(text) == seconds else seconds
