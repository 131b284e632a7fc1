"""The commands about definitions themselves: `validate`, `graph`, `schema`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from concertato.cli import options
from concertato.cli.exits import Exit

if TYPE_CHECKING:
    from concertato.cli.doors import Doors


def validate(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Definitions: YAML or JSON files.", show_default=False)
    ],
    agents: options.Agents = None,
    as_json: options.Json = False,
) -> Exit:
    """Find every mistake in definitions, without running them.

    With --agents also the agent types that nothing answers to.
    """
    from concertato.cli.validation import validate_files

    doors: Doors = context.obj
    return validate_files(doors, files, agents or (), as_json=as_json)


def graph(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The definition: a YAML or JSON file.", show_default=False)
    ] = None,
    run: Annotated[
        str | None,
        typer.Option("--run", "-r", metavar="RUN", help="Draw this run's workflow, with its nodes' statuses."),
    ] = None,
    form: Annotated[
        Literal["text", "mermaid"], typer.Option("--format", "-f", help="For the terminal, or Mermaid for documents.")
    ] = "text",
    journal: options.Journal = None,
) -> Exit:
    """Draw the workflow in FILE, or of a run."""
    from concertato.cli.drawing import draw_file, draw_run
    from concertato.errors import RequestError

    doors: Doors = context.obj
    if run is not None and file is None:
        return draw_run(doors, journal or doors.settings.journal, run, form)
    if file is not None and run is None:
        return draw_file(doors, file, form)
    raise RequestError("expected either a FILE or --run RUN, and not both: concertato graph order.yaml")


def schema(context: typer.Context) -> Exit:
    """Print the JSON Schema of definitions, for editors."""
    import msgspec

    from concertato.cli.screen import output
    from concertato.definition.schema import json_schema

    doors: Doors = context.obj
    output(doors.settings.colour).stream.write(
        msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n"
    )
    return Exit.OK
