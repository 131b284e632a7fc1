"""Numbers on both sides of others, and just there."""

import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import ceil, floor, isfinite

from concertato.simulation.hints import Hint

_INTEGERS = (0, 1, 2, 3, 10, 100)
_DOUBLES = (0.0, 0.5, 1.0, 2.5, 10.0, 100.0)


def is_whole(hint: Hint) -> bool:
    if "double" in hint.kinds:
        return False
    return "integer" in hint.kinds or not any(isinstance(each, float) for each in hint.constants)


def numbers(hint: Hint) -> list[int | float]:
    """Those that it is compared with."""
    found = [each for each in hint.constants if isinstance(each, int | float) and not isinstance(each, bool)]
    return [each for each in found if is_usable(each)]


def is_usable(number: int | float) -> bool:
    """Whether it can be reckoned with: some whole numbers are too large to become another, and infinity to be whole."""
    return abs(number) <= sys.float_info.max


def near(constants: list[int | float], *, whole: bool) -> Iterator[int | float]:
    """The constants, what is just beside each, what lies between two, and what lies well beyond them."""
    known = sorted(set(constants))
    if not known:
        return
    span = known[-1] - known[0] or abs(known[0]) or 1
    step = 1 if whole else span / 100
    found = [each + beside for each in known for beside in (-step, 0, step)]
    found += [(low + high) / 2 for low, high in pairwise(known)]
    found += [known[0] - span, known[-1] + span]
    if known[0] > 0:
        found += [0, known[0] / 2]
    for each in filter(is_usable, dict.fromkeys(found)):
        if whole:
            yield round(each)
        else:
            yield float(f"{each:.6g}")


def multiples(values: Iterable[int | float], step: int | float) -> Iterator[int | float]:
    """Those of `step` that are next to each of the values: 0.07 and not 0.07000000000000001 for a step of 0.01."""
    for value in values:
        if not isfinite(value / step):
            continue
        for times in (floor(value / step), ceil(value / step)):
            yield times * step if isinstance(step, int) else float(f"{times * step:.12g}")


def leaving(values: Iterable[int | float], divisor: int, rest: int) -> list[int]:
    """The numbers next to each of the values that leave this rest."""
    below = [int(value) - (int(value) - rest) % divisor for value in values]
    return [each for value in dict.fromkeys(below) for each in (value, value + divisor) if each >= 0]


def times_near(hint: Hint, beyond: float) -> list[float]:
    """The times that one is compared with, in seconds, what is just beside each, and what is well beyond."""
    return list(dict.fromkeys(time + beside for time in hint.times for beside in (-1, 0, 1, -beyond, beyond)))


def usual(whole: bool) -> tuple[int | float, ...]:
    """Those of which nothing is said."""
    return _INTEGERS if whole else _DOUBLES
