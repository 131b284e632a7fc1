"""The named statements of `queries.sql`, and the migrations: all SQL that the journal runs is read from files here."""

import re
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

Fetch = Callable[..., list[tuple[Any, ...]]]
"""Runs a named statement with these parameters and gives its rows."""

_STATEMENT = re.compile(r"^-- name: (\w+)\n((?:-- .*\n)+)([^;]+;)", re.MULTILINE)
_ROOM = files("concertato.journal")


def parse(text: str) -> dict[str, str]:
    """The statements of a file by name; each has a description between its name and its text."""
    return {name: statement for name, _, statement in _STATEMENT.findall(text)}


def repeated(insert: str, rows: int) -> str:
    """The statement that inserts so many rows at once, made of one that inserts a single row."""
    head, values = insert.removesuffix(";").rsplit(" VALUES ", 1)
    return f"{head} VALUES {', '.join([values] * rows)};"


def _migrations() -> tuple[str, ...]:
    scripts = sorted(
        (entry for entry in _ROOM.joinpath("migrations").iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    return tuple(script.read_text("utf-8") for script in scripts)


SQL: Mapping[str, str] = parse(_ROOM.joinpath("queries.sql").read_text("utf-8"))
MIGRATIONS: tuple[str, ...] = _migrations()
"""In order; the schema's version is how many of them have been applied."""
