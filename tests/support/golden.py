"""Golden journals: what a run was and what became of it, kept as text, to be replayed by every later version."""

from pathlib import Path

import msgspec

from concertato.plan.compile import compile_document
from concertato.run.events import AnyEvent, RunStarted
from concertato.run.machine import Refusal, begin, step
from concertato.run.state import Run, Scope
from support.source import ROOT

HISTORIES = ROOT / "tests" / "replay" / "histories"


class History(msgspec.Struct, frozen=True):
    """The definition that a run began with, its events, and where they led: the run's status and every node's."""

    document: msgspec.Raw
    events: list[AnyEvent]
    status: str
    nodes: dict[str, str]


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


def replayed(document: bytes, events: list[AnyEvent]) -> Run:
    """The run that the events lead to. Nothing that was accepted once may be refused."""
    started, *rest = events
    assert isinstance(started, RunStarted)
    run, _ = begin(compile_document(document), started, keep=True)
    for event in rest:
        outcome = step(run, event)
        assert not isinstance(outcome, Refusal), f"{event}: {outcome}"
    return run


def statuses(run: Run) -> dict[str, str]:
    """Every node's status by its path."""
    found: dict[str, str] = {}
    pending: list[Scope] = [run.root]
    while pending:
        scope = pending.pop()
        found |= {scope.path(node): scope.status[node.number].value for node in scope.plan.nodes}
        pending.extend(child for children in scope.children.values() for child in children)
    return dict(sorted(found.items()))
