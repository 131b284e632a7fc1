"""What people are asked: `tasks`, `decide`, `delegate`."""

from typing import TYPE_CHECKING, Annotated

import typer

from concertato.cli import options
from concertato.cli.exits import Exit

if TYPE_CHECKING:
    from concertato.cli.doors import Doors

_HELP = "RUN/TASK, a task's name where only one open task has it, or `last`, the newest that is open."
Task = Annotated[str, typer.Argument(metavar="TASK", help=_HELP, show_default=False)]
As = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="USER", help="For whom you speak; the record says that you said so. Left out: your account."
    ),
]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        metavar="ROLE",
        help="A role that you have; the record says that you said so. May be repeated. Left out: your groups.",
    ),
]


def tasks(
    context: typer.Context,
    task: Annotated[
        str | None, typer.Argument(metavar="[TASK]", help=f"The one to show whole: {_HELP}", show_default=False)
    ] = None,
    mine: Annotated[
        bool, typer.Option("--mine", help="Only tasks for you: your account, or a role that a group of yours is.")
    ] = False,
    to: Annotated[
        list[str] | None,
        typer.Option("--for", metavar="WHO", help="Only tasks for role:ROLE or user:USER. May be repeated."),
    ] = None,
    workflow: Annotated[
        str | None, typer.Option("--workflow", "-w", metavar="NAME", help="Only tasks of this workflow.")
    ] = None,
    run: Annotated[str | None, typer.Option("--run", "-r", metavar="RUN", help="Only tasks of this run.")] = None,
    status: Annotated[
        str,
        typer.Option("--status", "-s", metavar="STATUS", help="open, decided, timed_out, cancelled, or all of them."),
    ] = "open",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only open tasks whose time is over.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", min=1, help="At most this many, the first due first.")
    ] = 50,
    journal: options.Journal = None,
    as_json: options.Json = False,
) -> Exit:
    """List the tasks that people are to decide, or show one whole.

    What is due first stands first. With TASK: what is asked, what there is to choose and to fill in, who may decide,
    and what to type to decide it.
    """
    from concertato.cli.people.listing import list_tasks
    from concertato.cli.people.showing import show_task

    doors: Doors = context.obj
    where = journal or doors.settings.journal
    if task is not None:
        return show_task(doors, where, task, as_json=as_json)
    return list_tasks(
        doors,
        where,
        status=status,
        to=to or (),
        mine=mine,
        workflow=workflow,
        run=run,
        overdue=overdue,
        limit=limit,
        as_json=as_json,
    )


def decide(
    context: typer.Context,
    task: Task,
    choice: Annotated[
        str | None,
        typer.Option(
            "--choice", "-c", metavar="CHOICE", help="What is decided. Left out, at a terminal: it is asked for."
        ),
    ] = None,
    reason: options.Reason = None,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--values",
            "-v",
            metavar="VALUES",
            help="What the form asks for: a JSON object, @FILE with one, - to read one from standard input, or "
            "name=value. May be repeated; the later wins.",
        ),
    ] = None,
    shown: Annotated[
        str | None,
        typer.Option(
            "--shown",
            metavar="DIGEST",
            help="The digest of what you were shown, or its beginning: refused if something else is shown by now.",
        ),
    ] = None,
    as_user: As = None,
    role: Roles = None,
    agents: options.Agents = None,
    journal: options.Journal = None,
    wait: options.Wait = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> Exit:
    """Decide a task.

    The decision is recorded with who, when, why and what was shown; then the run is seen on. At a terminal, without
    --choice, the task is shown and each thing is asked for.
    """
    from concertato.cli.asking import Asking
    from concertato.cli.identity import speaking
    from concertato.cli.people import deciding

    doors: Doors = context.obj
    return deciding.decide(
        doors,
        journal or doors.settings.journal,
        Asking(doors, journal=journal, agents=agents, wait=wait, as_json=as_json, quiet=quiet),
        task,
        choice=choice,
        reason=reason,
        values=values or (),
        shown=shown,
        by=speaking(as_user, role),
    )


def delegate(
    context: typer.Context,
    task: Task,
    to: Annotated[
        str, typer.Option("--to", metavar="WHO", help="Who is to decide it from now on: user:USER or role:ROLE.")
    ],
    reason: options.Reason = None,
    as_user: As = None,
    role: Roles = None,
    agents: options.Agents = None,
    journal: options.Journal = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> Exit:
    """Hand a task on to somebody else.

    Whoever may decide it may hand it on; it is recorded.
    """
    from concertato.cli.asking import Asking
    from concertato.cli.identity import speaking
    from concertato.cli.people import deciding

    doors: Doors = context.obj
    return deciding.delegate(
        doors,
        journal or doors.settings.journal,
        Asking(doors, journal=journal, agents=agents, wait=False, as_json=as_json, quiet=quiet),
        task,
        to=to,
        reason=reason,
        by=speaking(as_user, role),
    )
