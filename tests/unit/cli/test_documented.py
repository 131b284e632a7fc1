"""docs/cli.md says everything that the command line can do, and nothing that it cannot."""

import re
from pathlib import Path

import pytest
import typer.main

from concertato.cli.app import app
from concertato.cli.exits import MEANING

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def options(name: str) -> set[str]:
    """Those of a command, and of a group's commands."""
    commands = [COMMANDS[name], *getattr(COMMANDS[name], "commands", {}).values()]
    parameters = [parameter for command in commands for parameter in command.params]
    named = {option for parameter in parameters for option in (*parameter.opts, *parameter.secondary_opts)}
    return {option for option in named if option.startswith("-")}


def documented() -> dict[str, str]:
    """Each command with the part of the page that is about it, and the section's introduction before it."""
    found: dict[str, str] = {}
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE):
        introduction, *parts = re.split(r"^(?:### `|- \*\*`)concertato ", section, flags=re.MULTILINE)
        for part in parts:
            found[re.split(r"[ `]", part, maxsplit=1)[0]] = part + introduction
    return found


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_of_a_command_is_told_where_the_command_is(name: str) -> None:
    told = documented()[name]
    shared = {"--help", "-h", "-i", "-a", "-j", "-q"}
    assert not {option for option in options(name) - shared if not re.search(rf"[` ]{option}(?![a-z-])", told)}


def test_no_command_is_told_of_that_there_is_not() -> None:
    assert set(documented()) == set(COMMANDS)


def test_no_option_is_told_of_that_there_is_not() -> None:
    real = {option for name in COMMANDS for option in options(name)}
    real |= {"--help", "-h", "--version", "--debug", "--install-completion", "--show-completion"}
    assert set(re.findall(r"`(--?[a-z][a-z-]*)", PAGE)) <= real


def test_every_exit_status_is_told_with_its_meaning() -> None:
    for exit_, meaning in MEANING.items():
        assert f"| {int(exit_)} | {meaning} |" in PAGE
