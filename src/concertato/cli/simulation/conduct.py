"""One call of `concertato simulate`, from its files to its report."""

import os
import shlex
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from concertato.agents.registry import Registry
from concertato.cli import agents as agents_of
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.given import read_inputs
from concertato.cli.screen import complaints, output
from concertato.cli.simulation.progress import Gauge
from concertato.cli.simulation.telling import Telling
from concertato.cli.text import to_json
from concertato.clock import Clock
from concertato.definition.load import load_mended
from concertato.errors import RequestError
from concertato.plan.compile import compile_plan
from concertato.plan.model import Plan
from concertato.simulation.preparing import called_for_real, setting_of
from concertato.simulation.report import SimulationReport
from concertato.simulation.survey import survey

if TYPE_CHECKING:
    from concertato.simulation.real import RealAgents

EVERY_AGENT = "all"

_ONE_SIGNAL = 0.5
"""Seconds within which a second signal is the first once more: timeout(1) sends it to the process and to its group."""


@dataclass(frozen=True, kw_only=True)
class Simulation:
    doors: Doors
    file: Path
    runs: int
    seed: int
    inputs: Sequence[str]
    specs: Sequence[str] | None
    script: Path | None
    faults: str | None
    no_faults: bool
    real: Sequence[str]
    workers: int | None
    as_json: bool
    quiet: bool

    def conduct(self) -> Exit:
        document = load_mended(self.file)
        plan = compile_plan(document)
        specs = agents_of.chosen(self.doors, self.specs, self.file)
        registry = agents_of.load(specs)
        names = self._real_ones(plan, registry, specs)
        inputs = read_inputs(self.inputs, plan.inputs)
        setting = setting_of(plan, registry, faults=self._faults(), script=self.script, inputs=inputs)
        gauge = Gauge(
            complaints(self.doors.settings.colour), self.doors.clock, self.runs, quiet=self.quiet or self.as_json
        )
        signals = _Signals(self.doors.clock)

        def stop() -> bool:
            gauge.beat()
            return signals.any()

        with signals, redirect_stdout(sys.stderr), closing(gauge), ExitStack() as stack:
            real = stack.enter_context(self._real_agents(registry, names, signals)) if names else None
            report = survey(
                plan,
                setting,
                runs=self.runs,
                seed=self.seed,
                document=document,
                workers=self.workers or os.cpu_count() or 1,
                real=real,
                progress=gauge,
                stop=stop,
            )
        if report.runs or self.as_json:
            self._tell(report, specs)
        if report.runs < self.runs:
            so_far = f"after {report.runs:,} of {self.runs:,} runs"
            about = "; the report is about those" if report.runs else ""
            self._say(f"interrupted {so_far}{about}" if signals.seen else f"given up {so_far}: none of them had an end")
        status = Exit.SURPRISES if report.surprises else Exit.OK
        return _end(Exit(128 + signals.seen[0]) if signals.seen else status, real)

    def _faults(self) -> str | None:
        if self.no_faults and self.faults is not None:
            raise RequestError("expected either --faults or --no-faults, got both")
        return "none" if self.no_faults else self.faults

    def _real_ones(self, plan: Plan, registry: Registry, specs: Sequence[str]) -> frozenset[str]:
        """The agents that are called for real. Raises `UnknownAgent` where one is not there."""
        every = EVERY_AGENT in self.real and EVERY_AGENT not in plan.agents
        asked = called_for_real(every or self.real, plan)
        agents_of.require(asked, registry, specs)
        return asked

    def _real_agents(self, registry: Registry, names: frozenset[str], signals: "_Signals") -> "RealAgents":
        from concertato.simulation.real import RealAgents  # late: nothing else here needs asyncio

        self._say(f"these agents are called for real, and what they do they really do: {', '.join(sorted(names))}")
        return RealAgents(registry, names, signals.any)

    def _tell(self, report: SimulationReport, specs: Sequence[str]) -> None:
        if self.as_json:
            output().stream.write(to_json(report) + "\n")
            return
        Telling(output(self.doors.settings.colour), self._command(specs)).tell(report)

    def _command(self, specs: Sequence[str]) -> str:
        """What repeats this simulation, but for its seed and number of runs."""
        words = ["concertato", "simulate", str(self.file)]
        words += [word for given in self.inputs for word in ("-i", given)]
        if list(specs) != agents_of.chosen(self.doors, None, self.file):
            words += [word for spec in specs for word in ("--agents", spec)]
        words += ["--script", str(self.script)] if self.script is not None else []
        words += ["--faults", self.faults] if self.faults is not None else []
        words += ["--no-faults"] if self.no_faults else []
        words += [word for name in self.real for word in ("--real", name)]
        return shlex.join(words)

    def _say(self, text: str) -> None:
        complaints(self.doors.settings.colour).line(f"concertato: {text}")


def _end(status: Exit, real: "RealAgents | None") -> Exit:
    """Python waits for its threads before it ends; for one that does not stop it would wait for ever."""
    if real is not None and real.left_behind:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


class _Signals:
    """Ctrl-C and SIGTERM: the first ends the simulation in good order, the second ends the process at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.seen: list[int] = []
        self._since = 0.0

    def any(self) -> bool:
        return bool(self.seen)

    def __enter__(self) -> "_Signals":
        numbers = (signal.SIGINT, signal.SIGTERM)
        self._before = {number: signal.signal(number, self._on_signal) for number in numbers}
        return self

    def __exit__(self, *exc: object) -> None:
        # After a first signal the handlers stay: a second one must still end a process whose threads will not stop.
        for number, handler in self._before.items() if not self.seen else ():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        now = self._clock.monotonic()
        if not self.seen:
            self._since = now
            self.seen.append(number)
        elif now - self._since > _ONE_SIGNAL:
            os._exit(128 + number)
