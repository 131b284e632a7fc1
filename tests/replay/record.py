"""Records the golden journals of the version at hand: `python -m replay.record 0.2.0`, from the folder of the tests.

Each story is what a run lived through. One that is recorded is never recorded again: another version adds its own. Of
each journal the state after half of its events is kept as well, in the format that states have now.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from concertato.engine.contract import Cancel, Edit, Pause, Resume, Signal
from replay import particulars, trouble
from support.golden import HISTORIES, write, write_state
from support.running import House, house
from support.scripted import Hold, Scripts, fail

Story = Callable[[House], Awaitable[str]]

PAY = {
    "id": "pay",
    "type": "pay",
    "inputs": ["order"],
    "compensate": {"type": "refund", "inputs": {"to": "input.order"}},
}
SHIP = {"id": "ship", "type": "ship", "inputs": ["pay.output"]}
ORDER: dict[str, Any] = {"name": "order", "inputs": {"order": "any"}, "nodes": [PAY, SHIP]}
GATE: dict[str, Any] = {
    "name": "gate",
    "nodes": [
        {"id": "gate", "type": "wait", "signal": "go", "timeout": "1h"},
        {"id": "rest", "type": "wait", "for": "30s"},
        {"id": "work", "type": "work", "inputs": ["gate.output"]},
    ],
    "edges": [{"from": "rest", "to": "work"}],
}
ROUTES: dict[str, Any] = {
    "name": "routes",
    "inputs": {"n": "integer"},
    "nodes": [
        {"id": "route", "type": "switch", "cases": [{"when": "n > 5", "to": "large"}], "default": "small"},
        {"id": "large", "type": "work", "inputs": ["n"]},
        {"id": "small", "type": "work", "inputs": ["n"]},
        {"id": "both", "type": "set", "inputs": {"large": "large.status", "small": "small.output"}, "join": "first"},
    ],
    "edges": [{"from": "large", "to": "both"}, {"from": "small", "to": "both"}],
}
SCOPES: dict[str, Any] = {
    "name": "scopes",
    "inputs": {"items": "array"},
    "nodes": [
        {
            "id": "each",
            "type": "map",
            "over": "items",
            "concurrency": 2,
            "on_item_failure": "collect",
            "nodes": [{**PAY, "inputs": {"order": "item"}}, {"id": "check", "type": "check", "inputs": ["pay.output"]}],
        },
        {
            "id": "again",
            "type": "loop",
            "until": "iteration == 2",
            "nodes": [{"id": "turn", "type": "work", "inputs": {"n": "iteration"}}],
        },
        {"id": "part", "type": "workflow", "workflow": "part", "inputs": {"n": "size(each.output)"}},
    ],
    "workflows": {
        "part": {"name": "part", "inputs": {"n": "any"}, "nodes": [{"id": "w", "type": "work", "inputs": ["n"]}]}
    },
}


async def a_chain(h: House) -> str:
    return await ran(h, ORDER, order=1)


async def a_rollback(h: House) -> str:
    h.scripts.then("ship", fail("unavailable"), fail("rejected", "no courier"))
    return await ran(h, ORDER, order=1)


async def an_undo_that_is_left(h: House) -> str:
    h.scripts.then("ship", fail("rejected")).then("refund", fail("timeout"), fail("rejected", "closed account"))
    return await ran(h, ORDER, order=1)


async def a_branch_and_a_skip(h: House) -> str:
    return await ran(h, ROUTES, n=7)


async def scopes_and_a_collected_failure(h: House) -> str:
    h.scripts.then("check", 1, fail("rejected", "not this one"), 3)
    return await ran(h, SCOPES, items=[1, 2, 3])


async def a_signal_and_a_timer(h: House) -> str:
    run_id = await h.start(GATE)
    await h.engine.send(run_id, Signal(name="go", payload={"by": "ann"}))
    await h.finish(run_id)
    return run_id


async def a_wait_that_took_too_long(h: House) -> str:
    return await ran(h, GATE)


async def an_answer_that_came_late(h: House) -> str:
    return await particulars.came_late(h, "late")


async def a_pause_an_edit_and_a_cancel(h: House) -> str:
    run_id = await h.start(GATE)
    await h.engine.send(run_id, Pause(by="ann"))
    more = {"id": "more", "type": "work", "inputs": ["work.output"]}
    await h.engine.send(run_id, Edit(patch={"add": {"nodes": [more]}, "remove": {"edges": [GATE["edges"][0]]}}))
    await h.engine.send(run_id, Resume())
    await h.quiet()
    await h.engine.send(run_id, Cancel(reason="enough"))
    await h.finish(run_id)
    return run_id


async def a_cancel_with_rollback(h: House) -> str:
    shipping = Hold()
    h.scripts.then("ship", shipping)
    run_id = await h.start(ORDER, order=1)
    await shipping.started.wait()
    await h.engine.send(run_id, Cancel(rollback=True, by="ann"))
    await h.finish(run_id)
    return run_id


async def a_retry(h: House) -> str:
    definition = {**ORDER, "nodes": [{"id": "pay", "type": "pay", "inputs": ["order"]}, SHIP]}
    h.scripts.then("ship", fail("rejected"))
    run_id = await h.engine.retry(await ran(h, definition, order=1))
    await h.finish(run_id)
    return run_id


async def a_fork_with_another_input(h: House) -> str:
    definition = {
        **ORDER,
        "inputs": {"order": "any", "to": "any"},
        "nodes": [PAY, {**SHIP, "inputs": ["pay.output", "to"]}],
    }
    run_id = await h.engine.fork(await ran(h, definition, order=1, to="here"), at="ship", inputs={"to": "there"})
    await h.finish(run_id)
    return run_id


async def an_edit_while_items_run_and_queue(h: House) -> str:
    held = Hold("paid")
    h.scripts.then("pay", held).then("ship", fail("rejected"))
    each = {
        "id": "each",
        "type": "map",
        "over": "items",
        "nodes": [{**PAY, "inputs": {"order": "[item, first.output]"}}],
    }
    nodes = [{"id": name, "type": "work"} for name in ("gone", "first")]
    nodes[0]["inputs"] = ["each.output"]  # type: ignore[assignment]
    end = {"id": "end", "type": "ship", "inputs": ["each.output"]}
    definition = {"name": "edited", "inputs": {"items": "array"}, "max_parallel": 1, "nodes": [*nodes, each, end]}
    run_id = await h.start(definition, items=[1, 2])
    await held.started.wait()
    patch = {
        "remove": {"nodes": ["gone"]},
        "add": {"nodes": [{"id": "more", "type": "work", "inputs": ["end.output"]}]},
    }
    await h.engine.send(run_id, Edit(patch=patch, by="ann", reason="one less, one more"))
    held.release()
    await h.finish(run_id)
    return run_id


async def big_values(h: House) -> str:
    h.scripts.then("work", "ü" * 6000)
    nodes: list[dict[str, Any]] = [
        {"id": "a", "type": "work"},
        {"id": "both", "type": "set", "inputs": {"all": "[a.output, 'end']"}},
        {"id": "b", "type": "work", "inputs": ["both.output"]},
    ]
    return await ran(h, {"name": "big", "nodes": nodes})


async def unfinished(h: House) -> str:
    run_id = await h.start(GATE)
    await h.quiet()
    return run_id


STORIES: dict[str, tuple[Story, ...]] = {
    "0.1.0": (
        a_chain,
        a_rollback,
        an_undo_that_is_left,
        a_branch_and_a_skip,
        scopes_and_a_collected_failure,
        a_signal_and_a_timer,
        a_wait_that_took_too_long,
        an_answer_that_came_late,
        a_pause_an_edit_and_a_cancel,
        a_cancel_with_rollback,
        a_retry,
        a_fork_with_another_input,
        an_edit_while_items_run_and_queue,
        big_values,
        unfinished,
    ),
    "0.2.0": (*trouble.STORIES, *particulars.STORIES),
}
"""What each version brought that those before it did not have."""


async def ran(h: House, definition: dict[str, Any], **inputs: Any) -> str:
    run_id = await h.start(definition, **inputs)
    await h.finish(run_id)
    return run_id


async def record(story: Story, file: Path) -> None:
    scripts = Scripts(
        pay="paid", ship="shipped", refund=None, work=1, check=1, other="instead", advisor=None, planner=None
    )
    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder), scripts) as h:
            run_id = await story(h)
            events = await h.events(run_id)
            document = h.engine._journal.document(events[0].plan)
    write(file, document, events)


if __name__ == "__main__":
    for each in STORIES[sys.argv[1]]:
        target = HISTORIES / sys.argv[1] / f"{each.__name__}.json"
        if not target.exists():
            asyncio.run(record(each, target))
        write_state(target)
