"""Stories of what goes wrong, and of people: every rung, every decision, every way in which undoing ends."""

from typing import Any

from concertato.engine.contract import Cancel, Decide, Delegate, Edit
from concertato.run.events import Identity
from support.running import House
from support.scripted import fail

ANN = Identity("ann", ["boss"], "a test says so")
BOB = Identity("bob", ["boss", "operator"], "a test says so")

PAY = {
    "id": "pay",
    "type": "pay",
    "inputs": ["order"],
    "compensate": {"type": "refund", "inputs": {"to": "input.order", "was": "output"}},
}
ESCALATE: dict[str, Any] = {"escalate": {"to": "role:boss", "title": "{{ failure.message }}", "timeout": "4h"}}


def order(*on_failure: Any, **more: Any) -> dict[str, Any]:
    """A definition that pays, and ships with a ladder."""
    ship = {"id": "ship", "type": "ship", "inputs": ["pay.output"], "on_failure": [*on_failure]}
    return {"name": "order", "inputs": {"order": "any"}, "nodes": [PAY, ship], **more}


async def a_fallback(h: House) -> str:
    h.scripts.then("ship", fail("rejected", "no courier")).then("other", fail("unavailable"), "by bike")
    return await _ran(h, order({"fallback": {"type": "other", "with": {"how": "by bike"}}}))


async def a_recovery(h: House) -> str:
    """It is tried again with other inputs, and then skipped."""
    ladder = {"recover": {"type": "advisor", "may": ["retry", "skip"], "max_times": 2}}
    answers: list[dict[str, Any]] = [
        {"action": "retry", "reason": "the address was wrong", "inputs": {"pay": "paid anew"}},
        {"action": "skip", "reason": "it is of no use"},
    ]
    h.scripts.then("ship", fail("rejected"), fail("rejected")).then("advisor", *answers)
    return await _ran(h, order(ladder))


async def recoveries_that_are_refused(h: House) -> str:
    """One answer is broken, one agent fails, and the ladder of the workflow has its last word."""
    ladder = [{"recover": {"type": "advisor", "may": ["skip"], "retry": {"max_attempts": 1}}} for _ in range(2)]
    answers = [{"action": "rollback", "reason": "I would rather"}, fail("internal", "out of ideas")]
    h.scripts.then("ship", fail("rejected")).then("advisor", *answers)
    definition = order(on_failure=[*ladder, "continue"])
    del definition["nodes"][1]["on_failure"]
    return await _ran(h, definition)


async def an_escalation_that_is_decided(h: House) -> str:
    """Tried again, as somebody said, with other inputs; then an output is given."""
    h.scripts.then("ship", fail("rejected"), fail("rejected"))
    run_id = await _started(h, order(ESCALATE))
    await _decide(h, run_id, "ship~failed", "retry", values={"inputs": {"pay": "paid twice"}})
    await _decide(h, run_id, "ship~failed#2", "use_output", values={"output": "fetched"})
    return await _finished(h, run_id)


async def an_escalation_that_ran_out(h: House) -> str:
    """Nobody decides the first; the second has a default."""
    second = {"escalate": {"to": "carl", "timeout": "1h", "remind": ["10m"], "default": "skip"}}
    h.scripts.then("ship", fail("rejected"))
    return await _ran(h, order(ESCALATE, second))


async def a_person_decides(h: House) -> str:
    """Delegated by one, decided by another; what was chosen is the way on."""
    form = {"properties": {"limit": {"type": "integer"}}, "required": ["limit"]}
    asked = {
        "id": "ask",
        "type": "human",
        "to": "role:boss",
        "title": "Order {{ order }}",
        "form": form,
        "choices": ["approve", "decline"],
        "remind": ["30m"],
        "timeout": "8h",
        "default": "decline",
    }
    definition = {
        "name": "risky",
        "inputs": {"order": "any"},
        "nodes": [asked, PAY, {"id": "tell", "type": "work", "inputs": ["order"]}],
        "edges": [{"from": "ask", "to": "pay", "when": "approve"}, {"from": "ask", "to": "tell", "when": "decline"}],
    }
    run_id = await _started(h, definition)
    await h.engine.send(run_id, Delegate(task="ask", to="user:bob", by=ANN, reason="on leave"))
    await _decide(h, run_id, "ask", "approve", by=BOB, values={"limit": 10})
    return await _finished(h, run_id)


async def four_eyes(h: House) -> str:
    asked = {"id": "ask", "type": "human", "to": "role:boss", "choices": ["yes", "no"], "approvals": 2, "not": ["eve"]}
    run_id = await _started(h, {"name": "eyes", "inputs": {"order": "any"}, "nodes": [asked]})
    await _decide(h, run_id, "ask", "yes")
    await _decide(h, run_id, "ask", "yes", by=BOB)
    return await _finished(h, run_id)


