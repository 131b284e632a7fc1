"""The embedded engine keeps the engine's contract."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from conformance.engine_contract import EngineContract
from support.clock import FakeClock
from support.running import House
from support.scripted import Scripts


class TestEmbeddedEngine(EngineContract):
    @pytest.fixture
    async def make_house(self, tmp_path: Path) -> AsyncIterator[Callable[[Scripts], Awaitable[House]]]:
        opened: list[House] = []

        async def make(scripts: Scripts) -> House:
            built = House(tmp_path / "journal.db", scripts, FakeClock())
            await built.open()
            opened.append(built)
            return built

        yield make
        for each in opened:
            await each.engine.close()
