"""One call of `concertato batch`, from its files to its summary."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path

from concertato.agents.registry import Registry
from concertato.cli import agents as agents_of
from concertato.cli.batch.progress import Bar, Gauge, Lines, Silence, keep_drawn
from concertato.cli.batch.results import Results
from concertato.cli.batch.rows import batch_id, count_rows, read_rows
from concertato.cli.batch.tally import Tally
from concertato.cli.batch.work import Work
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.identity import account
from concertato.cli.interrupt import interruptible
from concertato.cli.planned import plan_of
from concertato.cli.screen import complaints, output
from concertato.cli.text import counted, spent, to_json
from concertato.errors import RequestError
from concertato.plan.model import Plan


@dataclass(frozen=True, kw_only=True)
class Batch:
    doors: Doors
    file: Path
    inputs: Path
    out: Path
    concurrency: int
    name: str | None
    specs: Sequence[str] | None
    journal: Path
    as_json: bool
    quiet: bool

    def conduct(self) -> Exit:
        if str(self.out) == "-":
            raise RequestError(
                "expected --out to be a file, which is put in order at the end; name one: -o results.jsonl"
            )
        if self.inputs.exists() and self.out.exists() and self.inputs.samefile(self.out):
            raise RequestError(f"--inputs and --out are the same file, {self.out}: name another file with --out")
        plan = plan_of(self.file)
        specs = agents_of.chosen(self.doors, self.specs, self.file)
        registry = agents_of.load(specs)
        agents_of.require(plan.agents, registry, specs)
        tally = Tally(began=self.doors.clock.now(), total=count_rows(self.inputs))
        gauge = self._gauge(tally)

        def at_first_signal() -> None:
            gauge.close()
            self._say(f"interrupted after {counted(tally.rows, 'row')}: go on with the same command")

        with redirect_stdout(sys.stderr):
            self.doors.run(interruptible(self._work(plan, registry, tally, gauge), at_first_signal))
        self._summary(tally)
        return tally.exit

    async def _work(self, plan: Plan, registry: Registry, tally: Tally, gauge: Gauge) -> None:
        gauge.open()
        drawing = asyncio.ensure_future(keep_drawn(gauge))
        try:
            # The results are opened by whoever holds the journal: a second call must not empty the first one's file.
            async with self.doors.engine(self.journal, registry) as engine:
                with Results(self.out) as results:
                    work = Work(
                        engine=engine,
                        plan=plan,
                        batch=batch_id(plan.fingerprint, self.name or self.inputs.name),
                        source=str(self.inputs),
                        results=results,
                        tally=tally,
                        clock=self.doors.clock,
                        by=account(),
                    )
                    await work.through(read_rows(self.inputs), self.concurrency)
                    results.put_in_order()
        finally:
            drawing.cancel()
            with suppress(asyncio.CancelledError):
                await drawing
            gauge.close()

    def _gauge(self, tally: Tally) -> Gauge:
        if self.as_json or self.quiet:
            return Silence()
        screen = output(self.doors.settings.colour)
        return Bar(screen, tally, self.doors.clock) if screen.is_terminal else Lines(screen, tally, self.doors.clock)

    def _summary(self, tally: Tally) -> None:
        seconds = self.doors.clock.now() - tally.began
        rate = tally.rows / max(seconds, 1e-9)
        if self.as_json:
            summary = {
                "rows": tally.rows,
                "counts": dict(tally.counts),
                "begun_before": tally.before,
                "seconds": round(seconds, 3),
                "rows_per_second": round(rate, 1),
                "out": str(self.out),
            }
            output().stream.write(to_json(summary) + "\n")
            return
        before = f"; {tally.before} were begun by an earlier call" if tally.before else ""
        screen = output(self.doors.settings.colour)
        screen.line(
            f"{counted(tally.rows, 'row')} in {spent(seconds)} ({rate:,.1f} rows/s): {tally.in_words()}{before}"
        )
        screen.line(f"results in {self.out}")

    def _say(self, text: str) -> None:
        complaints(self.doors.settings.colour).line(f"concertato: {text}")
