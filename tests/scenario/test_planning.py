"""Plan nodes: an agent proposes what is to be done, within bounds, and it is done as if it had been written."""

from pathlib import Path
from typing import Any

import pytest

from concertato.agents.decorator import agent
from concertato.engine.embedded import EmbeddedEngine
from concertato.errors import RequestError
from concertato.plan.compile import compile_plan
from concertato.run.events import NodeSucceeded
from support.people import ANN, asked, decide, details
from support.running import house, outputs
from support.scripted import Hold, Scripts, fail

ONCE = {"max_attempts": 1}

PROPOSAL: dict[str, Any] = {
    "nodes": [
        {"id": "look", "type": "look", "inputs": {"at": "alert.service"}},
        {"id": "mend", "type": "mend", "inputs": {"found": "look.output"}},
    ],
    "outputs": {"mended": "mend.output"},
}


def grow(**more: Any) -> dict[str, Any]:
    return {"id": "grow", "type": "plan", "agent": "planner", "inputs": ["alert"], "allow": ["look", "mend"], **more}


def flow(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "flow", "inputs": {"alert": "any"}, "nodes": list(nodes), **more}


def look(at: str) -> str:
    return at


def mend(found: str) -> str:
    return found


ALERT = {"service": "db"}


def agents(planner: Any = PROPOSAL, **more: Any) -> Scripts:
    return Scripts(**{"planner": planner, "look": lambda at: f"{at} is full", "mend": lambda found: found, **more})


async def test_what_is_proposed_is_done_and_its_outputs_are_the_nodes(tmp_path: Path) -> None:
    after = {"id": "after", "type": "set", "inputs": {"was": "grow.output.mended"}}
    scripts = agents()
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(flow(grow(), after), alert=ALERT)
        assert outputs(await h.finish(run_id)) == {"after": {"was": "db is full"}}
        assert [task.path for task in scripts.tasks] == ["grow", "grow/look", "grow/mend"]
        assert await details(h, run_id, "proposed") == [{"agent": "planner", "added": ["look", "mend"]}]


async def test_what_is_proposed_is_shown_inside_its_node(tmp_path: Path) -> None:
    async with house(tmp_path, agents()) as h:
        run_id = await h.start(flow(grow()), alert=ALERT)
        await h.finish(run_id)
        (node,) = (await h.engine.get(run_id)).nodes
        assert [(inner.path, inner.type) for inner in node.children] == [("grow/look", "look"), ("grow/mend", "mend")]


async def test_a_proposal_with_mistakes_goes_back_once_with_all_of_them(tmp_path: Path) -> None:
    wrong = {"nodes": [{"id": "look", "type": "rm_rf"}, {"id": "mend", "type": "mend", "inputs": ["lok.output"]}]}
    scripts = agents().then("planner", wrong)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(flow(grow(retry=ONCE)), alert=ALERT)
        assert outputs(await h.finish(run_id)) == {"grow": {"mended": "db is full"}}
        first, second = scripts.calls("planner")
        assert first == {"alert": ALERT}
        assert second["alert"] == ALERT
        assert any("rm_rf" in mistake for mistake in second["mistakes"])
        assert any("'lok'" in mistake and "did you mean 'look'?" in mistake for mistake in second["mistakes"])
        ids = [task.id.removeprefix(f"{run_id}/") for task in scripts.tasks if task.agent == "planner"]
        assert ids == ["grow", "grow~mended"]


async def test_a_second_proposal_with_mistakes_is_an_invalid_output(tmp_path: Path) -> None:
    scripts = agents(planner={"nodes": []})
    async with house(tmp_path, scripts) as h:
        ended = await h.run(flow(grow()), alert=ALERT)
        assert scripts.names == ["planner", "planner"]  # and not again: it has had its second try
        assert (ended.status, ended.path) == ("failed", "grow")
        assert ended.failure is not None
        assert ended.failure.kind == "invalid_output"


async def test_what_is_wrong_with_another_proposal_is_another_task(tmp_path: Path) -> None:
    wrong = [{"nodes": [{"id": "look", "type": name}]} for name in ("one", "two", "three")]
    scripts = agents().then("planner", *wrong)
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(flow(grow(on_failure=[{"escalate": {"to": "role:risk"}}])), alert=ALERT)
        assert await asked(h, run_id) == ["grow~failed"]
        await decide(h, run_id, "grow~failed", "retry", ANN)
        assert (await h.finish(run_id)).status == "succeeded"
        ids = [task.id.removeprefix(f"{run_id}/") for task in scripts.tasks if task.agent == "planner"]
        assert ids == ["grow", "grow~mended", "grow~2", "grow~2~mended2"]


