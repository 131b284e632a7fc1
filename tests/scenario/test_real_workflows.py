"""Real scientific workflows run whole: each node once, and after those it waits for. And larger ones made of them."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import concertato
from concertato import TaskContext, agent
from support.wfinstances import EACH, FILES, Instance, beside, definition, in_series, read


class Seen:
    """An agent that does nothing, and what was asked of it when."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.answered: set[str] = set()
        self.too_early: list[str] = []
        self.parents: dict[str, list[str]] = {}

    async def nothing(self, context: TaskContext, **given: Any) -> int:
        self.calls[context.node] += 1
        if not self.answered.issuperset(self.parents[context.node]):
            self.too_early.append(context.node)
        await asyncio.sleep(0)
        self.answered.add(context.node)
        return len(given)


async def run_and_check(folder: Path, instance: Instance, *, data: bool) -> None:
    seen = Seen()
    seen.parents = dict(instance.parents)
    async with await concertato.Engine.open(folder / "journal.db", agents=agent("nothing")(seen.nothing)) as engine:
        run = await engine.start(definition(instance, data=data))
        assert (await run.ended()).status == "succeeded"
    assert seen.calls == Counter(instance.parents.keys()), "each node once"
    assert not seen.too_early, "each node after its parents"


@pytest.mark.parametrize("data", [True, False], ids=["data", "order"])
@pytest.mark.parametrize("file", EACH)
async def test_a_real_workflow_runs_each_node_once_and_after_its_parents(
    tmp_path: Path, file: Path, *, data: bool
) -> None:
    await run_and_check(tmp_path, read(file), data=data)


@pytest.mark.skipif(not FILES, reason="expected WfCommons' instances in ../shared/data; they are not there")
@pytest.mark.parametrize("grown", [beside, in_series])
@pytest.mark.parametrize("name", ["epigenomics-chameleon-hep-3seq-100k-001", "seismology-chameleon-900p-001"])
async def test_ten_thousand_nodes_of_real_workflows_run_like_few(tmp_path: Path, name: str, grown: Any) -> None:
    (file,) = [file for file in FILES if file.stem == name]
    instance = grown(read(file), 10_000)
    assert len(instance.parents) >= 10_000
    await run_and_check(tmp_path, instance, data=True)
