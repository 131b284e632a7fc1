"""What an engine has under way for a run, told by the commands alone; it fails on a command that makes no sense."""

from dataclasses import dataclass, field

from msgspec.structs import replace

from concertato.run.commands import (
    CallAgent,
    CancelCall,
    CancelTimer,
    CloseTask,
    Command,
    FinishRun,
    OpenTask,
    ReassignTask,
    RemindTask,
    StartTimer,
)
from concertato.run.events import (
    AnyEvent,
    AttemptFailed,
    CompensationFailed,
    CompensationSucceeded,
    NodeSucceeded,
    RecoveryDecided,
    TimerFired,
)

_ANSWERS = NodeSucceeded | AttemptFailed | CompensationSucceeded | CompensationFailed | RecoveryDecided


class MachineFault(AssertionError):
    """The machine has contradicted itself. It is raised, not asserted, so that it shows under `-O` as well."""


def _must(holds: bool, otherwise: str, about: str) -> None:
    if not holds:
        raise MachineFault(otherwise.format(about))


@dataclass
class World:
    """What an engine has under way for a run after it has performed `commands`.

    `tasks` are open, as they now are: whom they are for may have changed since they were opened.
    """

    calls: dict[str, CallAgent] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    timers: dict[str, float] = field(default_factory=dict)
    tasks: dict[str, OpenTask] = field(default_factory=dict)
    closed: dict[str, CloseTask] = field(default_factory=dict)

    def perform(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case CallAgent(path):
                    _must(path not in self.calls, "{} is called while it is with its agent", path)
                    self.calls[path] = command
                case CancelCall(path, attempt, answered):
                    _must(self.calls[path].attempt == attempt, "{}: an attempt is stopped that is not under way", path)
                    _must(answered or path not in self.told, "{} is told to stop twice", path)
                    self.told.add(path)
                    if answered:
                        self.answered(path)
                case StartTimer(name, at):
                    _must(name not in self.timers, "timer {} is set twice", name)
                    self.timers[name] = at
                case CancelTimer(name):
                    del self.timers[name]
                case OpenTask(name):
                    _must(name not in self.tasks, "task {} is opened while it is open", name)
                    _must(name not in self.closed, "task {} is opened again under the same name", name)
                    self.tasks[name] = command
                case ReassignTask(name, to, _, due):
                    _must(name in self.tasks, "task {} is handed on and is not open", name)
                    self.tasks[name] = replace(self.tasks[name], to=to, due=due)
                case RemindTask(name):
                    _must(name in self.tasks, "somebody is reminded of task {}, which is not open", name)
                case CloseTask(name):
                    _must(name in self.tasks, "task {} is closed and is not open", name)
                    del self.tasks[name]
                    self.closed[name] = command
                case FinishRun():
                    pass

    def take(self, event: AnyEvent) -> None:
        if isinstance(event, _ANSWERS):
            self.answered(event.path)
        elif isinstance(event, TimerFired):
            del self.timers[event.timer]

    def answered(self, path: str) -> None:
        del self.calls[path]
        self.told.discard(path)
