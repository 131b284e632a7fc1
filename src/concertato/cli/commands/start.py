"""`run`: start a workflow and see it to its end."""

from typing import TYPE_CHECKING, Annotated

import typer

from concertato.cli import options
from concertato.cli.exits import Exit

if TYPE_CHECKING:
    from concertato.cli.doors import Doors


def run(
    context: typer.Context,
    file: options.File,
    inputs: options.Inputs = None,
    agents: options.Agents = None,
    journal: options.Journal = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="TEXT",
            help="Start only once: a second start with this key is the first one's run.",
        ),
    ] = None,
    wait: options.Wait = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> Exit:
    """Run the workflow in FILE.

    It is shown until it has ended or only waits. Standard output gets a line for each node, then the outputs as JSON;
    --quiet leaves the outputs alone, --json gives a JSON object per line. Ctrl-C leaves a run that `concertato resume`
    goes on with.
    """
    from concertato.cli.given import read_inputs
    from concertato.cli.identity import account
    from concertato.cli.planned import plan_of
    from concertato.cli.session import open_session
    from concertato.engine.contract import Engine

    doors: Doors = context.obj
    plan = plan_of(file)
    given = read_inputs(inputs or (), plan.inputs)
    session = open_session(
        doors,
        journal=journal,
        agents=agents,
        definition=file,
        wait=wait,
        as_json=as_json,
        quiet=quiet,
        needed=plan.agents,
    )

    by = account()

    async def start(engine: Engine) -> str:
        return await engine.start(plan, given, key=key, by=by)

    return session.conduct(start)
