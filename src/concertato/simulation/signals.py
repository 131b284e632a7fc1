"""How signals come in a simulated run: when they are waited for, or before, or too late, or never."""

from collections import Counter
from typing import Any

from concertato.run.state import Run
from concertato.simulation.acting import drawn
from concertato.simulation.coming import Agenda, Link, Signals
from concertato.simulation.dice import Dice
from concertato.simulation.making import Maker
from concertato.simulation.script import SignalScript
from concertato.simulation.stage import Stage

_USUAL = 60.0
"""Seconds that a signal usually comes after it is waited for."""
_LATE = 3.0
"""How many times as long as its node waits a late one takes."""
_NO_SCRIPT = SignalScript()


class Posting:
    """`_answered` counts how many of the nodes that wait for a signal have one coming, or will never have one."""

    def __init__(self, stage: Stage, dice: Dice, agenda: Agenda) -> None:
        self._stage = stage
        self._dice = dice
        self._agenda = agenda
        self._answered: Counter[str] = Counter()
        self._strange = stage.setting.faults.signal / 3

    def post_early(self, now: float) -> None:
        """Some signals come before anybody waits for them."""
        for name in self._stage.signals:
            if self._dice.happens(self._strange):
                self._agenda.add(now + self._dice.between(0, 3), Signals(name, now, None))

    def expect(self, run: Run, now: float, link: Link | None) -> None:
        """See to it that each node that has begun to wait gets its signal, or never does."""
        for name, waiting in run.waits.items():
            while self._answered[name] < len(waiting):
                self._answered[name] += 1
                scope, number = waiting[-1]
                after = self._after(name, scope.plan.nodes[number].timeout)
                if after is not None:
                    self._agenda.add(now + after, Signals(name, now, link))

    def _after(self, name: str, timeout: float | None) -> float | None:
        script = self._stage.setting.script.signals.get(name, _NO_SCRIPT)
        if self._dice.happens(self._strange if script.never is None else script.never):
            return None
        if script.takes is not None:
            return self._dice.between(*script.takes)
        if self._dice.happens(self._strange):
            return (timeout or _USUAL) * self._dice.between(1.05, _LATE)
        if timeout is None:
            return self._dice.around(_USUAL)
        return min(self._dice.around(min(_USUAL, timeout / 4)), 0.9 * timeout)

    def payload(self, name: str) -> Any:
        script = self._stage.setting.script.signals.get(name, _NO_SCRIPT)
        if script.answers:
            return drawn(self._dice, script.answers)
        return Maker(self._dice).make(None, self._stage.said.signals.get(name))

    def delivered(self, signal: Signals, now: float) -> None:
        """It has come; sometimes it comes once more."""
        self._answered[signal.name] = max(self._answered[signal.name] - 1, 0)
        if self._dice.happens(self._stage.setting.faults.repeat):
            self._agenda.add(now + self._dice.between(0, 5), signal._replace(began=now))
