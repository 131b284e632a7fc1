"""Whether decisions are still what was recorded, and what people were shown what follows from the journal."""

from collections.abc import Iterator

from msgspec.structs import replace

from concertato.engine.decisions import decisions
from concertato.errors import JournalCorrupt
from concertato.journal.audit import Problem, Verdict, verify
from concertato.journal.contract import JournalReader


def audit(journal: JournalReader, *, head: str | None = None) -> Verdict:
    """The chain held against the events, and every decision against the question that the run's events lead to."""
    verdict = verify(journal, head=head)
    return replace(verdict, problems=[*verdict.problems, *_shown_otherwise(journal)])


def _shown_otherwise(journal: JournalReader) -> Iterator[Problem]:
    for row in journal.decided_runs():
        try:
            steps = decisions(journal, row)
        except JournalCorrupt as damage:
            yield Problem(row.run_id, -1, f"the run can no longer be replayed: {damage}")
            continue
        shown: dict[str, str] = {}
        for each in steps:
            if each.step == "task_opened":
                shown[each.detail["task"]] = each.detail["shown"]
            elif each.step == "decided" and each.detail["shown"] != shown.get(each.detail["task"]):
                what = f"what was shown of task '{each.detail['task']}' is not what the run's events lead to now"
                yield Problem(row.run_id, each.seq, what)
