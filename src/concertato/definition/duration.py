"""Lengths of time as people write them: `500ms`, `10s`, `1m30s`, `4h`, `2d`, or a plain number of seconds."""

import re

_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")


def parse_duration(value: object) -> float:
    """Seconds in `value`. Raises ValueError, naming the forms that are accepted, when it is no length of time."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return sum(float(number) * _UNIT[unit] for number, unit in _PART.findall(value))
    raise ValueError(f"expected a duration such as 500ms, 10s, 1m30s, 4h or a number of seconds, got: {value!r}")


def format_duration(seconds: float) -> str:
    """The shortest exact way to write `seconds`: `1m30s`, `500ms`, `4h`."""
    whole, millis = divmod(round(seconds * 1000), 1000)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count}{unit}")
    if millis:
        parts.append(f"{millis}ms")
    return "".join(parts) or "0s"
