"""The arguments and options that several commands share, each described once."""

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(metavar="FILE", help="The definition: a YAML or JSON file.", show_default=False)]
Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="A run's id, the end of it (6 characters or more), or `last`.", show_default=False
    ),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        "-i",
        metavar="INPUT",
        help="A JSON object, @FILE with one, - to read one from standard input, or name=value (JSON where it is JSON, "
        "else text). May be repeated; the later wins.",
    ),
]
Agents = Annotated[
    list[str] | None,
    typer.Option(
        "--agents",
        "-a",
        metavar="MODULE|FILE",
        help="Where the agents are: a Python module or file. May be repeated. Left out: CONCERTATO_AGENTS, or the "
        "agents.py beside the definition or in the current folder.",
    ),
]
Journal = Annotated[
    Path | None,
    typer.Option(
        "--journal",
        "-j",
        metavar="PATH",
        help="Where runs are kept. Left out: CONCERTATO_JOURNAL, or .concertato/journal.db.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON for programs to read.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress; print the outputs alone.")]
Wait = Annotated[
    bool | None,
    typer.Option(
        "--wait/--no-wait",
        help="Stay until the run has ended, even while it only waits; or only record what is asked and leave the run "
        "to `concertato resume`. Left out: stay until it has ended or only waits.",
        show_default=False,
    ),
]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; it is kept with the run.")]
