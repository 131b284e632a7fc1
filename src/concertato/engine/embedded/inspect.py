"""Looking into a journal without driving it: works beside a live engine, needs no lock and changes nothing."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

from concertato.engine.auditing import audit
from concertato.engine.contract import DecisionStep, Edit, NodeChange, RunView, TaskView
from concertato.engine.decisions import decisions
from concertato.engine.following import Follower
from concertato.engine.people import task_view
from concertato.engine.replay import replay, row_of
from concertato.engine.takingback import checked_edit, edit_that_takes_back
from concertato.engine.view import view
from concertato.journal.audit import Verdict
from concertato.journal.contract import JournalReader, Notice, RunFilter, RunRow, StoredEvent, TaskFilter, TaskRow
from concertato.journal.sqlite import open_reader
from concertato.plan.model import Plan, ScopePlan
from concertato.run.events import Identity
from concertato.run.permission import not_open, rule_for


class Inspector:
    """Runs are named by their id or by an ending of it that only one has; `UnknownRun` is raised for any other."""

    def __init__(self, journal: JournalReader) -> None:
        self._journal = journal

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Raises `JournalNotFound` and the other `JournalError`s."""
        return cls(open_reader(Path(path)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def find(self, run_id: str) -> RunRow | None:
        return self._journal.find(run_id)

    def get(self, run_id: str) -> RunView:
        return view(self._journal, row_of(self._journal, run_id))

    def runs(self, where: RunFilter) -> list[RunRow]:
        return self._journal.runs(where)

    def events(self, run_id: str, after: int = -1) -> Iterator[StoredEvent]:
        return self._journal.events(row_of(self._journal, run_id).number, after)

    def changes(self, run_id: str) -> Iterator[NodeChange]:
        """Every status change of the run's nodes so far."""
        row = row_of(self._journal, run_id)
        follower = Follower(self._journal, row)
        for stored in self._journal.events(row.number):
            yield from follower.take(stored)

    def tasks(self, where: TaskFilter) -> list[TaskRow]:
        return self._journal.tasks(where)

    def find_tasks(self, name: str) -> list[TaskRow]:
        return self._journal.find_tasks(name)

    def task(self, run_id: str, task: str) -> TaskView:
        return task_view(self._journal, row_of(self._journal, run_id), task)

    def decisions(self, run_id: str) -> list[DecisionStep]:
        return decisions(self._journal, row_of(self._journal, run_id))

    def check_edit(self, run_id: str, edit: Edit) -> Plan:
        return checked_edit(self._journal, row_of(self._journal, run_id), edit)

    def opposite(self, run_id: str, seq: int | None) -> Mapping[str, Any]:
        """The edit that takes back the one recorded as event `seq`, or the last that still stands."""
        patch: dict[str, Any] = msgspec.json.decode(
            edit_that_takes_back(self._journal, row_of(self._journal, run_id), seq)[1]
        )
        return patch

    def bodies(self, run_id: str) -> dict[str, ScopePlan]:
        """What stands in scopes that have a body of their own, by their paths; an ended one is among them."""
        run, _ = replay(self._journal, row_of(self._journal, run_id), keep=True)
        return {scope.prefix.removesuffix("/"): scope.plan for scope in run.tree() if scope.body is not None}

    def barrier(self, run_id: str, task: str, by: Identity) -> str | None:
        """Why this person may not decide an open task, or None."""
        run, _ = replay(self._journal, row_of(self._journal, run_id))
        if (found := run.tasks.get(task)) is None:
            return not_open(run, task)
        rule, may = rule_for(run, found, by)
        return None if may else f"task '{task}': {rule}"

    def audit(self, head: str | None = None) -> Verdict:
        return audit(self._journal, head=head)

    def notices(self, *, undelivered: bool = True, limit: int = 100, after: str = "") -> list[Notice]:
        return self._journal.notices(undelivered=undelivered, limit=limit, after=after)

    def plan(self, run_id: str) -> Plan:
        """The plan that the run has now, edits included."""
        return replay(self._journal, row_of(self._journal, run_id))[0].plan

    def document(self, plan: str) -> bytes:
        return self._journal.document(plan)

    def close(self) -> None:
        self._journal.close()
