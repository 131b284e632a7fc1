"""One simulated run, from its start to its end: everything that happens goes through `_happens`.

The world around the run is made up from the seed: agents answer or not, people decide or not, the process dies and
comes back from what was recorded.
"""

from collections import Counter

from concertato.agents.contract import Failed, Succeeded
from concertato.errors import FailureKind
from concertato.plan.model import NodePlan
from concertato.run.codec import encode_state
from concertato.run.commands import (
    CallAgent,
    CancelCall,
    Command,
    OpenTask,
    ReassignTask,
    StartTimer,
)
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
from concertato.run.resumption import take_up
from concertato.run.state import VERSION, Run
from concertato.run.status import NodeStatus
from concertato.run.values import encode
from concertato.simulation.acting import Acting
from concertato.simulation.coming import Agenda, Answers, Coming, Decides, Link, Rings, Signals, TakesEffect
from concertato.simulation.dice import Dice
from concertato.simulation.given import inputs_for
from concertato.simulation.ledger import Ledger, Work
from concertato.simulation.making import START
from concertato.simulation.outcome import Outcome, Sighting
from concertato.simulation.people import INITIATOR, People
from concertato.simulation.places import place_of
from concertato.simulation.signals import Posting
from concertato.simulation.stage import Stage
from concertato.simulation.story import Story
from concertato.simulation.verdict import outcome_of
from concertato.simulation.world import World

_RESTART = 5.0
"""Seconds that a process usually takes to come back."""
_MOST_CRASHES = 20
_STOPS_AT_ONCE = 0.7
_GIVEN_UP = 10.0
"""Seconds that an agent which was told to stop is waited for, as by the engine."""
_LATENESS = 0.02
"""Seconds that a timer may ring late."""

_UNTOUCHED = frozenset({NodeStatus.PENDING, NodeStatus.SKIPPED, NodeStatus.CANCELLED})


class MachineFault(Exception):  # noqa: N818 - it says what happened
    """The machine has contradicted itself."""


