"""One engine, opened for one command: what all commands that change runs do around what each does itself."""

import shlex
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from concertato.agents.registry import Registry
from concertato.cli import agents as agents_of
from concertato.cli.display.choice import display_for
from concertato.cli.display.contract import Display
from concertato.cli.display.jsonl import outcome
from concertato.cli.display.outcome import failure_text, tasks_waited_for, ways_on
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit, of_status
from concertato.cli.interrupt import interruptible
from concertato.cli.screen import complaints, output
from concertato.cli.text import to_json
from concertato.cli.watch import watch
from concertato.engine.contract import Engine, RunView
from concertato.errors import RunCancelled, RunFailed, RunRolledBack
from concertato.run.status import RunStatus

Act = Callable[[Engine], Awaitable[str]]
"""Ask the engine for what the command is about; returns the id of the run to watch."""

_TOLD = 5
"""Tasks and signals that advice is given about: a map may wait for thousands."""

_CODES = {
    RunStatus.FAILED: RunFailed.code,
    RunStatus.ROLLED_BACK: RunRolledBack.code,
    RunStatus.CANCELLED: RunCancelled.code,
}


@dataclass(frozen=True, kw_only=True)
class Session:
    """`wait`: True to stay until the end, False to record only, None to stay until the run has ended or only waits.

    `wanted` are the ends that were asked for: nothing is wrong with a run that ends so.
    """

    doors: Doors
    journal: Path
    specs: Sequence[str]
    registry: Registry
    wait: bool | None = None
    as_json: bool = False
    quiet: bool = False
    wanted: frozenset[RunStatus] = frozenset({RunStatus.SUCCEEDED})
    _watched: list[str] = field(default_factory=list)

    def conduct(self, act: Act) -> Exit:
        """Open the engine, `act`, and show the run until it has ended or only waits."""
        with display_for(self.doors, as_json=self.as_json, quiet=self.quiet) as display:

            def at_first_signal() -> None:
                advice = self.advice(f"resume {self._watched[-1]}") if self._watched else None
                display.interrupted(advice)
                self._say(f"interrupted: go on with: {advice}" if advice else "interrupted: nothing was started")

            view = self.doors.run(interruptible(self._conduct(act, display), at_first_signal))
        if self.wait is False:
            if self.as_json:
                output().stream.write(to_json({**outcome(view), "event": "recorded"}) + "\n")
            self._say(f"recorded for run {view.run.run_id}; go on with: {self.advice(f'resume {view.run.run_id}')}")
            return Exit.OK
        return self._conclude(view)

    def advice(self, command: str, *, agents: bool = True) -> str:
        """`command` as it is to be typed to work on the same journal, with the same agents where it needs some."""
        words = ["concertato", *command.split(" ")]
        if self.journal != self.doors.settings.journal:
            words += ["--journal", str(self.journal)]
        if agents and list(self.specs) != agents_of.chosen(self.doors, None, None):
            words += [word for spec in self.specs for word in ("--agents", spec)]
        return shlex.join(words)

    async def _conduct(self, act: Act, display: Display) -> RunView:
        async with self.doors.engine(self.journal, self.registry) as engine:
            since = self.doors.clock.now()
            run_id = await act(engine)
            self._watched.append(run_id)
            if self.wait is False:
                return await engine.get(run_id)
            return await watch(engine, run_id, display, self.doors.clock, since=since, stay=self.wait is True)

    def _conclude(self, view: RunView) -> Exit:
        run, status = view.run, RunStatus(view.run.status)
        if status in self.wanted:
            return Exit.OK
        if not status.ended:
            self._say(f"run {run.run_id} is whole and not finished: it only waits")
            for name in tasks_waited_for(view)[:_TOLD]:
                self._say(f"see what is to be decided: {self.advice(f'tasks {name}', agents=False)}")
            for command in ways_on(view)[:_TOLD]:
                self._say(f"go on with: {self.advice(command)}")
        elif status in _CODES:
            self._say(f"error {_CODES[status]} {failure_text(view)}")
            self._say(f"see what happened: {self.advice(f'show {run.run_id}', agents=False)}")
            if status is not RunStatus.CANCELLED:
                self._say(f"continue at what failed: {self.advice(f'retry {run.run_id}')}")
        return of_status(run.status)

    def _say(self, text: str) -> None:
        complaints(self.doors.settings.colour).line(f"concertato: {text}")


def open_session(
    doors: Doors,
    *,
    journal: Path | None,
    agents: Sequence[str] | None,
    definition: Path | None = None,
    needed: frozenset[str] = frozenset(),
    wait: bool | None = None,
    as_json: bool = False,
    quiet: bool = False,
    wanted: frozenset[RunStatus] = frozenset({RunStatus.SUCCEEDED}),
) -> Session:
    """Load the agents and check that every one that is `needed` is there, before anything is opened."""
    specs = agents_of.chosen(doors, agents, definition)
    registry = agents_of.load(specs)
    agents_of.require(needed, registry, specs)
    if specs and not agents and not as_json and not quiet:
        complaints(doors.settings.colour).line((f"agents from {', '.join(specs)}", "dim"))
    return Session(
        doors=doors,
        journal=journal or doors.settings.journal,
        specs=specs,
        registry=registry,
        wait=wait,
        as_json=as_json,
        quiet=quiet,
        wanted=wanted,
    )
