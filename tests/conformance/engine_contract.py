"""What every engine must do, as cases to inherit: give them a `house` fixture and they run against your engine."""

import asyncio
from typing import Any

import msgspec
import pytest

from concertato.engine.contract import Pause, Resume, Signal
from concertato.errors import Refused, UnknownRun
from concertato.journal.contract import RunFilter
from concertato.plan.compile import compile_plan
from concertato.run.events import NodeSucceeded, RunFinished, RunStarted
from conformance.grammar_cases import AGENTS, CASES, Case
from support.running import House, outputs
from support.scripted import Hold, Scripts

CHAIN: dict[str, Any] = {
    "name": "chain",
    "inputs": {"n": "integer"},
    "nodes": [{"id": "a", "type": "inc", "inputs": ["n"]}, {"id": "b", "type": "inc", "inputs": ["a.output"]}],
}
GATE: dict[str, Any] = {"name": "gate", "nodes": [{"id": "go", "type": "wait", "signal": "go"}]}


def inc(**given: int) -> int:
    (value,) = given.values()
    return value + 1


class EngineContract:
    """Inherit, and provide `make_house(scripts) -> House` as an async fixture named `make_house`."""

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
    async def test_the_grammar_means_what_it_says(self, make_house: Any, case: Case) -> None:
        scripts = Scripts(**{**AGENTS, **case.agents})
        h: House = await make_house(scripts)
        run_id = await h.start(case.definition, **case.inputs)
        ended = await h.finish(run_id)
        assert ended.status == "succeeded", ended.failure
        assert outputs(ended) == case.outputs
        statuses = await h.statuses(run_id)
        assert {path for path in case.skipped if statuses[path] != "skipped"} == set()
        for agent, times in case.called.items():
            assert scripts.names.count(agent) == times

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
    async def test_every_prefix_of_the_journal_goes_on_to_the_same_end(self, make_house: Any, case: Case) -> None:
        """Stop and reopen the engine after every event: the run ends as it would have."""
        scripts = Scripts(**{**AGENTS, **case.agents})
        h: House = await make_house(scripts)
        run_id = await h.start(case.definition, **case.inputs)
        for _ in range(40):
            await h.reopen()
            if (await h.engine.get(run_id)).run.ended_at is not None:
                break
            step = h.clock.next_alarm
            if step is not None:
                h.clock.advance(max(step, 0.0))
            await h.quiet()
        assert outputs(await h.finish(run_id)) == case.outputs

    async def test_a_result_is_there_for_whoever_asks_later(self, make_house: Any) -> None:
        h: House = await make_house(Scripts(inc=inc))
        run_id = await h.start(CHAIN, n=1)
        ended = await h.finish(run_id)
        await h.reopen()
        assert await h.engine.result(run_id) == ended

    async def test_events_are_read_after_a_cursor_and_followed_to_the_end(self, make_house: Any) -> None:
        hold = Hold(2)
        scripts = Scripts(inc=inc).then("inc", hold)
        h: House = await make_house(scripts)
        run_id = await h.start(CHAIN, n=1)

        async def follow(after: int) -> list[Any]:
            return [stored async for stored in h.engine.events(run_id, after=after)]

        followers = [asyncio.ensure_future(follow(after)) for after in (-1, 0)]
        await hold.started.wait()
        hold.release()
        await h.finish(run_id)
        everything, rest = await asyncio.gather(*followers)
        assert [type(stored.event) for stored in everything] == [RunStarted, NodeSucceeded, NodeSucceeded, RunFinished]
        assert [stored.seq for stored in everything] == [0, 1, 2, 3]
        assert rest == everything[1:]
        assert await follow(1) == everything[2:]

    async def test_changes_tell_every_status_of_every_node_in_order(self, make_house: Any) -> None:
        h: House = await make_house(Scripts(inc=inc))
        run_id = await h.start(CHAIN, n=1)
        await h.finish(run_id)
        told = [(change.path, change.status) async for change in h.engine.changes(run_id)]
        assert told == [("a", "running"), ("a", "succeeded"), ("b", "running"), ("b", "succeeded")]

    async def test_a_view_shows_nodes_with_times_outputs_and_attempts(self, make_house: Any) -> None:
        h: House = await make_house(Scripts(inc=inc))
        run_id = await h.start(CHAIN, n=1)
        await h.finish(run_id)
        view = await h.engine.get(run_id)
        assert msgspec.json.decode(msgspec.json.encode(view.outputs)) == {"b": 3}
        assert {name: msgspec.json.decode(value) for name, value in view.inputs.items()} == {"n": 1}
        a, b = view.nodes
        assert (a.path, a.type, a.status, a.attempts, b.path) == ("a", "inc", "succeeded", 1, "b")
        assert a.started_at is not None
        assert a.ended_at is not None
        assert view.run.status == "succeeded"

    async def test_runs_are_listed_newest_first_and_filtered(self, make_house: Any) -> None:
        h: House = await make_house(Scripts(inc=inc))
        done = [await h.start(CHAIN, n=n) for n in range(3)]
        for run_id in done:
            await h.finish(run_id)
        waiting = await h.start(GATE)
        listed = [row.run_id for row in await h.engine.runs(RunFilter())]
        assert listed == [waiting, *reversed(done)]
        assert [row.run_id for row in await h.engine.runs(RunFilter(status=["running"]))] == [waiting]
        assert len(await h.engine.runs(RunFilter(workflow="chain", limit=2))) == 2

    async def test_an_ending_of_a_runs_id_names_it(self, make_house: Any) -> None:
        h: House = await make_house(Scripts())
        run_id = await h.start(GATE)
        assert (await h.engine.get(run_id[-8:])).run.run_id == run_id
        with pytest.raises(UnknownRun):
            await h.engine.get("ZZZZZZZZ")

    async def test_what_was_sent_is_durable_when_the_engine_says_so(self, make_house: Any) -> None:
        h: House = await make_house(Scripts())
        run_id = await h.start(GATE)
        await h.engine.send(run_id, Pause())
        await h.reopen()
        assert (await h.engine.get(run_id)).run.status == "paused"
        await h.engine.send(run_id, Resume())
        await h.engine.send(run_id, Signal(name="go", payload=[1]))
        await h.reopen()
        assert outputs(await h.finish(run_id)) == {"go": [1]}
        with pytest.raises(Refused):
            await h.engine.send(run_id, Signal(name="go"))

    async def test_big_values_come_back_as_they_were(self, make_house: Any) -> None:
        big = {"text": "ä" * 300_000, "list": list(range(1000))}
        definition = {
            "name": "big",
            "nodes": [{"id": "a", "type": "big"}, {"id": "b", "type": "inc2", "inputs": ["a.output"]}],
        }
        h: House = await make_house(Scripts(big=big, inc2=lambda a: a))
        run_id = await h.start(definition)
        ended = await h.finish(run_id)
        await h.reopen()
        assert outputs(ended) == outputs(await h.engine.result(run_id)) == {"b": big}

    async def test_ten_thousand_nodes_in_one_run(self, make_house: Any) -> None:
        nodes = [{"id": f"n{i}", "type": "inc", "inputs": ["n"]} for i in range(10_000)]
        scripts = Scripts(inc=inc)
        h: House = await make_house(scripts)
        run_id = await h.engine.start(
            compile_plan(
                {"name": "wide", "inputs": {"n": "integer"}, "nodes": nodes, "outputs": {"x": "n9999.output"}}
            ),
            {"n": 1},
        )
        assert outputs(await h.finish(run_id)) == {"x": 2}
        assert len(scripts.tasks) == 10_000
