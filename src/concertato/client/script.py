"""The synchronous door, for scripts and notebooks: one workflow, run to its end."""

import asyncio
import os
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from concertato.agents.registry import default_registry
from concertato.client.given import Somebody, Workflow, as_plan, identity, named, registry_of
from concertato.client.loops import beside, in_a_loop
from concertato.client.runs import outputs_of
from concertato.wiring import Wiring


def run(
    workflow: Workflow,
    inputs: Mapping[str, Any] | None = None,
    *,
    agents: object = None,
    journal: str | os.PathLike[str] | None = None,
    key: str | None = None,
    by: Somebody | None = None,
) -> Any:
    """Run a workflow to its end and return its outputs: the synchronous door, for scripts and notebooks.

    `agents` as in `Engine.open`; left out: those that `@agent` has decorated in this process so far. `journal` left
    out: the one that the command line uses here (`.concertato/journal.db`, or what CONCERTATO_JOURNAL says), so that
    `concertato show last` shows this run. Interrupted, the run stays in the journal and goes on with
    `concertato resume`.

    `by` is who starts it, as in `Engine.start`. A run that waits for a person is waited for.

    Raises what `Engine.start` and `Run.result` raise.
    """
    wiring = Wiring()
    plan = as_plan(workflow)
    given = named(inputs or {})
    who = None if by is None else identity(by)
    registry = default_registry() if agents is None else registry_of(agents)

    async def work() -> Any:
        async with wiring.engine(Path(journal or wiring.settings.journal), registry) as engine:
            return outputs_of(await engine.result(await engine.start(plan, given, key=key, by=who)))

    return _beside(wiring, work()) if in_a_loop() else wiring.run(work())


def _beside(wiring: Wiring, work: Coroutine[Any, Any, Any]) -> Any:
    """Do `work` in a loop of its own: this thread has one running already, as a notebook's has."""
    stopped: Future[None] = Future()

    async def stoppable() -> Any:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None

        def cancel(_: object) -> None:
            with suppress(RuntimeError):  # the work is over, and its loop with it
                loop.call_soon_threadsafe(task.cancel)

        stopped.add_done_callback(cancel)
        return await work

    return beside(partial(wiring.run, stoppable()), partial(stopped.set_result, None))
