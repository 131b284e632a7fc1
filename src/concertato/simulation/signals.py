"""How signals come in a simulated run: when they are waited for, or before, or too late, or never."""

from typing import Any

from concertato.plan.model import NodePlan, WaitPlan
from concertato.run.events import Failure
from concertato.run.status import NodeStatus
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
    """`_begun` are the nodes that have just begun to wait, by their paths: what they wait for, and how long."""

    def __init__(self, stage: Stage, dice: Dice, agenda: Agenda) -> None:
        self._stage = stage
        self._dice = dice
        self._agenda = agenda
        self._begun: dict[str, tuple[str, float | None]] = {}
        self._strange = stage.setting.faults.signal / 3

    def _script(self, name: str) -> SignalScript:
        return self._stage.setting.script.signals.get(name, _NO_SCRIPT)

    def post_early(self, now: float) -> None:
        """Some signals come before anybody waits for them."""
        for name in self._stage.signals:
            if self._script(name).never is not None:
                continue  # how often it comes is as the script says
            if self._dice.happens(self._strange):
                self._agenda.add(now + self._dice.between(0, 3), Signals(name, now, None))

    def changed(self, path: str, node: NodePlan, status: NodeStatus, failure: Failure | None) -> None:
        """A node has begun to wait for a signal, or does no longer; with a failure it waits for a person."""
        if not isinstance(node.detail, WaitPlan) or node.detail.signal is None:
            return
        if status is NodeStatus.WAITING and failure is None:
            self._begun[path] = (node.detail.signal, node.timeout)
        else:
            self._begun.pop(path, None)

    def expect(self, now: float, link: Link | None) -> None:
        """See to it that each node that has begun to wait gets a signal, or never does."""
        for name, timeout in self._begun.values():
            after = self._after(name, timeout)
            if after is not None:
                self._agenda.add(now + after, Signals(name, now, link))
        self._begun.clear()

    def _after(self, name: str, timeout: float | None) -> float | None:
        script = self._script(name)
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
        script = self._script(name)
        if script.answers:
            return drawn(self._dice, script.answers)
        return Maker(self._dice).make(None, self._stage.said.signals.get(name))

    def delivered(self, signal: Signals, now: float) -> None:
        """It has come; sometimes it comes once more."""
        if not signal.repeated and self._dice.happens(self._stage.setting.faults.repeat):
            self._agenda.add(now + self._dice.between(0, 5), signal._replace(repeated=True))