async def test_a_planner_that_does_not_take_its_mistakes_fails_with_them(tmp_path: Path) -> None:
    @agent
    async def planner(alert: dict[str, Any]) -> dict[str, Any]:
        return {"nodes": [{"id": "look", "type": "rm_rf"}]}

    async with house(tmp_path, agents(planner=None)) as h:
        await h.engine.close()
        h.engine = await EmbeddedEngine.open(h.path, agents=[planner, agent(look), agent(mend)], clock=h.clock)
        ended = await h.run(flow(grow(retry=ONCE)), alert=ALERT)
        assert (ended.status, ended.path) == ("failed", "grow")
        assert ended.failure is not None
        assert ended.failure.kind == "invalid_output"
        for part in ("its proposal was refused: ", "'rm_rf' is not allowed here", "unexpected", "`mistakes`"):
            assert part in ended.failure.message


async def test_a_planner_whose_own_input_does_not_fit_fails_with_that(tmp_path: Path) -> None:
    async with house(tmp_path, agents(planner=fail("invalid_input"))) as h:
        ended = await h.run(flow(grow(retry=ONCE)), alert=ALERT)
        assert ended.failure is not None
        assert (ended.failure.kind, ended.failure.message) == ("invalid_input", "scripted")


async def test_what_the_node_does_not_allow_is_refused(tmp_path: Path) -> None:
    many = {"nodes": [{"id": f"n{n}", "type": "look", "inputs": {"at": "'x'"}} for n in range(3)]}
    async with house(tmp_path, agents(planner=many)) as h:
        run_id = await h.start(flow(grow(retry=ONCE, max_nodes=2)), alert=ALERT)
        assert (await h.finish(run_id)).status == "failed"
        refused = await details(h, run_id, "proposal_refused")
        assert len(refused) == 2
        assert any("CT127" in mistake for mistake in refused[0]["mistakes"])


async def test_what_was_done_of_a_proposal_is_undone(tmp_path: Path) -> None:
    mend = {**PROPOSAL["nodes"][1], "compensate": {"type": "look", "inputs": {"at": "'undo'"}}}
    check = {"id": "check", "type": "mend", "inputs": {"found": "mend.output"}, "retry": ONCE}
    proposal = {"nodes": [PROPOSAL["nodes"][0], mend, check]}
    scripts = agents(planner=proposal).then("mend", "mended", fail("rejected"))
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(flow(grow()), alert=ALERT)
        assert (await h.finish(run_id)).status == "rolled_back"
        assert scripts.tasks[-1].path == "grow/mend~undo"


async def test_a_plan_node_that_is_tried_again_plans_anew(tmp_path: Path) -> None:
    scripts = agents().then("mend", fail("rejected"))
    definition = flow(grow(on_failure=[{"escalate": {"to": "role:risk"}}]))
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(definition, alert=ALERT)
        assert await asked(h, run_id) == ["grow~failed"]
        await h.reopen()
        await decide(h, run_id, "grow~failed", "retry", ANN)
        assert outputs(await h.finish(run_id)) == {"grow": {"mended": "db is full"}}
        assert [task.path for task in scripts.tasks][3:] == ["grow", "grow~2/look", "grow~2/mend"]
        ids = [task.id.removeprefix(f"{run_id}/") for task in scripts.tasks if task.agent == "planner"]
        assert ids == ["grow", "grow~2"]
        assert sorted(await h.statuses(run_id)) == ["grow", "grow~2/look", "grow~2/mend"]


async def test_a_person_can_be_part_of_a_proposal(tmp_path: Path) -> None:
    nodes = [*PROPOSAL["nodes"], {"id": "ask", "type": "human", "to": "role:risk", "choices": ["go", "stop"]}]
    proposal = {"nodes": nodes, "edges": [{"from": "ask", "to": "mend", "when": "go"}]}
    async with house(tmp_path, agents(planner=proposal)) as h:
        run_id = await h.start(flow(grow(allow=["look", "mend", "human"])), alert=ALERT)
        assert await asked(h, run_id) == ["grow/ask"]
        for _ in range(2):
            await h.reopen()
        await decide(h, run_id, "grow/ask", "go", ANN)
        assert (await h.finish(run_id)).status == "succeeded"


async def test_a_plan_in_a_map_has_a_body_of_its_own_for_each_item(tmp_path: Path) -> None:
    inner = {**grow(), "inputs": {"alert": "item"}}
    each = {"id": "each", "type": "map", "over": "alert", "nodes": [inner]}

    def plan(alert: str) -> dict[str, Any]:
        return {"nodes": [{"id": f"look_{alert}", "type": "look", "inputs": {"at": f"'{alert}'"}}]}

    async with house(tmp_path, agents(planner=plan)) as h:
        run_id = await h.start(flow(each), alert=["a", "b"])
        assert outputs(await h.finish(run_id)) == {
            "each": [{"grow": {"look_a": "a is full"}}, {"grow": {"look_b": "b is full"}}]
        }


@pytest.mark.parametrize("ladder", [{}, {"on_failure": ["fail"]}], ids=["none", "its own"])
async def test_a_retry_of_a_run_takes_over_what_was_planned(tmp_path: Path, ladder: dict[str, Any]) -> None:
    scripts = agents().then("mend", fail("rejected"))
    async with house(tmp_path, scripts) as h:
        first = await h.start(flow(grow(**ladder)), alert=ALERT)
        assert (await h.finish(first)).status == "failed"
        second = await h.engine.retry(first)
        assert outputs(await h.finish(second)) == {"grow": {"mended": "db is full"}}
        assert scripts.names == ["planner", "look", "mend", "mend"]


