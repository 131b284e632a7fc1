"""The `concertato` command: its commands, its options, and what becomes of whatever they raise."""

import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from concertato.cli import streams
from concertato.cli.commands import batch, change, define, keep, look, people, resumption, simulate, start
from concertato.cli.exits import MEANING, Exit, Interrupted, of_error
from concertato.cli.screen import complaints
from concertato.cli.text import safe

if TYPE_CHECKING:
    from concertato.cli.doors import Doors

# The mark \b keeps the lines as they are.
_EPILOG = "\b\nExit status:\n" + "\n".join(f"{int(exit_):>5}  {meaning}" for exit_, meaning in MEANING.items())

app = typer.Typer(
    name="concertato",
    help="Runs workflows of AI agents so that they finish.",
    epilog=_EPILOG,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
for command in (
    start.run,
    batch.batch,
    define.validate,
    define.graph,
    define.schema,
    simulate.simulate,
    look.runs,
    look.show,
    look.events,
    resumption.resume,
    change.cancel,
    change.pause,
    change.signal,
    change.retry,
    change.fork,
    change.edit,
    people.tasks,
    people.decide,
    people.delegate,
    keep.outbox,
    keep.gc,
):
    app.command()(command)
app.add_typer(keep.audit, name="audit")


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"concertato {version('concertato')}")
        except PackageNotFoundError:
            typer.echo("concertato, run from its source tree without being installed")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of what went wrong. May stand anywhere.")
    ] = False,
) -> None:
    # `--debug` is taken out by `main`, wherever it stands; it is an option here so that --help tells of it.
    del context, version, debug


def main(arguments: Sequence[str], make_doors: "Callable[[], Doors]") -> int:
    """Carry out one command line. Whatever goes wrong is told on standard error and becomes an exit status."""
    debug, arguments = _debug_anywhere(arguments)
    doors: Doors | None = None
    try:
        doors = make_doors()
        exit_ = app(arguments or ["--help"], prog_name="concertato", standalone_mode=False, obj=doors)
        sys.stdout.flush()
    except BrokenPipeError:
        streams.give_up()
        return Exit.PIPE
    except SystemExit as error:
        # Where typer meets a broken pipe first, it ends the process with status 1.
        if isinstance(error.__context__, BrokenPipeError):
            streams.give_up()
            return Exit.PIPE
        raise
    except Interrupted as interrupted:
        return interrupted.exit
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except (typer.TyperException, typer.Abort) as error:
        return _misused(error)
    except Exception as error:  # noqa: BLE001 - the one place where whatever happened is told
        if debug:
            import traceback

            traceback.print_exc()
        from concertato.cli.complaint import complain

        if isinstance(error, streams.OutputLostError):
            streams.give_up()
        complain(error, complaints(None if doors is None else doors.settings.colour))
        return of_error(error)
    return int(exit_ or Exit.OK)


def _debug_anywhere(arguments: Sequence[str]) -> tuple[bool, list[str]]:
    end = arguments.index("--") if "--" in arguments else len(arguments)
    kept = [word for word in arguments[:end] if word != "--debug"]
    return len(kept) < end, [*kept, *arguments[end:]]


_WORDED = {
    "Value error, ": "",
    "Input should be greater than or equal to": "expected at least",
    "Input should be less than or equal to": "expected at most",
    "Input should be a valid integer, unable to parse string as an integer": "expected a whole number",
}
_WORDING = re.compile("|".join(map(re.escape, _WORDED)))
"""What typer passes on of how it reads values."""


def _worded(found: re.Match[str]) -> str:
    return _WORDED[found[0]]


def _misused(error: Exception) -> Exit:
    """A word too many, an option unknown: what typer found, said the way all mistakes are said."""
    context: Any = getattr(error, "ctx", None)
    command = "concertato" if context is None else context.command_path
    message = _WORDING.sub(_worded, error.format_message()) if isinstance(error, typer.TyperException) else "stopped"
    if message:
        complaints().line("concertato: ", ("error", "bold red"), f" {safe(message)}")
        complaints().line(f"see how it is used: {command} --help")
    return Exit.USAGE
