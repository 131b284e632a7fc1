"""The commands that reach a run which is already there: each records what it asks, then sees the run on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from concertato.cli import options
from concertato.cli.exits import Exit

if TYPE_CHECKING:
    from concertato.cli.doors import Doors


def cancel(
    context: typer.Context,
    run: options.Run,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Undo what is done, as far as its nodes say how.")
    ] = False,
    reason: options.Reason = None,
    agents: options.Agents = None,
    journal: options.Journal = None,
    wait: options.Wait = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> Exit:
    """End a run before its time.

    What its agents are doing is stopped; the run ends as cancelled or rolled_back.
    """
    from concertato.cli.asking import Asking
    from concertato.engine.contract import Cancel
    from concertato.run.status import RunStatus

    ends = {RunStatus.CANCELLED, RunStatus.ROLLED_BACK} if rollback else {RunStatus.CANCELLED}
    asking = Asking(
        context.obj,
        journal=journal,
        agents=agents,
        wait=wait,
        as_json=as_json,
        quiet=quiet,
        wanted=frozenset(ends),
        calls_agents=rollback,
    )
    return asking.send(run, Cancel(rollback=rollback, reason=reason, by=asking.by))


def pause(
    context: typer.Context,
    run: options.Run,
    reason: options.Reason = None,
    agents: options.Agents = None,
    journal: options.Journal = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> Exit:
    """Let a run begin nothing new until it is resumed."""
    from concertato.cli.asking import Asking
    from concertato.engine.contract import Pause

    asking = Asking(context.obj, journal=journal, agents=agents, wait=False, as_json=as_json, quiet=quiet)
    return asking.send(run, Pause(reason=reason, by=asking.by))


def signal(
    context: typer.Context,
    run: options.Run,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The signal's name.", show_default=False)],
    payload: Annotated[
        str | None,
        typer.Argument(metavar="[PAYLOAD]", help="What it carries: JSON, or else text.", show_default=False),
    ] = None,
    agents: options.Agents = None,
    journal: options.Journal = None,
    wait: options.Wait = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> Exit:
    """Send a run a signal.

    One of its wait nodes waits for it, now or later.
    """
    from concertato.cli.asking import Asking
    from concertato.cli.given import read_value
    from concertato.engine.contract import Signal

    asking = Asking(context.obj, journal=journal, agents=agents, wait=wait, as_json=as_json, quiet=quiet)
    value = None if payload is None else read_value(payload)
    return asking.send(run, Signal(name=name, payload=value, by=asking.by))


def edit(
    context: typer.Context,
    run: options.Run,
    seq: Annotated[
        int | None,
        typer.Argument(
            metavar="[SEQ]",
            help="With --undo: the number of the edit's event. Left out: the last edit that still stands.",
            show_default=False,
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", metavar="FILE", help="The edit: add, remove and replace, in YAML or JSON."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take an edit back by its opposite.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only check it against the run as it stands, and say what it would do.")
    ] = False,
    reason: options.Reason = None,
    agents: options.Agents = None,
    journal: options.Journal = None,
    wait: options.Wait = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> Exit:
    """Change the nodes and edges of a run while it is alive.

    The edit applies whole or not at all.
    """
    from concertato.cli import editing
    from concertato.cli.asking import Asking
    from concertato.cli.written import edit_in

    editing.check_options(file, undo=undo, seq=seq)
    doors: Doors = context.obj
    written = None if file is None else edit_in(file)
    if dry_run:
        where = journal or doors.settings.journal
        return editing.dry_run(doors, where, run, written, seq, agents=agents, as_json=as_json)
    asking = Asking(doors, journal=journal, agents=agents, wait=wait, as_json=as_json, quiet=quiet)
    say = not (as_json or quiet)
    if written is None:
        return editing.undo(doors, asking, run, seq, reason, say=say)
    return editing.edit(doors, asking, run, written, reason, say=say)


def retry(
    context: typer.Context,
    run: options.Run,
    agents: options.Agents = None,
    journal: options.Journal = None,
    wait: options.Wait = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> Exit:
    """Continue a failed run at what failed.

    It is a new run, which takes over everything that succeeded.
    """
    from concertato.cli.asking import Asking

    asking = Asking(context.obj, journal=journal, agents=agents, wait=wait, as_json=as_json, quiet=quiet)
    return asking.follow_on(run, lambda engine, run_id: engine.retry(run_id))


def fork(
    context: typer.Context,
    run: options.Run,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="NODE", help="Run this node anew, and what depends on it. Left out: every node."),
    ] = None,
    inputs: options.Inputs = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", metavar="FILE", help="A changed definition to go on with.")
    ] = None,
    agents: options.Agents = None,
    journal: options.Journal = None,
    wait: options.Wait = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> Exit:
    """Start a new run from a node of another.

    What came before it is taken over; inputs and definition may be changed.
    """
    from concertato.cli.asking import Asking
    from concertato.cli.given import read_inputs
    from concertato.cli.identity import account
    from concertato.cli.planned import plan_of

    plan = None if file is None else plan_of(file)
    asking = Asking(
        context.obj, journal=journal, agents=agents, wait=wait, as_json=as_json, quiet=quiet, definition=file, plan=plan
    )
    given = read_inputs(inputs, asking.plan_for(run).inputs) if inputs else None
    return asking.follow_on(
        run, lambda engine, run_id: engine.fork(run_id, at=at, inputs=given, plan=plan, by=account())
    )
