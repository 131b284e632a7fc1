"""Runs and facts to fill a journal with, and what it holds in a form that can be compared."""

from msgspec import Raw

from concertato.journal.contract import JournalReader, JournalWriter, Notice, RunRow, TaskRow
from concertato.plan.fingerprint import fingerprint
from concertato.run.events import AnyEvent, Decided, Identity, NodeSucceeded, RunStarted, encode

DOCUMENT = b'{"name":"order_processing","nodes":[]}'
PLAN = fingerprint(DOCUMENT)


def run_row(number: int, *, status: str = "running", workflow: str = "order_processing", **more: object) -> RunRow:
    fields: dict[str, object] = {"run_id": run_id(number), "plan": PLAN, "started_at": 1000.0 + number, **more}
    return RunRow(number=number, workflow=workflow, status=status, **fields)  # type: ignore[arg-type]


def run_id(number: int) -> str:
    return f"01JD8Q4T6ZC{number:015}"


def started(number: int, **inputs: bytes) -> RunStarted:
    return RunStarted(
        at=1000.0 + number,
        run_id=run_id(number),
        workflow="order_processing",
        plan=PLAN,
        inputs={name: Raw(value) for name, value in inputs.items()},
        task_root=run_id(number),
    )


def done(path: str, output: bytes = b'{"score":0.5}') -> NodeSucceeded:
    return NodeSucceeded(at=1001.5, path=path, output=Raw(output))


def decided(task: str = "approve", values: bytes = b"null", *, by: str = "user:ada") -> Decided:
    return Decided(at=1002.5, task=task, choice="approve", by=Identity(by), reason="it is small", values=Raw(values))


def task_row(number: int, task: str = "approve", **more: object) -> TaskRow:
    fields: dict[str, object] = {
        "run_id": run_id(number),
        "workflow": "order_processing",
        "path": task,
        "about": "human",
        "title": f"Approve order {number}?",
        "to": ["role:risk_officer"],
        "opened_at": 2000.0 + number,
        **more,
    }
    return TaskRow(number=number, task=task, **fields)  # type: ignore[arg-type]


def notice(place: int, *, hook: str = "webhook", number: int = 1, **more: object) -> Notice:
    fields: dict[str, object] = {
        "kind": "task.opened",
        "created_at": 2000.0 + place,
        "body": b'{"n":"\xc3\xa4"}',
        **more,
    }
    return Notice(id=f"{place:026}", hook=hook, number=number, **fields)  # type: ignore[arg-type]


def text_of(size: int, letter: str = "x") -> bytes:
    """JSON text of `size` bytes."""
    return b'"' + letter.encode() * (size - 2) + b'"'


def begin(journal: JournalWriter, *events: AnyEvent, **row: object) -> int:
    """A run with its first events, gathered and not yet committed; its number."""
    number = journal.next_number()
    journal.put_document(PLAN, DOCUMENT)
    journal.put_run(run_row(number, **row))  # type: ignore[arg-type]
    for seq, event in enumerate(events):
        journal.append(number, seq, event)
    return number


def save(journal: JournalWriter) -> None:
    journal.flush()
    journal.commit()


def recorded(journal: JournalReader, number: int, after: int = -1) -> list[tuple[int, bytes]]:
    """What the journal holds of a run, byte for byte."""
    return [(stored.seq, encode(stored.event)) for stored in journal.events(number, after)]


def written(*events: AnyEvent) -> list[tuple[int, bytes]]:
    """What `recorded` is to say of a run with these events."""
    return [(seq, encode(event)) for seq, event in enumerate(events)]
