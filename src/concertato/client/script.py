"""The synchronous door, for scripts and notebooks: one workflow, run to its end."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from concertato.agents.registry import default_registry
from concertato.client.given import Somebody, Workflow, as_plan, identity, named, registry_of
from concertato.client.loops import in_a_loop
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
    """Do `work` in a thread of its own and wait for it: this one has a loop running already, as a notebook's has.

    An interrupt comes to the thread that waits. It is handed on, so that the work ends as it would have ended here.
    """
    began: Future[Callable[[], object]] = Future()

    async def stoppable() -> Any:
        task = asyncio.current_task()
        assert task is not None
        began.set_result(partial(asyncio.get_running_loop().call_soon_threadsafe, task.cancel))
        return await work

    with ThreadPoolExecutor(1, thread_name_prefix="concertato-run") as thread:
        result = thread.submit(wiring.run, stoppable())
        try:
            return result.result()
        except KeyboardInterrupt:
            wait((began, result), return_when=FIRST_COMPLETED)
            if not result.done():
                with suppress(RuntimeError):  # it has ended in this very moment, and its loop with it
                    began.result()()
            raise
