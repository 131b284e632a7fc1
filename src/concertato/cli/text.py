"""How values become text that is safe and pleasant to read: control characters, lengths, times, JSON."""

import re
from datetime import UTC, datetime, timedelta

import msgspec

from concertato.definition.duration import parse_duration
from concertato.errors import RequestError

# What an agent returned may hold terminal escapes (C0, DEL, C1) or bidirectional overrides that would make a line
# read as something else than it is.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def safe(text: str) -> str:
    r"""`text` with every control character but newline and tab written as `\u001b`, which JSON text may hold too."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def one_line(text: str) -> str:
    """Safe, and on one line."""
    return safe(" ".join(text.split()))


def shorten(text: str, cells: int) -> str:
    """At most `cells` terminal cells wide (a CJK character takes two)."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, max(cells - 1, 0)).rstrip() + "…"


def pretty_json(raw: bytes) -> str:
    return safe(msgspec.json.format(raw, indent=2).decode())


def compact_json(raw: bytes) -> str:
    return safe(msgspec.json.format(raw, indent=-1).decode())


def to_json(value: object) -> str:
    """One line of JSON for machines, the same value with nothing in it that a terminal would obey."""
    # C0 characters are escaped already where they stand in a text, and between values a line may end by one.
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", msgspec.json.encode(value).decode())


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def spent(seconds: float) -> str:
    """How long something took: `12 ms`, `1.24 s`, `3m 05s`, `2h 07m`."""
    seconds = max(seconds, 0.0)
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.995:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    return f"{minutes // 60}h {minutes % 60:02d}m"


def roughly(seconds: float) -> str:
    """A length of time as people say it, in its two greatest units: `40s`, `5m`, `3h 20m`, `2d 4h`."""
    left = max(int(seconds), 0)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0s"


def moment(at: float) -> str:
    """A time in the reader's own time zone, to the second."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def parse_moment(text: str, now: float, option: str) -> float:
    """Seconds since the epoch of `2026-11-22`, `2026-11-22T16:00:00Z` (local where no zone is named), or `2h` ago."""
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError:
        pass
    try:
        return now - timedelta(seconds=parse_duration(text)).total_seconds()
    except (ValueError, OverflowError):
        raise RequestError(
            f"expected {option} to be a date, a time, or how long ago "
            f"(2026-11-22, 2026-11-22T16:00:00Z, 2h, 30d), got: {text!r}"
        ) from None
