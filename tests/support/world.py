"""What an engine has under way for a run, told by the commands alone; it fails on a command that makes no sense."""

from dataclasses import dataclass, field

from concertato.run.commands import CallAgent, CancelCall, CancelTimer, Command, FinishRun, StartTimer
from concertato.run.events import (
    AnyEvent,
    AttemptFailed,
    CompensationFailed,
    CompensationSucceeded,
    NodeSucceeded,
    TimerFired,
)


@dataclass
class World:
    """What an engine has under way for a run after it has performed `commands`."""

    calls: dict[str, CallAgent] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    timers: dict[str, float] = field(default_factory=dict)

    def perform(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case CallAgent(path):
                    assert path not in self.calls, f"{path} is called while it is with its agent"
                    self.calls[path] = command
                case CancelCall(path, attempt, answered):
                    assert self.calls[path].attempt == attempt, f"{path}: an attempt is stopped that is not under way"
                    self.told.add(path)
                    if answered:
                        self.answered(path)
                case StartTimer(name, at):
                    assert name not in self.timers, f"timer {name} is set twice"
                    self.timers[name] = at
                case CancelTimer(name):
                    del self.timers[name]
                case FinishRun():
                    pass

    def take(self, event: AnyEvent) -> None:
        if isinstance(event, NodeSucceeded | AttemptFailed | CompensationSucceeded | CompensationFailed):
            self.answered(event.path)
        elif isinstance(event, TimerFired):
            del self.timers[event.timer]

    def answered(self, path: str) -> None:
        del self.calls[path]
        self.told.discard(path)
