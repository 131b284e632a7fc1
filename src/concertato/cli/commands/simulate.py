"""`simulate`: what a workflow comes to when things go wrong, before they do."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from concertato.cli import options
from concertato.cli.exits import Exit

if TYPE_CHECKING:
    from concertato.cli.doors import Doors


def simulate(
    context: typer.Context,
    file: options.File,
    runs: Annotated[
        int, typer.Option("--runs", metavar="N", min=1, help="How many. Of one alone the story is told, step by step.")
    ] = 1000,
    seed: Annotated[
        int, typer.Option("--seed", metavar="SEED", min=0, help="The same seed makes the same runs, always.")
    ] = 1,
    inputs: options.Inputs = None,
    agents: options.Agents = None,
    script: Annotated[
        Path | None,
        typer.Option(
            "--script",
            metavar="FILE",
            help="How agents answer, what people choose, which signals come: a YAML or JSON file.",
            show_default=False,
        ),
    ] = None,
    faults: Annotated[
        str | None,
        typer.Option(
            "--faults",
            metavar="LIST",
            help="How often each fault is made, such as failure=0.2,crash=0. What is not named is as usual.",
            show_default=False,
        ),
    ] = None,
    no_faults: Annotated[bool, typer.Option("--no-faults", help="Make no faults at all.")] = False,
    real: Annotated[
        list[str] | None,
        typer.Option(
            "--real",
            metavar="AGENT",
            help="Call the agents of this type for real; `all`: every one. May be repeated. They do what they do.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            help="Processes that share the runs. Left out: one per processor. The report is the same.",
            show_default=False,
        ),
    ] = None,
    as_json: options.Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> Exit:
    """Simulate runs of the workflow in FILE, with faults, in virtual time.

    Agents are scripted: they answer what their types and the definition's own conditions suggest, and they fail, hang,
    answer too late or twice; the process dies; people say nothing. The report says how the runs ended, what was never
    reached, what was not undone or was done twice, and a seed that repeats each surprise. Nothing is recorded,
    and nothing real is called unless --real says so. The exit status is 5 where there are surprises.
    """
    from concertato.cli.simulation.conduct import Simulation

    doors: Doors = context.obj
    return Simulation(
        doors=doors,
        file=file,
        runs=runs,
        seed=seed,
        inputs=inputs or (),
        specs=agents,
        script=script,
        faults=faults,
        no_faults=no_faults,
        real=real or (),
        workers=workers,
        as_json=as_json,
        quiet=quiet,
    ).conduct()
