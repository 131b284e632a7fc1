"""How agents act in a simulated run: how long they take, whether they fail, when their work takes effect, what they
answer.
"""

from typing import Any, NamedTuple

import msgspec

from concertato.errors import TRANSIENT, FailureKind
from concertato.plan.model import PlannerPlan
from concertato.run.commands import CallAgent
from concertato.run.events import Failure
from concertato.run.values import encode
from concertato.simulation.dice import Dice
from concertato.simulation.ledger import Lost, Work
from concertato.simulation.making import Maker
from concertato.simulation.places import place_of
from concertato.simulation.planner import propose
from concertato.simulation.script import AgentScript, Weighted
from concertato.simulation.stage import Stage

_KINDS = tuple(sorted(TRANSIENT))
_LASTING = (FailureKind.INTERNAL, FailureKind.REJECTED, FailureKind.INVALID_INPUT)
_LASTING_SHARE = 0.25
_AFTER_THE_FACT = frozenset(
    {FailureKind.TIMEOUT, FailureKind.UNAVAILABLE, FailureKind.INTERNAL, FailureKind.INVALID_OUTPUT}
)
"""Kinds of failure that leave it open whether the work was done; the others say that it was refused."""
_DONE_ALL_THE_SAME = 0.3
_USUAL = 1.0
"""Seconds that an agent usually takes."""
_STRETCH = 30.0
"""How many times as long the slow ones take of which no time-out says how long is too long."""

_NO_SCRIPT = AgentScript()


class Fate(NamedTuple):
    """What becomes of one attempt, in seconds from when it is asked for.

    `answers` is None where it never does; `effect` is when its work takes effect, None where it does not; `lost` how
    its answer comes to nothing if it does.
    """

    answers: float | None
    failure: Failure | None
    effect: float | None
    lost: Lost


class Outage(NamedTuple):
    """From `since` on the agents of this type fail, or are `slow`: then they do their work, and answer too late."""

    agent: str
    since: float
    slow: bool


class Acting:
    def __init__(self, stage: Stage, dice: Dice, began: float) -> None:
        self._stage = stage
        self._dice = dice
        self._make = Maker(dice).make
        self.outage: Outage | None = None
        # How often these fail is as the script says, whatever else happens.
        open_to_it = [agent for agent in stage.agents if self.script(agent).fails is None]
        if open_to_it and dice.happens(stage.setting.faults.outage):
            since = began if dice.happens(0.5) else began + dice.between(0, 5) ** 2
            self.outage = Outage(dice.pick(open_to_it), since, slow=dice.happens(0.5))

    def script(self, agent: str) -> AgentScript:
        return self._stage.setting.script.agents.get(agent, _NO_SCRIPT)

    def fate(self, call: CallAgent, work: Work, now: float) -> Fate:
        """What becomes of an attempt that is asked for now."""
        dice, faults = self._dice, self._stage.setting.faults
        script = self.script(call.agent)
        takes = self._takes(call, script)
        out = self.outage
        if out is not None and out.agent == call.agent and now >= out.since:
            return self._slow(call, takes) if out.slow else self._down(takes)
        fails = faults.failure if script.fails is None else script.fails
        roll = dice.share()
        if roll < fails:
            return self._failing(script, work, takes)
        roll -= fails
        if call.timeout is not None and roll < faults.hang:
            effect = dice.between(0.3, 1) * call.timeout if dice.happens(0.5) else None
            return Fate(None, None, effect, "hung")
        if roll < faults.hang + faults.slow:
            return self._slow(call, takes)
        return Fate(takes, None, dice.between(0.3, 1) * takes, "late")

    def _takes(self, call: CallAgent, script: AgentScript) -> float:
        if script.takes is not None:
            return self._dice.between(*script.takes)
        if call.timeout is None:
            return self._dice.around(_USUAL)
        return min(self._dice.around(min(_USUAL, call.timeout / 4)), 0.9 * call.timeout)

    def _slow(self, call: CallAgent, takes: float) -> Fate:
        if call.timeout is None:
            takes *= _STRETCH
        else:
            takes = call.timeout * self._dice.between(1.05, 3)
        return Fate(takes, None, self._dice.between(0.5, 1) * takes, "late")

    def _down(self, takes: float) -> Fate:
        return Fate(0.2 * takes, Failure(FailureKind.UNAVAILABLE, "simulated: an outage"), None, "failed")

    def _failing(self, script: AgentScript, work: Work, takes: float) -> Fate:
        dice = self._dice
        # What has been done is not refused when it is asked for again.
        lasting = work.took is None and dice.happens(_LASTING_SHARE)
        kind = dice.pick(script.kinds or (_LASTING if lasting else _KINDS))
        retry_after = 5.0 if kind is FailureKind.RATE_LIMITED and dice.happens(0.3) else None
        failure = Failure(kind, f"simulated: {kind.value}", retry_after=retry_after)
        done = kind in _AFTER_THE_FACT and dice.happens(_DONE_ALL_THE_SAME)
        return Fate(takes, failure, dice.between(0.3, 1) * takes if done else None, "failed")

    def output(self, call: CallAgent, work: Work) -> bytes:
        """What the agent answers: the same to every attempt under one task id."""
        if work.output is None:
            work.output = encode(self._answer(call))
        return work.output

    def _answer(self, call: CallAgent) -> Any:
        scripted = self.script(call.agent).answers
        if call.purpose == "compensation":
            return None
        if scripted:
            return drawn(self._dice, scripted)
        if call.purpose == "recovery":
            return self._chosen(call)
        node = self._stage.nodes.get(place_of(call.path))
        if call.purpose == "node" and node is not None and isinstance(node.detail, PlannerPlan):
            return propose(node.detail, self._dice)
        return self.value_for(place_of(call.path), call.agent)

    def value_for(self, place: str, agent: str = "") -> Any:
        """A value that can be the output of the node at this place."""
        return self._make(self._stage.setting.outputs.get(agent), self._stage.said.outputs.get(place))

    def _chosen(self, call: CallAgent) -> Any:
        problem = msgspec.json.decode(call.fields["problem"])
        action = self._dice.pick(problem["may"])
        answer: dict[str, Any] = {"action": action, "reason": "simulated"}
        if action == "use_output":
            node = self._stage.nodes.get(place_of(call.path))
            answer["output"] = self.value_for(place_of(call.path), "" if node is None else node.agent)
        return answer


def drawn(dice: Dice, options: tuple[Weighted, ...]) -> Any:
    return dice.weighted(options, [each.weight for each in options]).value