async def a_task_that_passed_on_and_ran_out(h: House) -> str:
    asked = {
        "id": "ask",
        "type": "human",
        "to": "ann",
        "timeout": "1h",
        "escalate": {"to": "bob", "timeout": "1h"},
        "choices": ["yes", "no"],
        "default": "no",
    }
    return await _ran(h, {"name": "passed", "inputs": {"order": "any"}, "nodes": [asked]})


async def an_undoing_that_people_end(h: House) -> str:
    """One is tried again and done by hand, one is left."""
    again = {**PAY, "id": "more", "inputs": {"order": "pay.output"}, "compensate": {"type": "refund"}}
    definition = order("rollback")
    definition["nodes"].insert(1, again)
    definition["nodes"][2]["inputs"] = ["more.output"]
    h.scripts.then("ship", fail("rejected")).then("refund", *[fail("rejected", "account closed")] * 3)
    run_id = await _started(h, definition)
    await _decide(h, run_id, "more~undo", "retry", by=BOB)
    await _decide(h, run_id, "pay~undo", "leave", by=BOB)
    await _decide(h, run_id, "more~undo#2", "done", by=BOB)
    return await _finished(h, run_id)


async def a_node_that_began_anew(h: House) -> str:
    """What stood inside is undone, then it is tried again; the iterations of the second round stand, and are undone."""
    loop = {
        "id": "each",
        "type": "loop",
        "until": "iteration == 1",
        "on_failure": [ESCALATE],
        "nodes": [
            {**PAY, "inputs": {"order": "iteration"}},
            {"id": "check", "type": "check", "inputs": ["pay.output"]},
        ],
    }
    definition = {
        "name": "anew",
        "inputs": {"order": "any"},
        "nodes": [loop, {"id": "end", "type": "ship"}],
        "edges": [{"from": "each", "to": "end"}],
    }
    h.scripts.then("check", 1, fail("rejected")).then("ship", fail("rejected"))
    run_id = await _started(h, definition)
    await _decide(h, run_id, "each~failed", "retry")
    return await _finished(h, run_id)


async def a_sub_workflow_that_failed_and_was_left_out(h: House) -> str:
    nodes = [PAY, {"id": "check", "type": "check", "inputs": ["pay.output"]}]
    part = {"name": "part", "inputs": {"order": "any"}, "nodes": nodes}
    node = {"id": "part", "type": "workflow", "workflow": "part", "inputs": ["order"], "on_failure": ["continue"]}
    definition = {"name": "outer", "inputs": {"order": "any"}, "nodes": [node], "workflows": {"part": part}}
    h.scripts.then("check", fail("rejected"))
    return await _ran(h, definition)


async def a_plan_that_was_refused_once(h: House) -> str:
    sound = {"nodes": [PAY, {"id": "check", "type": "check", "inputs": ["pay.output"]}]}
    broken = {"nodes": [{"id": "x", "type": "ship"}]}
    node = {"id": "plan", "type": "plan", "agent": "planner", "allow": ["pay", "refund", "check"]}
    h.scripts.then("planner", broken, sound)
    return await _ran(h, {"name": "planned", "inputs": {"order": "any"}, "nodes": [node]})


async def a_failed_node_that_was_edited_and_retried(h: House) -> str:
    h.scripts.then("ship", fail("rejected"))
    definition = order(ESCALATE)
    run_id = await _started(h, definition)
    other = {**definition["nodes"][1], "type": "other"}
    edit = Edit(patch={"replace": {"nodes": [other]}}, by="ann", reason="another courier")
    await h.engine.send(run_id, edit)
    await _decide(h, run_id, "ship~failed", "retry")
    return await _finished(h, run_id)


async def a_cancel_while_somebody_is_asked(h: House) -> str:
    h.scripts.then("ship", fail("rejected"))
    run_id = await _started(h, order(ESCALATE))
    await h.engine.send(run_id, Cancel(rollback=True, by="ann"))
    return await _finished(h, run_id)


async def _started(h: House, definition: dict[str, Any]) -> str:
    run_id = await h.start(definition, order=1)
    await h.engine.settled(run_id)
    return run_id


async def _decide(h: House, run_id: str, task: str, choice: str, *, by: Identity = ANN, values: Any = None) -> None:
    await h.engine.settled(run_id)
    await h.engine.send(run_id, Decide(task=task, choice=choice, by=by, reason="a test says so", values=values))


async def _finished(h: House, run_id: str) -> str:
    await h.finish(run_id)
    return run_id


async def _ran(h: House, definition: dict[str, Any]) -> str:
    return await _finished(h, await _started(h, definition))


STORIES = (
    a_fallback,
    a_recovery,
    recoveries_that_are_refused,
    an_escalation_that_is_decided,
    an_escalation_that_ran_out,
    a_person_decides,
    four_eyes,
    a_task_that_passed_on_and_ran_out,
    an_undoing_that_people_end,
    a_node_that_began_anew,
    a_sub_workflow_that_failed_and_was_left_out,
    a_plan_that_was_refused_once,
    a_failed_node_that_was_edited_and_retried,
    a_cancel_while_somebody_is_asked,
)
