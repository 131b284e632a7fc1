"""Whether decisions are still what was recorded, and what people were shown what follows from the journal."""

from collections.abc import Iterator

from msgspec.structs import replace

from concertato.engine.contract import DecisionStep
from concertato.engine.decisions import decisions
from concertato.errors import JournalCorrupt
from concertato.journal.audit import Problem, Verdict, verify
from concertato.journal.contract import JournalReader, RunRow


def audit(journal: JournalReader, *, head: str | None = None) -> Verdict:
    """The chain held against the events, and every decision against the question that the run's events lead to.

    The rows of tasks are held against the events as well: they are what `concertato tasks` shows.
    """
    verdict = verify(journal, head=head)
    return replace(verdict, problems=[*verdict.problems, *_told_otherwise(journal)])


def _told_otherwise(journal: JournalReader) -> Iterator[Problem]:
    for row in journal.decided_runs():
        try:
            steps = decisions(journal, row)
        except JournalCorrupt as damage:
            yield Problem(row.run_id, -1, f"the run can no longer be replayed: {damage}")
            continue
        opened = {step.detail["task"]: step for step in steps if step.step == "task_opened"}
        for step in steps:
            if step.step == "decided":
                yield from _misfits(journal, row, step, opened.get(step.detail["task"]))


def _misfits(
    journal: JournalReader, row: RunRow, decided: DecisionStep, opened: DecisionStep | None
) -> Iterator[Problem]:
    name = decided.detail["task"]
    if opened is None or opened.detail["shown"] != decided.detail["shown"]:
        what = f"what was shown of task '{name}' is not what the run's events lead to now"
        yield Problem(row.run_id, decided.seq, what)
        return
    found = next(iter(journal.find_tasks(f"{row.run_id}/{name}")), None)
    ends = ("decided", decided.detail["choice"]) if decided.detail["final"] else None
    if found is None or found.title != opened.detail["title"] or (ends and (found.status, found.outcome) != ends):
        what = f"the row of task '{name}', which `concertato tasks` shows, is not what the run's events lead to"
        yield Problem(row.run_id, decided.seq, what)
