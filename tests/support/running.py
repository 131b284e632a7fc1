"""Engines for tests: a journal in a temporary folder, a clock turned by hand, scripted agents."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from concertato.agents.registry import Registry
from concertato.engine.contract import Ended
from concertato.engine.embedded import EmbeddedEngine
from concertato.notify.contract import Hook
from concertato.plan.compile import compile_plan
from support.clock import FakeClock
from support.scripted import Scripts


class House:
    """One journal and what runs on it; `reopen` is a restart, with `hooks` from then on."""

    def __init__(self, path: Path, scripts: Scripts, clock: FakeClock) -> None:
        self.path = path
        self.scripts = scripts
        self.clock = clock
        self.hooks: Sequence[Hook] = ()
        self.engine: EmbeddedEngine

    async def open(self, **agents: Any) -> None:
        registry = Registry()
        for agent in {**self.scripts.agents, **agents}.values():
            registry.add(agent)
        self.engine = await EmbeddedEngine.open(self.path, agents=registry, clock=self.clock, hooks=self.hooks)

    async def reopen(self) -> None:
        await self.engine.close()
        await self.open()

    async def start(self, definition: Mapping[str, Any], /, **inputs: Any) -> str:
        return await self.engine.start(compile_plan(definition), inputs)

    async def run(self, definition: Mapping[str, Any], /, **inputs: Any) -> Ended:
        """Start a run and see it to its end, letting time pass whenever nothing else happens."""
        return await self.finish(await self.start(definition, **inputs))

    async def finish(self, run_id: str) -> Ended:
        end = asyncio.ensure_future(self.engine.result(run_id))
        try:
            async with asyncio.timeout(20):
                while not end.done():
                    await self.quiet()
                    step = self.clock.next_alarm
                    if not end.done() and step is not None:
                        self.clock.advance(max(step, 0.0))
                return await end
        finally:
            end.cancel()

    async def quiet(self) -> None:
        """Let everything that can happen without time passing happen."""
        for _ in range(8):
            await asyncio.sleep(0)
        await self.engine._driver.committer.settled()
        for _ in range(4):
            await asyncio.sleep(0)

    async def events(self, run_id: str) -> list[Any]:
        return [stored.event async for stored in self.engine.events(run_id, follow=False)]

    async def statuses(self, run_id: str) -> dict[str, str]:
        """Every node's status by its path."""
        found: dict[str, str] = {}
        pending = list((await self.engine.get(run_id)).nodes)
        while pending:
            node = pending.pop()
            found[node.path] = node.status
            pending.extend(node.children)
        return found


def outputs(ended: Ended) -> Any:
    return None if ended.outputs is None else msgspec.json.decode(ended.outputs)


@asynccontextmanager
async def house(tmp_path: Path, scripts: Scripts | None = None, /, **defaults: Any) -> AsyncIterator[House]:
    """An open engine whose agents are `defaults`: name → what it answers."""
    built = House(tmp_path / "journal.db", scripts or Scripts(**defaults), FakeClock())
    await built.open()
    try:
        yield built
    finally:
        await built.engine.close()
