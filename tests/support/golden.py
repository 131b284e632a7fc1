"""Golden journals: what a run was and what became of it, kept as text, to be replayed by every later version.

Beside them golden states: a run in the middle of such a journal, in the format that states had then.
"""

from base64 import b64decode, b64encode
from pathlib import Path

import msgspec

from concertato.plan.compile import compile_document
from concertato.run.codec import encode_state
from concertato.run.events import AnyEvent, RunStarted
from concertato.run.machine import begin, step
from concertato.run.refusal import Refusal
from concertato.run.scope import Scope
from concertato.run.state import Run
from concertato.run.stored import VERSION
from support.source import ROOT

HISTORIES = ROOT / "tests" / "replay" / "histories"
STATES = ROOT / "tests" / "replay" / "states"


class History(msgspec.Struct, frozen=True):
    """The definition that a run began with, its events, and where they led: the run's status and every node's."""

    document: msgspec.Raw
    events: list[AnyEvent]
    status: str
    nodes: dict[str, str]


class State(msgspec.Struct, frozen=True):
    """A run's state in base64 after it had `seen` so many events of `history`; the definition in force just then."""

    history: str
    seen: int
    document: msgspec.Raw
    state: str

    @property
    def bytes(self) -> bytes:
        return b64decode(self.state)


def read(file: Path) -> History:
    return msgspec.json.decode(file.read_bytes(), type=History)


def write(file: Path, document: bytes, events: list[AnyEvent]) -> None:
    """A line for each event, so that people can read them. What is there is never written over."""
    run = replayed(document, events)
    parts = [
        b'"document": ' + document,
        b'"events": [\n    ' + b",\n    ".join(map(msgspec.json.encode, events)) + b"\n  ]",
        b'"status": ' + msgspec.json.encode(run.status),
        b'"nodes": ' + msgspec.json.encode(statuses(run)),
    ]
    file.parent.mkdir(exist_ok=True)
    with file.open("xb") as target:
        target.write(b"{\n  " + b",\n  ".join(parts) + b"\n}\n")


def read_state(file: Path) -> State:
    return msgspec.json.decode(file.read_bytes(), type=State)


def write_state(journal: Path) -> None:
    """Keep the state in the middle of a journal, unless this version of the format has it already."""
    file = STATES / str(VERSION) / f"{journal.parent.name}-{journal.name}"
    if file.exists():
        return
    history = read(journal)
    seen = (len(history.events) + 1) // 2
    run = replayed(bytes(history.document), history.events[:seen], keep=False)
    state = b64encode(encode_state(run)).decode()
    name = str(journal.relative_to(HISTORIES))
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_bytes(msgspec.json.encode(State(name, seen, msgspec.Raw(run.plan.document), state)) + b"\n")


def replayed(document: bytes, events: list[AnyEvent], *, keep: bool = True) -> Run:
    """The run that the events lead to. Nothing that was accepted once may be refused."""
    started, *rest = events
    assert isinstance(started, RunStarted)
    run, _ = begin(compile_document(document), started, keep=keep)
    go_on(run, rest)
    return run


def go_on(run: Run, events: list[AnyEvent]) -> None:
    for event in events:
        outcome = step(run, event)
        assert not isinstance(outcome, Refusal), f"{event}: {outcome}"


def statuses(run: Run) -> dict[str, str]:
    """Every node's status by its path."""
    found: dict[str, str] = {}
    pending: list[Scope] = [run.root]
    while pending:
        scope = pending.pop()
        found |= {scope.path(node): scope.status[node.number].value for node in scope.plan.nodes}
        pending.extend(child for node in scope.plan.nodes for child in run.inside(scope, node.number).values())
    return dict(sorted(found.items()))
