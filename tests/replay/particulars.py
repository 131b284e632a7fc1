"""Stories of what else stands in facts: who did it and why, at which attempt, and what was wrong with it."""

from typing import Any

from concertato import agent
from concertato.engine.contract import Edit, Pause, Resume, Signal
from concertato.plan.compile import compile_plan
from concertato.run.events import Identity
from support.running import House
from support.scripted import Hold, fail

ANN = Identity("ann", ["boss"], "a test says so")

GATE: dict[str, Any] = {
    "name": "gate",
    "inputs": {"order": "any"},
    "nodes": [
        {"id": "gate", "type": "wait", "signal": "go"},
        {"id": "work", "type": "work", "inputs": ["gate.output"]},
    ],
}
PAY = {"id": "pay", "type": "pay", "inputs": ["order"], "compensate": {"type": "refund"}}
ORDER: dict[str, Any] = {
    "name": "order",
    "inputs": {"order": "any"},
    "nodes": [PAY, {"id": "ship", "type": "ship", "inputs": ["pay.output"]}],
}


async def who_did_it_and_why(h: House) -> str:
    """Somebody starts it by a key, pauses it, edits it and thinks better of it, lets it go on."""
    run_id = await h.engine.start(compile_plan(GATE), {"order": 1}, key="order 1", by=ANN)
    await h.engine.send(run_id, Pause(by="ann", reason="not yet"))
    more = {"add": {"nodes": [{"id": "more", "type": "work", "inputs": ["work.output"]}]}}
    await h.engine.send(run_id, Edit(patch=more, by="ann", reason="once more"))
    await h.engine.undo_edit(run_id, by="bob", reason="once will do")
    await h.engine.send(run_id, Resume(by="ann", reason="now"))
    await h.engine.send(run_id, Signal(name="go", payload={"n": 1}, by="ann"))
    await h.finish(run_id)
    return run_id


async def an_undoing_that_is_tried_again(h: House) -> str:
    h.scripts.then("ship", fail("rejected")).then("refund", fail("timeout"))
    return await _ran(h, ORDER)


async def a_failure_that_came_late(h: House) -> str:
    return await came_late(h, fail("internal", "too late"))


async def came_late(h: House, answer: Any) -> str:
    """A run whose agent gives this answer when its time is long over."""
    slow = Hold(answer, stubborn=True)
    h.scripts.then("work", slow)
    run_id = await h.start({"name": "slow", "nodes": [{"id": "work", "type": "work", "timeout": "10s"}]})
    await slow.started.wait()
    h.clock.advance(11)
    await h.quiet()
    slow.release()
    await h.finish(run_id)
    return run_id


async def a_recovery_that_does_not_fit(h: House) -> str:
    """The advisor fails once, and then wants inputs that the agent of the node would not take."""

    @agent("ship")
    async def careful(pay: str) -> str:
        raise RuntimeError("no courier")

    answer = {"action": "retry", "reason": "the address was wrong", "inputs": {"pay": 7}}
    h.scripts.then("advisor", fail("unavailable"), answer)
    await h.engine.close()
    await h.open(ship=careful)
    ladder = [{"recover": {"type": "advisor", "may": ["retry"], "retry": {"max_attempts": 2}}}, "continue"]
    ship = {"id": "ship", "type": "ship", "inputs": ["pay.output"], "on_failure": ladder}
    return await _ran(h, {**ORDER, "nodes": [PAY, ship]})


async def an_iteration_is_undone(h: House) -> str:
    """What undoes it is told the `last` that it was given."""
    turn = {
        "id": "turn",
        "type": "pay",
        "inputs": {"order": "last"},
        "compensate": {"type": "refund", "inputs": {"was": "last", "given": "input.order"}},
    }
    loop = {"id": "turns", "type": "loop", "until": "iteration == 1", "nodes": [turn]}
    h.scripts.then("ship", fail("rejected"))
    end = {"id": "ship", "type": "ship", "inputs": ["turns.output"]}
    return await _ran(h, {**ORDER, "nodes": [loop, end]})


async def _ran(h: House, definition: dict[str, Any]) -> str:
    run_id = await h.start(definition, order=1)
    await h.finish(run_id)
    return run_id


STORIES = (
    who_did_it_and_why,
    an_undoing_that_is_tried_again,
    a_failure_that_came_late,
    a_recovery_that_does_not_fit,
    an_iteration_is_undone,
)