class Case:
    """`seed` decides everything. `story` is told what happens, where somebody wants to read it."""

    run: Run

    def __init__(self, stage: Stage, seed: int, story: Story | None = None) -> None:
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
        self.tries: Counter[str] = Counter()
        self.asked: dict[str, str] = {}
        """What people have decided about failures, by the paths of nodes."""
        self.stuck: dict[str, OpenTask] = {}
        """Tasks that nobody may decide."""
        self.crashes = 0
        self.calls = 0
        self.endless = False
        self.link: Link | None = None
        self._life = 0
        self._cut: set[tuple[str, int, int]] = set()
        self._agenda = Agenda(self.dice)
        self._acting = Acting(stage, self.dice, START)
        self._people = People(stage, self.dice, self._acting)
        self._posting = Posting(stage, self.dice, self._agenda)
        self._faults = stage.setting.faults

    def play(self) -> Outcome:
        """Let the run happen, and say how it came out."""
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
            self.story.began(inputs, self._acting.outage)
        try:
            self._begin(started)
            self._live()
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is ours, and is to be reported and repeated
            why = f"{type(problem).__name__}: {problem}"
            return Outcome(seed=self.seed, end="fault", sightings=[Sighting("machine_fault", "", why)])
        return outcome_of(self)

    def _begin(self, started: RunStarted) -> None:
        self.events.append(started)
        teller = None if self.story is None else self._hear
        self.run, commands = begin(self.stage.plan, started, observer=self._observe, teller=teller)
        self._posting.post_early(START)
        self._perform(commands)

    def _live(self) -> None:
        most = self.stage.setting.most_events
        while self._agenda:
            at, thing = self._agenda.next()
            if isinstance(thing, TakesEffect):
                self._take_effect(thing, at)
            elif self.run.finished is None:
                if len(self.events) >= most:
                    self.endless = True
                    return
                self.now = max(self.now, at)
                if self._is_current(thing):
                    self._happens(thing)

    def _is_current(self, thing: Coming) -> bool:
        """Whether there is still something in it: a timer may have been cleared, a process may have died."""
        match thing:
            case Rings(timer, due):
                return self.world.timers.get(timer) == due
            case Answers(call, life=life, stopped=stopped):
                return life == self._life and (stopped or (call.path, call.attempt, life) not in self._cut)
            case Decides(task):
                return task in self.world.tasks
            case _:
                return True

    def _happens(self, thing: Coming) -> None:
        if self.crashes < _MOST_CRASHES and self.dice.happens(self._faults.crash):
            self._crash(thing)
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

    def _send(self, event: AnyEvent, what: str, began: float, before: Link | None) -> bool:
        """Have the run take an event; whether it does."""
        outcome = step(self.run, event)
        if isinstance(outcome, Refusal):
            if self.story is not None:
                self.story.refused(self.now, what, outcome)
            return False
        self.events.append(event)
        self.world.take(event)
        self.link = Link(what, began, self.now, before)
        self._perform(outcome)
        return True

    # What happens -------------------------------------------------------------------------------------------------

    def on_answers(self, thing: Answers) -> None:
        call = thing.call
        event = self._answer(thing)
        if self.story is not None:
            self.story.answered(self.now, call, event, again=thing.repeated)
        if self._send(event, call.path, thing.began, thing.before) and isinstance(event, NodeSucceeded):
            self.ledger.accept(call.task_id)
        if not (thing.stopped or thing.repeated) and self.dice.happens(self._faults.repeat):
            self._agenda.add(self.now + self.dice.between(0, 2), thing._replace(repeated=True))

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
        output = Raw(self._acting.output(call, thing.work))
        if call.purpose == "recovery":
            return RecoveryDecided(at=at, path=call.path, attempt=call.attempt, answer=output)
        return NodeSucceeded(at=at, path=call.path, attempt=call.attempt, output=output)

    def on_rings(self, thing: Rings) -> None:
        if self.story is not None:
            self.story.rang(self.now, thing.timer)
        self._send(TimerFired(at=self.now, timer=thing.timer), thing.timer, thing.began, thing.before)

    def on_decides(self, thing: Decides) -> None:
        task = self.world.tasks[thing.task]
        decided = self._people.decide(self.run, task, self.now)
        if decided is None:
            self.stuck[thing.task] = task
            return
        if self.story is not None:
            self.story.decided(self.now, decided)
        if not self._send(decided, f"task {thing.task}", thing.began, thing.before):
            return
        if task.about != "human":
            self.asked[task.path] = decided.choice
        if thing.task in self.world.tasks:
            self._ask(task)

    def on_signals(self, thing: Signals) -> None:
        payload = Raw(encode(self._posting.payload(thing.name)))
        if self.story is not None:
            self.story.signalled(self.now, thing.name, bytes(payload))
        self._send(
            SignalReceived(at=self.now, name=thing.name, payload=payload),
            f"signal {thing.name}",
            thing.began,
            thing.before,
        )
        self._posting.delivered(thing, self.now)

    def _take_effect(self, thing: TakesEffect, at: float) -> None:
        call, work = thing.call, thing.work
        if (call.path, call.attempt, thing.life) in self._cut:
            return
        if thing.life != self._life and not self.dice.happens(0.5):
            return  # it died with the process that it was in
        settles = self._acting.script(call.agent).settles
        if not self._really_does(call, work) or not self.ledger.take_effect(work, at, settles):
            return
        work.lost = "crash" if thing.life != self._life else thing.lost
        if call.purpose == "compensation":
            self.ledger.undo(work.node, at)
        if self.story is not None:
            self.story.took_effect(at, call)

    def _really_does(self, call: CallAgent, work: Work) -> bool:
        """Have a real agent do its work; whether it was done. That of a scripted one always is."""
        real = self.stage.real
        if real is None or not real.are_asked(call.agent):
            return True
        answer = real.ask(call, self.run.started.run_id, self.run.started.workflow)
        work.failure = answer.failure if isinstance(answer, Failed) else None
        if isinstance(answer, Succeeded):
            work.output = answer.output
        return work.failure is None

    def _crash(self, thing: Coming) -> None:
        """The process dies before it has recorded what is just happening, and comes back from what it has recorded."""
        if self.story is not None:
            self.story.crashed(self.now)
        self.now += self.dice.around(_RESTART)
        self.crashes += 1
        self._life += 1
        self.run = self._replayed()
        world = self.world
        world.calls.clear()
        world.told.clear()
        world.timers.clear()
        commands = take_up(self.run, self.now)
        for command in commands:
            if isinstance(command, CancelCall):  # nobody works on it any more, and it is to be answered for
                call = CallAgent(command.path, "", f"stopped {command.path}", {}, command.attempt)
                world.calls[command.path] = call
                world.told.add(command.path)
                self._answer_stopped(call, self.now)
        self._perform([command for command in commands if not isinstance(command, CancelCall)])
        if isinstance(thing, Decides | Signals):  # whoever is turned away comes again
            self._agenda.add(self.now, thing)

    def _replayed(self) -> Run:
        """The run as what was recorded leaves it."""
        before = encode_state(self.run) if self.crashes == 1 else b""
        first, *rest = self.events
        assert isinstance(first, RunStarted)
        run, _ = begin(self.stage.plan, first)
        for event in rest:
            outcome = step(run, event)
            if isinstance(outcome, Refusal):
                raise MachineFault(f"an event is refused when it is replayed: {outcome.reason}")
        # Later the times of attempts that were taken up before are others than a replay knows.
        if before and encode_state(run) != before:
            raise MachineFault("the events, replayed, lead to another state")
        run.observer = self._observe
        run.teller = self.run.teller
        return run

    # What the run asks for ----------------------------------------------------------------------------------------

    def _perform(self, commands: list[Command]) -> None:
        self.world.perform(commands)
        for command in commands:
            match command:
                case CallAgent():
                    self.do_call_agent(command)
                case CancelCall():
                    self.do_cancel_call(command)
                case StartTimer(name, at):
                    due = max(at, self.now) + self.dice.between(0, _LATENESS)
                    self._agenda.add(due, Rings(name, at, self.now, self.link))
                case OpenTask():
                    self._ask(command)
                case ReassignTask(name):
                    self._ask(self.world.tasks[name])
                case _:
                    pass
        if self.run.waits:
            self._posting.expect(self.run, self.now, self.link)

    def do_call_agent(self, call: CallAgent) -> None:
        self.calls += 1
        self.tries[call.path] = max(self.tries[call.path], call.attempt)
        work = self.ledger.work(call)
        fate = self._acting.fate(call, work, self.now)
        if self.story is not None:
            self.story.asked(self.now, call)
        if fate.effect is not None:
            self._agenda.add(self.now + fate.effect, TakesEffect(call, work, self._life, fate.lost))
        if fate.answers is not None:
            answers = Answers(call, work, fate.failure, self._life, self.now, self.link)
            self._agenda.add(self.now + fate.answers, answers)

    def do_cancel_call(self, cancel: CancelCall) -> None:
        if cancel.answered:
            return  # its time was over: what it does now is its own affair
        call = self.world.calls[cancel.path]
        if self.dice.happens(_STOPS_AT_ONCE):
            if self.dice.happens(0.5):
                self._cut.add((call.path, call.attempt, self._life))
            self._answer_stopped(call, self.now + self.dice.between(0, 0.5))
        else:
            self._answer_stopped(call, self.now + _GIVEN_UP)

    def _answer_stopped(self, call: CallAgent, at: float) -> None:
        failure = Failure(FailureKind.CANCELLED, "it was told to stop")
        work = self.ledger.works.get(call.task_id) or Work(call)
        self._agenda.add(at, Answers(call, work, failure, self._life, self.now, self.link, stopped=True))

    def _ask(self, task: OpenTask) -> None:
        after = self._people.decides_after(task)
        if after is not None:
            self._agenda.add(self.now + after, Decides(task.task, self.now, self.link))

    # What the machine tells ---------------------------------------------------------------------------------------

    def _observe(
        self, path: str, node: NodePlan, status: NodeStatus, at: float, attempt: int, failure: Failure | None
    ) -> None:
        self.statuses[path] = status
        if status not in _UNTOUCHED:
            self.reached[place_of(path)] = None
        if self.story is not None:
            self.story.changed(at, path, node, status, failure)

    def _hear(self, step: str, path: str, detail: dict[str, object]) -> None:
        assert self.story is not None
        self.story.told(self.now, step, path, detail)

