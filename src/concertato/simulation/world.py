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
                    assert path not in self.calls, f"{path} is called while it is with its agent"
                    self.calls[path] = command
                case CancelCall(path, attempt, answered):
                    assert self.calls[path].attempt == attempt, f"{path}: an attempt is stopped that is not under way"
                    assert answered or path not in self.told, f"{path} is told to stop twice"
                    self.told.add(path)
                    if answered:
                        self.answered(path)
                case StartTimer(name, at):
                    assert name not in self.timers, f"timer {name} is set twice"
                    self.timers[name] = at
                case CancelTimer(name):
                    del self.timers[name]
                case OpenTask(name):
                    assert name not in self.tasks, f"task {name} is opened while it is open"
                    assert name not in self.closed, f"task {name} is opened again under the same name"
                    self.tasks[name] = command
                case ReassignTask(name, to, _, due):
                    assert name in self.tasks, f"task {name} is handed on and is not open"
                    self.tasks[name] = replace(self.tasks[name], to=to, due=due)
                case RemindTask(name):
                    assert name in self.tasks, f"somebody is reminded of task {name}, which is not open"
                case CloseTask(name):
                    assert name in self.tasks, f"task {name} is closed and is not open"
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
