"""Moments and lengths of time, as CEL writes them: in seconds, those of a moment since the epoch."""

import re
from datetime import UTC, datetime, timedelta

START = 1_767_225_600.0
"""When simulated runs begin: 2026-01-01T00:00:00Z."""

_FIRST, _LAST = -62_135_596_800.0, 253_402_300_799.0
"""The first second of year 1 and the last one of 9999: there are no moments beyond them."""
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def moment_of(text: str) -> float | None:
    """The seconds since the epoch of a moment as CEL writes it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def length_of(text: str) -> float | None:
    """The seconds of a duration as CEL writes it, such as 1h30m."""
    parts = re.findall(r"([0-9.]+)(ms|us|ns|h|m|s)", text)
    try:
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    except ValueError:
        return None
    return -seconds if text.startswith("-") else seconds


def text_of(moment: float) -> str:
    moment = min(max(moment, _FIRST), _LAST)
    return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=moment)).isoformat().replace("+00:00", "Z")


def written(length: float) -> str:
    """A length: 1.5s."""
    return f"{length:.3f}".rstrip("0").rstrip(".") + "s"
