"""One simulated run, from its start to its end: everything that the run hears of goes through `_happens`.

The world around the run is made up from the seed: agents answer or not, people decide or not, the process dies and
comes back from what was recorded.
"""

from collections.abc import Callable

from concertato.plan.model import NodePlan
from concertato.run.events import (
    AnyEvent,
    AttemptFailed,
    CompensationFailed,
    CompensationSucceeded,
    Failure,
    NodeSucceeded,
    Raw,
    RecoveryDecided,
    RunStarted,
    SignalReceived,
    TimerFired,
)
from concertato.run.machine import begin, step
from concertato.run.refusal import Refusal
from concertato.run.state import VERSION, Run
from concertato.run.status import NodeStatus
from concertato.run.values import encode
from concertato.simulation.acting import Acting
from concertato.simulation.coming import Agenda, Answers, Awaited, Decides, Link, Rings, Signals, TakesEffect
from concertato.simulation.crashing import crash
from concertato.simulation.dice import Dice
from concertato.simulation.effects import take_effect
from concertato.simulation.given import inputs_for
from concertato.simulation.ledger import Ledger
from concertato.simulation.outcome import Looked, Outcome, Round, Sighting, Spending
from concertato.simulation.people import INITIATOR, People
from concertato.simulation.performing import ask, perform
from concertato.simulation.places import place_of
from concertato.simulation.signals import Posting
from concertato.simulation.stage import Stage
from concertato.simulation.story import Story
from concertato.simulation.times import START
from concertato.simulation.verdict import outcome_of, round_of
from concertato.simulation.world import World

_MOST_CRASHES = 20
_LOOKS_AFTER = 200
"""So many things happen before it is asked again whether to stop."""

_UNTOUCHED = frozenset({NodeStatus.PENDING, NodeStatus.SKIPPED, NodeStatus.CANCELLED})


_TIMERS: dict[str, Spending] = {
    "timeout": "time-out",
    "retry": "back-off",
    "wait": "wait",
    "run": "workflow time-out",
    "due": "silence",
    "remind": "silence",
}


def never() -> bool:
    """Nobody says when to stop."""
    return False


