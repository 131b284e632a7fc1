"""A case in which something is broken, made as small as it will go while the very same stays broken.

A history follows from what was sent, so a part of that sent again is a history too: what fits no more is refused. What
is left out is tried in turn, as in Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002):
events, then whatever stands in the definition (whole nodes first), then what stands in the events themselves.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import msgspec

from concertato.definition.problem import DefinitionError
from concertato.plan.compile import compile_plan
from concertato.run.events import AnyEvent, Raw, RunStarted
from support.happening import help_on
from support.histories import Crash, History
from support.simulating import Case, Fault, fault_in, fault_of, opening

TRIES = 4000
"""So often a case is tried at most: what has not become smaller by then stays as it is."""

NEEDS_AN_END = frozenset(
    {"the_end_comes_once_and_last", "every_task_is_closed_once", "what_is_to_be_undone_is_undone_and_nothing_else"}
)
"""The invariants that a history keeps only as a whole."""

Path = tuple[str | int, ...]

_decode = msgspec.json.Decoder(AnyEvent | Crash).decode


def relive(case: Case) -> tuple[Case, Fault | None]:
    """Send all of it again, and where nothing breaks by that, what helps the run to its end.

    Returns the case with what was really sent, and what is broken. Raises DefinitionError where it is no case at all.
    """
    history = None
    with opening(case.open_at_once):
        plan = compile_plan(case.document)
        try:
            history = History(plan, msgspec.structs.replace(case.started, plan=plan.fingerprint))
            for event in case.sent:
                if isinstance(event, Crash):
                    history.crash()
                else:
                    history.now = event.at
                    history.send(event)
            fault = fault_in(history, but=NEEDS_AN_END)
            if fault is None and history.run.finished is None:
                help_on(history, Random(0))
            fault = fault or fault_in(history)
        except Exception as problem:  # noqa: BLE001  # whatever it is, it is what the case shows
            fault = fault_of("what is sent has its consequences", problem)
    return replace(case, sent=case.sent if history is None else history.sent), fault


def shrunk(case: Case, fault: Fault, *, tries: int = TRIES) -> tuple[Case, Fault]:
    """The smallest case that could be found in which the same is broken, and what is told of it then."""
    return _Shrinking(case, fault, tries).shrunk()


class _Shrinking:
    def __init__(self, case: Case, fault: Fault, tries: int) -> None:
        self._case, self._fault, self._tries = case, fault, tries

    def shrunk(self) -> tuple[Case, Fault]:
        size = -1
        while self._tries > 0 and size != (size := _size(self._case)):
            self._fewer_events()
            self._less("document", self._case.document, lambda part: replace(self._case, document=part))
            self._less("taken", _taken(self._case), lambda part: replace(self._case, started=_took(self._case, part)))
            for number in range(len(self._case.sent)):
                self._smaller_event(number)
        return self._case, self._fault

    def _still(self, smaller: Case) -> bool:
        """Whether the same is broken in a smaller case, which then takes the place of the case."""
        self._tries -= 1
        if self._tries < 0:
            return False
        try:
            lived, fault = relive(smaller)
        except DefinitionError:
            return False
        if not self._fault.is_like(fault) or _size(lived) >= _size(self._case):
            return False  # what helps it to its end may be as much as was left out
        assert fault is not None
        self._case, self._fault = lived, fault
        return True

    def _fewer_events(self) -> None:
        chunk = max(len(self._case.sent) // 2, 1)
        while True:
            at = 0
            while at < len(self._case.sent):
                sent = self._case.sent
                if not self._still(replace(self._case, sent=[*sent[:at], *sent[at + chunk :]])):
                    at += chunk
            if chunk == 1:
                return
            chunk //= 2

    def _less(self, what: str, tree: Any, made: Callable[[Any], Case]) -> None:
        """Leave out whatever can be left out of a JSON value, from the largest parts to the smallest."""
        at = 0
        while at < len(paths := list(_paths(tree))):
            smaller = _simpler(tree, paths[at]) if what == "document" else [_without(tree, paths[at])]
            found = next((part for part in smaller if self._still(made(part))), None)
            tree, at = (tree, at + 1) if found is None else (found, at)

    def _smaller_event(self, number: int) -> None:
        if number >= len(self._case.sent):
            return
        for name in ("output", "payload", "answer", "values", "patch"):
            text = getattr(self._case.sent[number], name, None)
            if not isinstance(text, Raw) or bytes(text) == b"null" or self._still(self._with(number, name, None)):
                continue
            try:
                tree = msgspec.json.decode(text)
            except (msgspec.MsgspecError, RecursionError):
                continue
            self._less(name, tree, lambda part, name=name: self._with(number, name, part))  # type: ignore[misc]

    def _with(self, number: int, name: str, value: Any) -> Case:
        sent = list(self._case.sent)
        if number < len(sent) and hasattr(sent[number], name):
            sent[number] = msgspec.structs.replace(sent[number], **{name: Raw(msgspec.json.encode(value))})
        return replace(self._case, sent=sent)


def _size(case: Case) -> int:
    return len(told(case))


def _taken(case: Case) -> dict[str, Any]:
    return {path: bytes(text).decode() for path, text in case.started.taken.items()}


def _took(case: Case, taken: dict[str, str]) -> RunStarted:
    return msgspec.structs.replace(case.started, taken={path: Raw(text.encode()) for path, text in taken.items()})


def _paths(tree: Any, at: Path = ()) -> Iterator[Path]:
    """The ways to all parts of a JSON value, each after the one that it stands in."""
    parts: Sequence[tuple[str | int, Any]] = ()
    if isinstance(tree, dict):
        parts = list(tree.items())
    elif isinstance(tree, list):
        parts = list(enumerate(tree))
    for key, part in parts:
        yield (*at, key)
        yield from _paths(part, (*at, key))


def _without(tree: Any, path: Path) -> Any:
    copy = json.loads(json.dumps(tree))
    holder = copy
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return copy


def _simpler(document: dict[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    """A definition without one of its parts; with a node go its edges, and who reads it reads null. A node that cannot
    go may be a plain one.
    """
    part: Any = document
    for key in path:
        part = part[key]
    smaller = _without(document, path)
    if path[-2:-1] != ("nodes",) or not isinstance(part, dict) or "id" not in part:
        yield smaller
        return
    text = re.sub(rf"\b{re.escape(part['id'])}\.(output|status)\b", "null", json.dumps(smaller))
    yield _unlinked(json.loads(text), part["id"])
    plain = json.loads(json.dumps(document))
    holder = plain
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = {"id": part["id"], "type": "work"}
    yield plain


def _unlinked(tree: Any, name: str) -> Any:
    """Without the edges from or to a node, and the ways of switches that lead there."""
    if isinstance(tree, dict):
        return {key: _unlinked(part, name) for key, part in tree.items()}
    if isinstance(tree, list):
        kept = [part for part in tree if not (isinstance(part, dict) and name in (part.get("from"), part.get("to")))]
        return [_unlinked(part, name) for part in kept if part != name]
    return tree


def told(case: Case) -> str:
    """A case as text, a line for the definition, one for how the run began and one for each event; see `read`."""
    lines = [json.dumps({"open_at_once": case.open_at_once, "definition": case.document})]
    lines += [msgspec.json.encode(each).decode() for each in (case.started, *case.sent)]
    return "\n".join(lines)


def read(text: str) -> Case:
    """The case that was told so."""
    first, began, *sent = text.strip().splitlines()
    head, started = json.loads(first), _decode(began)
    assert isinstance(started, RunStarted)
    events = [event for event in map(_decode, sent) if not isinstance(event, RunStarted) or event.at]
    return Case(head["definition"], started, events, head["open_at_once"])


def report(seed: int, case: Case, fault: Fault) -> str:
    """What a person needs to know of a seed that fails: what is broken, the smallest case, how to see it again."""
    return f"""
seed {seed}: {fault.what} does not hold ({fault.where})
    {fault.line}
{type(fault.problem).__name__}: {str(fault.problem)[:2000]}

The smallest case in which it does not, to be pasted into a test:

    assert broken_in('''
{told(case)}
''') is None    # support.shrinking

Once more: make simulate SEED={seed} N=1
"""


def broken_in(text: str) -> str | None:
    """What is broken in a case that is told as text, or None."""
    _, fault = relive(read(text))
    return None if fault is None else f"{fault.what} ({fault.where}): {fault.problem}"
