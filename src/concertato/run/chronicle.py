"""The steps of a run's decision path: what the machine tells whoever looks on while it is replayed.

Nothing here is stored: the path follows from the journal. A run that nobody looks at pays one comparison a step.
"""

from collections.abc import Callable
from typing import Any

Chronicler = Callable[[str, str, dict[str, Any]], None]
"""Told of a step: which of `STEPS`, the path of its node, and the detail."""

STEPS: dict[str, str] = {
    "attempt_failed": "An attempt failed: `agent`, `attempt`, `kind`, `message`; `delay` (seconds) if it is retried.",
    "failed": "A node failed for good: `kind`, `message`, `attempts`.",
    "rung": "The next rung of a ladder: `rung` (from 1), `of`, `what`; `ladder` is whose, `node` or `workflow`.",
    "passed_over": "A rung could not be walked: `what`, `why`.",
    "fallback_succeeded": "The agent in the node's place gave a result: `agent`.",
    "recovery_asked": "An agent is asked what is to become of the node: `agent`, and `problem`, all that it is shown.",
    "recovery_decided": "It answered: `agent`, `accepted`; `action` and `reason` if so, else `why`.",
    "task_opened": "A person is asked: `task`, `about`, `to`, `title`, `due`, `question` (JSON), `shown` (its digest).",
    "task_reminded": "They were reminded: `task`.",
    "task_delegated": "The task is for somebody else: `task`, `to`, `by`, `reason`.",
    "task_handed_over": "Nobody decided in time, and it passed on: `task`, `to`, `due`.",
    "task_timed_out": "Nobody decided in time: `task`, and `default`, the choice made for them, if there is one.",
    "task_cancelled": "The task is not to be decided any more: `task`.",
    "decided": "A person chose: `task`, `choice`, `by`, `reason`, `values`, `rule`, `shown`, `final`, `approvals`.",
    "action": "What became of a failed node: `action` (what could be chosen, or a ladder's last word).",
    "stopping": "A scope is stopped: `cause` (failure or cancel), `rollback`, `kind`, `message`.",
    "compensating": "What the node did is being undone: `agent`, `attempt`.",
    "compensated": "It is undone: `by_hand` where a person said so.",
    "compensation_failed": "An attempt to undo it failed: `attempt`, `kind`, `message`, and `delay` if it is retried.",
    "compensation_left": "It stays undone: `kind`, `message`.",
    "edited": "The plan was edited: `by`, `reason`, `in`, `added`, `removed`, `replaced`, `undoes`.",
    "proposed": "A plan node's agent proposed its body: `agent`, `added`.",
    "proposal_refused": "Its proposal was refused: `agent`, `mistakes`.",
    "cancel_requested": "Somebody asked for the end: `by`, `reason`, `rollback`.",
    "paused": "Somebody paused the run: `by`, `reason`.",
    "resumed": "Somebody resumed it: `by`, `reason`.",
    "ended": "The run ended: `status`, and `kind`, `message`, `path`, `undone_left` where it did not succeed.",
}
"""Every step, and what its detail holds."""
