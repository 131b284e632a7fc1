"""What is found out before there is an event: that agents are there, who starts a run, that a task is open, that
changed inputs would do.

The machine refuses as well, but it neither knows what became of a task nor what a function's parameters are.
"""

from collections.abc import Mapping, Sequence

from concertato.agents.contract import Resolver
from concertato.engine.contract import Decide, Delegate
from concertato.engine.embedded.answers import misfit_of
from concertato.engine.embedded.hot import HotRun
from concertato.engine.people import known_task, why_not_open
from concertato.engine.replay import row_of
from concertato.errors import InvalidInput, UnknownAgent
from concertato.journal.contract import JournalReader
from concertato.plan.model import Plan
from concertato.run.events import Identity
from concertato.run.permission import misfits_of_inputs


def require_agents(plan: Plan, missing: Sequence[str]) -> None:
    """Raises `UnknownAgent` where any are missing."""
    if missing:
        raise UnknownAgent(
            f"workflow '{plan.name}' asks for {', '.join(map(repr, missing))}, which nobody registered; "
            "hand the agents to run(agents=...) or Engine.open(agents=...), or name their module with --agents"
        )


def require_initiator(plan: Plan, by: Identity | None) -> None:
    """Raises `InvalidInput` where it must be known who starts a run, and is not."""
    if plan.names_initiator and by is None:
        raise InvalidInput(
            f"workflow '{plan.name}' has a task that whoever started the run may not decide: say who starts it, "
            "with by=..."
        )


def why_refused(hot: HotRun, request: Decide | Delegate, journal: JournalReader, agents: Resolver) -> str | None:
    """Why the request is refused, or None."""
    task = hot.run.tasks.get(request.task)
    if task is None:
        row = row_of(journal, hot.run_id)
        return why_not_open(known_task(journal, row, request.task), row, request.task, list(hot.run.tasks))
    if not isinstance(request, Decide) or task.about != "failure" or request.choice != "retry":
        return None
    changed = request.values.get("inputs") if isinstance(request.values, Mapping) else None
    if not isinstance(changed, Mapping) or list(misfits_of_inputs(task, changed)):
        return None  # there is nothing to look at, or the machine says what is wrong with it
    misfit = misfit_of(hot.run, task.scope, task.scope.plan.nodes[task.node], changed, agents)
    return None if misfit is None else f"run {hot.run_id}: task '{request.task}': {misfit}"
