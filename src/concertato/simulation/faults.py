"""Which faults are made, and how often."""

from collections.abc import Mapping
from typing import Any

import msgspec

from concertato.definition.spelling import did_you_mean, nearest
from concertato.errors import RequestError

MEANING = {
    "failure": "an attempt fails, with a kind of failure at random; its work may have been done all the same",
    "slow": "an attempt answers only after its time-out, and its work is done",
    "hang": "an attempt never answers; its work may have been done",
    "repeat": "an answer or a signal comes twice",
    "crash": "the process dies at an event: what was not recorded is lost, and whoever was at work is called again",
    "outage": "in a run, one of the agents fails or is too slow from some moment on",
    "silence": "a person never decides",
    "signal": "a signal comes before anybody waits for it, after its time, or never",
}
"""Every fault, in words."""


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """The share of each fault: of attempts, of answers (`repeat`), of events (`crash`), of runs (`outage`), of tasks
    for people (`silence`), of signals.
    """

    failure: float = 0.1
    slow: float = 0.05
    hang: float = 0.02
    repeat: float = 0.05
    crash: float = 0.01
    outage: float = 0.1
    silence: float = 0.1
    signal: float = 0.2

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            share = getattr(self, name)
            if not isinstance(share, int | float) or isinstance(share, bool) or not 0 <= share <= 1:
                raise RequestError(
                    f"faults: expected {name} to be a share from 0 to 1, such as {name}=0.1, got: {share!r}"
                )

    def __str__(self) -> str:
        """In the form that `read_faults` reads."""
        made = {name: getattr(self, name) for name in MEANING if getattr(self, name)}
        return ",".join(f"{name}={share:g}" for name, share in made.items()) or "none"


NO_FAULTS = Faults(**dict.fromkeys(MEANING, 0.0))


def read_faults(text: str) -> Faults:
    """The faults that `failure=0.1,crash=0.05` names. What it does not name is as usual, or, after `none`, not made.

    Raises `RequestError`.
    """
    parts = list(filter(None, map(str.strip, text.split(","))))
    named: dict[str, Any] = {}
    if parts[:1] == ["none"]:
        named = dict.fromkeys(MEANING, 0.0)
        del parts[0]
    for part in parts:
        name, equals, share = map(str.strip, part.partition("="))
        if name in MEANING and not equals:
            raise RequestError(f"faults: expected how often '{name}' is to happen, such as {name}=0.1, got: nothing")
        try:
            named[name] = float(share)
        except ValueError:
            named[name] = share  # refused with those that are out of range
    return faults_of(named)


def faults_of(named: Mapping[str, Any]) -> Faults:
    """The faults with these shares; what is not named is as usual. Raises `RequestError`."""
    for name in named:
        if name not in MEANING:
            hint = did_you_mean(nearest(str(name), MEANING)) or f"; they are {', '.join(MEANING)}"
            raise RequestError(f"faults: there is no fault '{name}'{hint}")
    return Faults(**named)
