"""`resume`: whatever has not ended goes on to its end, or until it only waits."""

from typing import TYPE_CHECKING, Annotated

import typer

from concertato.cli import options
from concertato.cli.exits import Exit

if TYPE_CHECKING:
    from concertato.cli.doors import Doors


def resume(
    context: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]",
            help="The run to go on with, also one that is paused. Left out: all that are not paused.",
            show_default=False,
        ),
    ] = None,
    agents: options.Agents = None,
    journal: options.Journal = None,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it has ended, even while it only waits.")] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> Exit:
    """Go on with a run, or with all that have not ended.

    Each goes on where its journal ends, until it has ended or only waits.
    """
    from concertato.cli.asking import Asking
    from concertato.engine.contract import Engine, Resume
    from concertato.run.status import RunStatus

    if run is None:
        from concertato.cli.everything import resume_all

        doors: Doors = context.obj
        return resume_all(
            doors, journal=journal or doors.settings.journal, agents=agents, stay=wait, as_json=as_json, quiet=quiet
        )
    asking = Asking(context.obj, journal=journal, agents=agents, wait=wait or None, as_json=as_json, quiet=quiet)

    async def go_on(engine: Engine, run_id: str) -> str:
        if (await engine.get(run_id)).run.status == RunStatus.PAUSED:
            await engine.send(run_id, Resume(by=asking.by))
        return run_id

    return asking.follow_on(run, go_on)
