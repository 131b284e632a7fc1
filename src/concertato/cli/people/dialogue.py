"""Asking a person at a terminal for a decision, question by question; nothing is recorded before the last answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from concertato.cli.given import read_field
from concertato.cli.people.words import Answer, field_in_words, fields_of, form_of
from concertato.cli.screen import Screen
from concertato.cli.text import one_line
from concertato.definition.declared import misfits
from concertato.definition.spelling import did_you_mean, nearest
from concertato.engine.contract import TaskView
from concertato.errors import InvalidInput

_YES = {"y", "yes"}
_NO = {"", "n", "no"}


class Dialogue:
    """`ask` shows a prompt and returns what was typed; it raises EOFError where nothing more comes."""

    def __init__(self, screen: Screen, ask: Callable[[str], str]) -> None:
        self._screen = screen
        self._ask = ask

    def decide(self, view: TaskView) -> Answer | None:
        """What the person decides; None when they do not confirm it."""
        choice = self.choose(view)
        values = self.fill(view, choice)
        reason = self._ask("reason: ").strip() or None
        if not self._confirmed(view, choice, values):
            return None
        return Answer(choice, reason, values)

    def choose(self, view: TaskView) -> str:
        """One of the choices, by its number or name."""
        names = [choice.name for choice in view.question.choices]
        self._screen.line("")
        for number, choice in enumerate(view.question.choices, 1):
            title = f"  {one_line(choice.title)}" if choice.title else ""
            self._screen.line(f"  {number}  {one_line(choice.name)}{title}")
        while True:
            typed = self._ask(f"choice (1 to {len(names)}): ").strip()
            if typed in names:
                return typed
            if typed.isdecimal() and 1 <= int(typed) <= len(names):
                return names[int(typed) - 1]
            if typed:
                self._screen.line(f"expected a number or a choice's name{did_you_mean(nearest(typed, names))}")

    def fill(self, view: TaskView, choice: str) -> Any:
        """The values of the form, and what a decision about a failure takes beside; None where nothing is asked for."""
        form = form_of(view.question.form)
        fields = fields_of(form)
        if form and not fields:
            return self._field("values", form, form, required=True)
        required = form.get("required", ())
        values = {}
        for name, schema in fields.items():
            given = self._field(name, schema, form, required=name in required)
            if given is not None:
                values[name] = given
        if view.row.about == "failure" and choice == "use_output" and "output" not in fields:
            values["output"] = self._field("output", "any", {}, required=True)
        if view.row.about == "failure" and choice == "retry" and "inputs" not in fields:
            given = self._field("inputs", "object", {}, required=False, hint="changed inputs as JSON; empty: as before")
            if given is not None:
                values["inputs"] = given
        return values or None

    def _field(
        self, name: str, schema: Any, form: Mapping[str, Any], *, required: bool, hint: str | None = None
    ) -> Any:
        """What is typed for one field, asked again until it fits; None where it is left out."""
        words = hint or field_in_words(schema, required=required)
        about = schema.get("title") or schema.get("description") if isinstance(schema, dict) else None
        if about:
            self._screen.line((one_line(str(about)), "dim"))
        while True:
            typed = self._ask(f"{one_line(name)} ({one_line(words)}): ").strip()
            if not typed:
                if isinstance(schema, dict) and "default" in schema:
                    return schema["default"]
                if not required:
                    return None
                continue
            try:
                value = _read(typed, schema, name)
            except InvalidInput as error:
                self._screen.line(one_line(str(error)))
                continue
            faults = [f"{where} {fault}".strip() for where, fault in misfits(_whole(schema, form), value)]
            if not faults:
                return value
            self._screen.line(one_line("; ".join(faults)))

    def _confirmed(self, view: TaskView, choice: str, values: Any) -> bool:
        said = "" if values is None else f" with {one_line(msgspec.json.encode(values).decode())}"
        while True:
            typed = self._ask(f"record {one_line(choice)}{said} for task {one_line(view.row.task)}? (y/N): ").strip()
            if typed.lower() in _YES | _NO:
                return typed.lower() in _YES


def _read(typed: str, schema: Any, name: str) -> Any:
    types = _types(schema)
    if types == ["string"]:
        return typed
    if types == ["boolean"] and typed.lower() in _YES | _NO:
        return typed.lower() in _YES
    return read_field(typed, name)


def _types(schema: Any) -> Sequence[str]:
    type_ = schema.get("type") if isinstance(schema, dict) else schema
    return [type_] if isinstance(type_, str) else type_ or []


def _whole(schema: Any, form: Mapping[str, Any]) -> Any:
    """The field's schema with what its references point to."""
    if not isinstance(schema, dict):
        return schema if isinstance(schema, str) else "any"
    return {**{name: form[name] for name in ("$defs", "definitions") if name in form}, **schema}
