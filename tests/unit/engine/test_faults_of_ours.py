"""If the machine has a fault, it costs the run that met it and no other; the journal stays whole."""

from pathlib import Path

import pytest

from concertato.engine.contract import Signal
from concertato.errors import InternalFault
from concertato.journal.contract import TaskFilter
from concertato.run.events import Decided, RunStarted
from concertato.run.status import NodeStatus
from support.people import decide
from support.running import house, outputs
from support.scripted import Hold, Scripts

TWO = {"name": "d", "nodes": [{"id": "a", "type": "a"}, {"id": "b", "type": "b"}]}


async def test_a_fault_costs_its_run_and_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken, other, fine = Hold("x"), Hold("y"), Hold("z")
    scripts = Scripts(a=1, b=2).then("a", broken, fine).then("b", other)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(TWO)
        await other.started.wait()
        good = await h.start(TWO)
        await fine.started.wait()
        hot = h.engine._driver.house.get(run_id)
        assert hot is not None
        hot.run.root.status[0] = NodeStatus.SKIPPED  # what no event could lead to
        broken.release()
        with pytest.raises(InternalFault, match="a fault in Concertato at NodeSucceeded"):
            await h.engine.result(run_id)
        await other.cancelled.wait()
        assert "fault at NodeSucceeded" in caplog.text
        fine.release()
        assert outputs(await h.finish(good)) == {"a": "z", "b": 2}
        await h.reopen()
        assert outputs(await h.finish(run_id)) == {"a": 1, "b": 2}


async def test_a_fault_met_by_a_request_is_told_to_whoever_asked(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        run_id = await h.start({"name": "d", "nodes": [{"id": "w", "type": "wait", "signal": "go", "timeout": "2s"}]})
        hot = h.engine._driver.house.get(run_id)
        assert hot is not None
        hot.run.root.status[0] = NodeStatus.SKIPPED
        with pytest.raises(InternalFault):
            await h.engine.send(run_id, Signal(name="go"))


async def test_a_fault_met_while_tasks_are_written_down_leaves_neither_the_event_nor_a_row(tmp_path: Path) -> None:
    nodes = [{"id": "approval", "type": "human", "to": "role:risk"}, {"id": "a", "type": "a"}]
    async with house(tmp_path, a=Hold()) as h:
        run_id = await h.start({"name": "d", "nodes": nodes})
        await h.quiet()
        hot = h.engine._driver.house.get(run_id)
        assert hot is not None
        hot.tasks["approval"] = None  # type: ignore[assignment]
        with pytest.raises(InternalFault, match="a fault in Concertato at Decided"):
            await decide(h, run_id, "approval", "done")
        await h.quiet()
        assert [type(event) for event in await h.events(run_id)] == [RunStarted]
        assert [row.task for row in await h.engine.tasks(TaskFilter())] == ["approval"]
        await h.reopen()
        await decide(h, run_id, "approval", "done")
        assert [type(event) for event in await h.events(run_id)] == [RunStarted, Decided]
