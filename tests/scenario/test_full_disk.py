"""A disk that fills up under a run: the engine stops and says why, and the run goes on once there is room."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from concertato.errors import JournalFull
from support.disk import files_of_at_most
from support.running import house, outputs
from support.scripted import Scripts

STEPS = 200
WORKFLOW = {
    "name": "filling",
    "nodes": [
        {
            "id": "pages",
            "type": "loop",
            "until": f"iteration == {STEPS - 1}",
            "max_iterations": STEPS,
            "nodes": [{"id": "page", "type": "write", "inputs": {"number": "iteration"}}],
            "outputs": {"number": "page.output.number"},
        }
    ],
}


def page(number: int) -> dict[str, object]:
    return {"number": number, "text": f"{number:09}" * 1000}


async def test_on_a_full_disk_the_engine_stops_and_says_why(tmp_path: Path) -> None:
    scripts = Scripts(write=page)
    async with house(tmp_path, scripts) as h:
        with files_of_at_most(1_500_000):
            run_id = await h.start(WORKFLOW)
            with pytest.raises(JournalFull, match="disk"):
                async with asyncio.timeout(20):
                    await h.engine.result(run_id)
            with pytest.raises(JournalFull):
                await h.start(WORKFLOW)
        asked_before = len(scripts.tasks)
        assert 20 < asked_before < STEPS

        await h.reopen()  # room was made
        ended = await h.finish(run_id)
        assert outputs(ended) == {"pages": {"number": STEPS - 1}}
        calls = Counter(task.id for task in scripts.tasks)
        assert len(calls) == STEPS
        assert sum(calls.values()) <= STEPS + 1, "only the call whose answer was not kept was made again"