async def test_a_fork_at_a_planned_node_keeps_the_plan_and_does_that_node_again(tmp_path: Path) -> None:
    nodes = [*PROPOSAL["nodes"], {"id": "turns", "type": "loop", "until": "iteration == 1", "nodes": [
        {"id": "turn", "type": "look", "inputs": {"at": "alert.service"}},
        {"id": "then", "type": "mend", "inputs": {"found": "turn.output"}},
    ]}]  # fmt: skip
    scripts = agents(planner={"nodes": nodes})
    after = {"id": "after", "type": "mend", "inputs": {"found": "grow.output"}}
    async with house(tmp_path, scripts) as h:
        first = await h.start(flow(grow(), after), alert=ALERT)
        await h.finish(first)

        async def asked_again(at: str) -> list[str]:
            forked = await h.engine.fork(first, at=at)
            await h.finish(forked)
            return sorted(task.path for task in scripts.tasks if task.run_id == forked)

        assert await asked_again("grow/look") == ["after", "grow/look", "grow/mend"]
        assert await asked_again("grow/turns[0]/then") == [
            *("after", "grow/turns[0]/then", "grow/turns[1]/then", "grow/turns[1]/turn")
        ]
        assert "grow" in await asked_again("grow")
        with pytest.raises(RequestError, match="no node 'grow/lok'"):
            await h.engine.fork(first, at="grow/lok")


async def test_a_plan_node_whose_time_is_over_stops_what_it_planned(tmp_path: Path) -> None:
    slow = Hold()
    async with house(tmp_path, agents(look=slow)) as h:
        run_id = await h.start(flow(grow(timeout="1m", on_failure=["continue"])), alert=ALERT)
        await slow.started.wait()
        assert (await h.finish(run_id)).status == "succeeded"
        assert slow.cancelled.is_set()
        assert (await h.statuses(run_id))["grow"] == "failed"


async def test_a_planner_that_is_told_to_stop_plans_nothing_more(tmp_path: Path) -> None:
    slow = Hold(PROPOSAL, stubborn=True)
    async with house(tmp_path, agents(planner=slow)) as h:
        run_id = await h.start(flow(grow(timeout="1m", on_failure=["continue"])), alert=ALERT)
        await slow.started.wait()
        end = h.clock.next_alarm
        assert end is not None
        h.clock.advance(end)
        await slow.cancelled.wait()
        slow.release()
        assert (await h.finish(run_id)).status == "succeeded"
        assert not [e for e in await h.events(run_id) if isinstance(e, NodeSucceeded) and e.path.startswith("grow/")]


async def test_every_agent_that_may_be_planned_must_be_there_before_the_run_starts(tmp_path: Path) -> None:
    assert compile_plan(flow(grow())).agents == {"planner", "look", "mend"}


async def test_a_plan_node_without_a_ladder_whose_time_is_over_while_its_planner_works_ends_its_run(
    tmp_path: Path,
) -> None:
    slow = Hold(PROPOSAL, stubborn=True)
    async with house(tmp_path, agents(planner=slow)) as h:
        run_id = await h.start(flow(grow(timeout="1m")), alert=ALERT)
        await slow.started.wait()
        end = h.clock.next_alarm
        assert end is not None
        h.clock.advance(end)
        await slow.cancelled.wait()
        slow.release()
        ended = await h.finish(run_id)
        assert (ended.status, ended.path) == ("failed", "grow")


async def test_a_plan_node_whose_time_is_over_before_its_planner_is_asked_ends_its_run(tmp_path: Path) -> None:
    busy = Hold("done")
    other = {"id": "other", "type": "look", "inputs": {"at": "'x'"}, "cancellable": False}
    async with house(tmp_path, agents(look=busy)) as h:
        run_id = await h.start(flow(other, grow(timeout="1m"), max_parallel=1), alert=ALERT)
        await busy.started.wait()
        end = h.clock.next_alarm
        assert end is not None
        h.clock.advance(end)
        await h.quiet()
        busy.release()
        ended = await h.finish(run_id)
        assert (ended.status, ended.path) == ("failed", "grow")
        assert await h.statuses(run_id) == {"other": "succeeded", "grow": "failed"}


async def test_a_plan_node_that_is_tried_again_has_its_time_anew(tmp_path: Path) -> None:
    scripts = agents().then("planner", fail("rejected"), Hold(PROPOSAL))
    definition = flow(grow(timeout="1m", retry=ONCE, on_failure=[{"escalate": {"to": "role:risk"}}]))
    async with house(tmp_path, scripts) as h:
        run_id = await h.start(definition, alert=ALERT)
        await asked(h, run_id)
        await decide(h, run_id, "grow~failed", "retry", ANN)
        await h.quiet()
        end = h.clock.next_alarm
        assert end == 60.0
        h.clock.advance(end)
        assert await asked(h, run_id) == ["grow~failed#2"]