class Case:
    """`seed` decides everything. `story` is told what happens, where somebody wants to read it."""

    run: Run

    def __init__(
        self, stage: Stage, seed: int, story: Story | None = None, *, stop: Callable[[], bool] = never
    ) -> None:
        self.stage = stage
        self.seed = seed
        self.story = story
        self.now = START
        self.dice = Dice(seed)
        self.world = World()
        self.ledger = Ledger()
        self.events: list[AnyEvent] = []
        self.statuses: dict[str, NodeStatus] = {}
        self.reached: dict[str, None] = {}
        self.succeeded: dict[str, None] = {}
        self.tries: dict[str, int] = {}
        self.timers: dict[str, Rings] = {}
        """Those that were set, by their names, as they were when they were set first."""
        self.looked: dict[tuple[str, str], Looked] = {}
        """What people have decided last, by the paths of nodes and what of them they were asked about."""
        self.stuck: dict[str, str] = {}
        """Tasks that nobody can decide, and why."""
        self.crashes = 0
        self.calls = 0
        self.opened: dict[str, int] = {}
        """How often people were asked, by the names of tasks."""
        self.round: Round | None = None
        self.link: Link | None = None
        self.cut: set[tuple[str, int, int]] = set()
        self.agenda = Agenda(self.dice)
        self.acting = Acting(stage, self.dice, START)
        self.people = People(stage, self.dice, self.acting)
        self.posting = Posting(stage, self.dice, self.agenda)
        self._faults = stage.setting.faults
        self._stop = stop
        # A real agent may take its time.
        self._looks_after = _LOOKS_AFTER if stage.real is None else 1

    def play(self) -> Outcome | None:
        """Let the run happen, and say how it came out; None where it was stopped in the middle."""
        self.stage.watch.mishaps.clear()
        inputs = inputs_for(self.stage, self.dice)
        started = RunStarted(
            at=START,
            run_id=f"simulated-{self.seed}",
            workflow=self.stage.plan.name,
            plan=self.stage.plan.fingerprint,
            inputs={name: Raw(encode(value)) for name, value in inputs.items()},
            task_root=f"simulated-{self.seed}",
            machine=VERSION,
            by=INITIATOR,
        )
        if self.story is not None:
            self.story.began(inputs, self.acting.outage)
        try:
            self._begin(started)
            if not self._live():
                return None
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is ours, and is to be reported and repeated
            why = f"{type(problem).__name__}: {problem}"
            return Outcome(seed=self.seed, end="fault", sightings=[Sighting("machine_fault", "", why)])
        return outcome_of(self)

    def _begin(self, started: RunStarted) -> None:
        self.events.append(started)
        teller = None if self.story is None else self._hear
        self.run, commands = begin(self.stage.plan, started, observer=self._observe, teller=teller)
        self.posting.post_early(START)
        perform(self, commands)

    def _live(self) -> bool:
        """Whether it went on until nothing more happened, or enough."""
        most, turns = self.stage.setting.most_events, 0
        while self.agenda:
            turns += 1
            if turns % self._looks_after == 0 and self._stop():
                return False
            at, thing = self.agenda.next()
            if isinstance(thing, TakesEffect):
                take_effect(self, thing, at)
            elif self.run.finished is None:
                if len(self.events) >= most:
                    self.round = round_of(self.events)
                if self.round is not None:
                    break
                self.now = max(self.now, at)
                if self._is_current(thing):
                    self._happens(thing)
        return True

    def _is_current(self, thing: Awaited) -> bool:
        """Whether there is still something in it: a timer may have been cleared, a process may have died."""
        match thing:
            case Rings(timer, due):
                return self.world.timers.get(timer) == due
            case Answers(call, life=life, stopped=stopped):
                return life == self.crashes and (stopped or (call.path, call.attempt, life) not in self.cut)
            case Decides(task):
                return task in self.world.tasks
            case Signals():
                return True

    def _happens(self, thing: Awaited) -> None:
        if self.crashes < _MOST_CRASHES and self.dice.happens(self._faults.crash):
            crash(self)
            if isinstance(thing, Decides | Signals):  # whoever is turned away comes again
                self.agenda.add(self.now, thing)
            return
        match thing:
            case Answers():
                self.on_answers(thing)
            case Rings():
                self.on_rings(thing)
            case Decides():
                self.on_decides(thing)
            case Signals():
                self.on_signals(thing)

    def _send(self, event: AnyEvent, path: str, spent_on: Spending, thing: Awaited) -> bool:
        """Have the run take the event that `thing` is; whether it does."""
        outcome = step(self.run, event)
        if isinstance(outcome, Refusal):
            if self.story is not None:
                self.story.refused(self.now, path, outcome)
            return False
        self.events.append(event)
        self.world.take(event)
        self.link = Link(path, spent_on, thing.began, self.now, thing.before)
        perform(self, outcome)
        return True

    # What happens -------------------------------------------------------------------------------------------------

    def on_answers(self, thing: Answers) -> None:
        call = thing.call
        event = self._answer(thing)
        if self.story is not None:
            self.story.answered(self.now, call, event, again=thing.repeated)
        if self._send(event, call.path, "attempt", thing) and isinstance(event, NodeSucceeded):
            self.ledger.accept(call.task_id)
        if not (thing.stopped or thing.repeated) and self.dice.happens(self._faults.repeat):
            self.agenda.add(self.now + self.dice.between(0, 2), thing._replace(repeated=True))

    def _answer(self, thing: Answers) -> AnyEvent:
        call, at, failure = thing.call, self.now, thing.failure
        if failure is None and thing.work.failure is not None:
            failure = thing.work.failure  # a real agent has failed
        if call.purpose == "compensation":
            if failure is None:
                return CompensationSucceeded(at=at, path=call.path, attempt=call.attempt)
            return CompensationFailed(at=at, path=call.path, attempt=call.attempt, failure=failure)
        if failure is not None:
            return AttemptFailed(at=at, path=call.path, attempt=call.attempt, failure=failure)
        output = Raw(self.acting.output(call, thing.work))
        if call.purpose == "recovery":
            return RecoveryDecided(at=at, path=call.path, attempt=call.attempt, answer=output)
        return NodeSucceeded(at=at, path=call.path, attempt=call.attempt, output=output)

    def on_rings(self, thing: Rings) -> None:
        if self.story is not None:
            self.story.rang(self.now, thing.timer)
        purpose, _, rest = thing.timer.partition(":")
        self._send(TimerFired(at=self.now, timer=thing.timer), rest.partition("#")[0], _TIMERS[purpose], thing)

    def on_decides(self, thing: Decides) -> None:
        task = self.world.tasks[thing.task]
        decided = self.people.decide(self.run, task, self.now)
        if isinstance(decided, str):
            self.stuck[thing.task] = decided
            return
        if self.story is not None:
            self.story.decided(self.now, decided)
        if not self._send(decided, thing.task, "person", thing):
            return
        if task.about == "human":
            self.stage.watch.chosen(place_of(task.path), decided.choice)
        else:
            self.looked[task.path, task.about] = Looked(decided.choice, self.now)
        if thing.task in self.world.tasks:
            ask(self, task)

    def on_signals(self, thing: Signals) -> None:
        payload = Raw(encode(self.posting.payload(thing.name)))
        if self.story is not None:
            self.story.signalled(self.now, thing.name, bytes(payload))
        self._send(SignalReceived(at=self.now, name=thing.name, payload=payload), thing.name, "signal", thing)
        self.posting.delivered(thing, self.now)

    # What the machine tells ---------------------------------------------------------------------------------------

    def _observe(
        self, path: str, node: NodePlan, status: NodeStatus, at: float, attempt: int, failure: Failure | None
    ) -> None:
        self.statuses[path] = status
        self.posting.changed(path, node, status, failure)
        place = place_of(path)
        if status not in _UNTOUCHED:
            self.reached[place] = None
        if status is NodeStatus.SUCCEEDED:
            self.succeeded[place] = None
        if self.story is not None:
            self.story.changed(at, path, node, status, failure)

    def _hear(self, step: str, path: str, detail: dict[str, object]) -> None:
        assert self.story is not None
        self.story.told(self.now, step, path, detail)
