"""A JSON object per line, for machines: `started`, `node` for each change, `ended`, `waiting` or `interrupted`."""

from typing import Any, TextIO

from concertato.cli.display.outcome import tasks_waited_for
from concertato.cli.text import to_json
from concertato.engine.contract import NodeChange, RunView
from concertato.run.status import RunStatus


class JsonDisplay:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def opened(self, run_id: str, workflow: str) -> None:
        self._write({"event": "started", "run_id": run_id, "workflow": workflow})

    def changed(self, change: NodeChange) -> None:
        line: dict[str, Any] = {
            "event": "node",
            "run_id": change.run_id,
            "path": change.path,
            "type": change.type,
            "status": change.status,
            "at": change.at,
            "attempt": change.attempt,
        }
        if change.message is not None:
            line["message"] = change.message
        self._write(line)

    def ended(self, view: RunView) -> None:
        self._write(outcome(view))

    def interrupted(self, advice: str | None) -> None:
        self._write({"event": "interrupted", "resume": advice})

    def closed(self) -> None:
        pass

    def _write(self, line: dict[str, Any]) -> None:
        self._stream.write(to_json(line) + "\n")
        self._stream.flush()


def outcome(view: RunView) -> dict[str, Any]:
    """How a run came out, with the same names wherever the command line writes JSON."""
    run = view.run
    line: dict[str, Any] = {
        "event": "ended" if RunStatus(run.status).ended else "waiting",
        "run_id": run.run_id,
        "workflow": run.workflow,
        "status": run.status,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "outputs": view.outputs,
    }
    if view.failure is not None:
        line["error"] = {"kind": view.failure.kind, "message": view.failure.message, "path": view.failed_path}
    if view.undone_left:
        line["undone_left"] = view.undone_left
    if view.waits:
        line["waits"] = view.waits
    if tasks := tasks_waited_for(view):
        line["tasks"] = tasks
    return line
