"""Chance that can be repeated: everything that a simulated run leaves to chance comes from one seed.

Only `Random.random` is used, whose results Python promises to keep from version to version; what is drawn by its other
methods may change.
"""

import math
from collections.abc import Sequence
from hashlib import sha256
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    def __init__(self, seed: int) -> None:
        self.share = Random(seed).random  # noqa: S311 - nobody is to be surprised by it, on the contrary

    def happens(self, chance: float) -> bool:
        return chance > 0 and self.share() < chance

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.share() * len(options))]

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.share()

    def around(self, median: float, spread: float = 0.6) -> float:
        """Log-normal, as most lengths of time are: mostly near the median, sometimes several times as long."""
        bell = math.sqrt(-2 * math.log(1 - self.share())) * math.cos(2 * math.pi * self.share())
        return median * math.exp(spread * bell)

    def weighted(self, options: Sequence[T], weights: Sequence[float]) -> T:
        left = self.share() * sum(weights)
        for option, weight in zip(options, weights, strict=True):
            left -= weight
            if left < 0:
                return option
        return options[-1]


def seed_of(survey: int, number: int) -> int:
    """The seed of case `number` (from 0) of a survey: short enough to be typed."""
    return int.from_bytes(sha256(f"{survey}:{number}".encode()).digest()[:4], "big")
