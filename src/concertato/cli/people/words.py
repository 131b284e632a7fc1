"""How a task is told: whose it is, how it stands, when it is due, and what its form asks for."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from concertato.cli.doors import Doors
from concertato.cli.identity import ACCOUNT
from concertato.cli.screen import Part
from concertato.cli.text import roughly
from concertato.engine.contract import TaskView
from concertato.journal.contract import TaskRow
from concertato.run.events import NULL, Identity, Raw

DIGEST = 12
"""Hexadecimal digits that are enough of a digest for people to compare and to type."""

_PLAIN = re.compile(r"[^=@{\s-][^=]*")
"""A field that can be written as `field=VALUE`."""

_STYLES = {"open": "yellow", "decided": "green", "timed_out": "bold red", "cancelled": "dim"}


class Answer(NamedTuple):
    """What a person has decided, before it is recorded."""

    choice: str
    reason: str | None
    values: Any


def due_in_words(row: TaskRow, now: float) -> Part:
    """`in 3h 20m`, or in red `2h overdue`; empty where there is no time or nothing to be done any more."""
    if row.due is None or row.status != "open":
        return ""
    left = row.due - now
    return f"in {roughly(left)}" if left > 0 else (f"{roughly(-left)} overdue", "bold red")


def status_in_words(row: TaskRow) -> Part:
    """`open`, `decided: approve`, `timed out`."""
    outcome = f": {row.outcome}" if row.outcome else ""
    return (row.status.replace("_", " ") + outcome, _STYLES[row.status])


def form_of(form: Raw) -> Mapping[str, Any]:
    """The JSON Schema of what the task asks for; empty where it asks for nothing."""
    schema = None if form == NULL else msgspec.json.decode(form)
    return schema if isinstance(schema, dict) else {}


def fields_of(form: Mapping[str, Any]) -> Mapping[str, Any]:
    """Field → its schema, of a form that asks for fields."""
    fields = form.get("properties")
    return fields if isinstance(fields, dict) else {}


def field_in_words(schema: object, *, required: bool) -> str:
    """`a whole number, at least 1, required`: what is to be filled in, as far as words are better than a schema."""
    return ", ".join([*_kind(schema), *(["required"] if required else [])])


def decide_command(doors: Doors, journal: Path, name: str, choice: str, view: TaskView) -> str:
    """The command that makes this choice, with the capitals to be filled in."""
    words = ["concertato", "decide", name, "--choice", choice, "--reason", "TEXT"]
    taken = ["output"] if view.row.about == "failure" and choice == "use_output" else []
    for field in [*fields_of(form_of(view.question.form)), *taken]:
        words += ["--values", f"{field}=VALUE" if _PLAIN.fullmatch(field) else json_text({field: "VALUE"})]
    words += ["--shown", view.shown[:DIGEST]]
    if journal != doors.settings.journal:
        words += ["--journal", str(journal)]
    return shlex.join(words)


def command_of(doors: Doors, journal: Path, view: TaskView, answer: Answer, by: Identity) -> str:
    """The command that makes the decision which somebody has just made at the terminal."""
    words = ["concertato", "decide", f"{view.row.run_id}/{view.row.task}", "--choice", answer.choice]
    words += ["--reason", answer.reason] if answer.reason else []
    words += [] if answer.values is None else ["--values", json_text(answer.values)]
    words += ["--shown", view.shown[:DIGEST]]
    if by.established != ACCOUNT:
        words += ["--as", by.user, *(word for role in by.roles for word in ("--role", role))]
    if journal != doors.settings.journal:
        words += ["--journal", str(journal)]
    return shlex.join(words)


def _kind(schema: object) -> Iterator[str]:
    if not isinstance(schema, dict):
        yield "anything"
        return
    if "enum" in schema:
        yield "one of " + ", ".join(map(_plain, schema["enum"]))
        return
    if "const" in schema:
        yield _plain(schema["const"])
        return
    type_ = schema.get("type")
    types = [type_] if isinstance(type_, str) else type_ if isinstance(type_, Sequence) else []
    yield " or ".join(_NAMES.get(each, str(each)) for each in types) or "anything"
    for key, words in _BOUNDS.items():
        if key in schema:
            yield f"{words} {_plain(schema[key])}"
    if "default" in schema:
        yield f"else {_plain(schema['default'])}"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json_text(value)


def json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()


_NAMES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a JSON object",
    "array": "a JSON list",
    "null": "null",
}
_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
    "minLength": "characters, at least",
    "maxLength": "characters, at most",
    "pattern": "matching",
    "format": "as",
}
