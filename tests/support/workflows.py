"""Random workflows that run: small, deeply nested, full of what goes wrong. Plain `random`, so that a seed is a case.

Every expression has a value whatever the agents answer, but for the few that are meant to fail.
"""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

Document = dict[str, Any]

SIGNALS = ["go", "stop"]


@dataclass(frozen=True)
class _Around:
    """What a body's expressions may read, how deep it stands, and whether it stands in a definition of its own."""

    readable: list[str]
    depth: int
    ids: list[str] = field(default_factory=list)
    workflows: Document = field(default_factory=dict)


def workflow(random: Random, depth: int = 2) -> Document:
    around = _Around(["given"], depth)
    document: Document = {
        "name": "random",
        "inputs": {"given": "any"},
        **_body(random, around, random.choice([3, 8, 12])),
    }
    if random.random() < 0.5:
        document["max_parallel"] = random.choice([1, 2, 3])
    if random.random() < 0.2:
        document["timeout"] = random.choice([5, 50])
    if around.workflows:
        document["workflows"] = around.workflows
    return document


def node(random: Random, node_id: str, readable: list[str], later: list[str] | None = None) -> Document:
    """One node without a body, as an edit may add it; it reads some of `readable`."""
    return _node(random, node_id, later or [], _Around(readable, 0))


def _body(random: Random, around: _Around, size: int) -> Document:
    """Nodes that read only what comes before them, and edges that lead forwards: so there is never a cycle."""
    ids = [f"n{len(around.ids) + index}" for index in range(random.randint(1, size))]
    around.ids.extend(ids)
    nodes: list[Document] = []
    readable = list(around.readable)
    edges: list[Document] = []
    for index, node_id in enumerate(ids):
        nodes.append(_node(random, node_id, ids[index + 1 :], replace(around, readable=readable)))
        sources = [source for source in ids[:index] if random.random() < 0.2]
        edges += [{"from": source, "to": node_id, **_condition(random, readable)} for source in sources]
        readable += [f"{node_id}.output", f"{node_id}.status"]
    body: Document = {"nodes": nodes, "edges": edges}
    if random.random() < 0.3:
        body["outputs"] = {"result": _expression(random, readable)}
    return body


def _expression(random: Random, readable: list[str]) -> str:
    if random.random() < 0.003:
        return "[1, 2][5]"  # an agent is never asked with it: it cannot be computed
    form = random.choice(["{}", "{}", "[{}, 'text']", "{} == null", "{{'key': {}}}"])
    return form.format(random.choice(readable))


def _condition(random: Random, readable: list[str]) -> Document:
    if random.random() < 0.75:
        return {}
    return {"when": random.choice(["{} == null", "{} != null", "{} == 1"]).format(random.choice(readable))}


def _node(random: Random, node_id: str, later: list[str], around: _Around) -> Document:
    kinds = ["task"] * 6 + ["set", "wait"] + ["switch"] * bool(later)
    kinds += ["map", "loop", "workflow"] * bool(around.depth)
    kind = random.choice(kinds)
    made: Document = {"id": node_id, "type": kind}
    if random.random() < 0.3:
        made["join"] = random.choice(["all", "first"])
    if kind in ("task", "map", "loop", "workflow", "wait") and random.random() < 0.25:
        made["timeout"] = random.choice([1, 3, 10])
    match kind:
        case "task":
            return made | _task(random, around.readable)
        case "set":
            return made | {"inputs": {"value": _expression(random, around.readable)}}
        case "wait":
            until = "timestamp(run.started_at) + duration('5s')"
            return made | random.choice([{"for": 2}, {"signal": "go"}, {"signal": "stop"}, {"until": until}])
        case "switch":
            return made | _switch(random, later, around.readable)
        case "map":
            return made | _map(random, around)
        case "loop":
            ends = random.choice([{"while": "iteration < 2"}, {"until": "iteration == 1"}, {"until": "last == null"}])
            inner = replace(around, readable=[*around.readable, "iteration", "last"], depth=around.depth - 1)
            return made | ends | {"max_iterations": 3} | _body(random, inner, 3)
        case _:
            name = f"part_{node_id}"
            inside = replace(_Around(["given"], around.depth - 1), ids=around.ids)
            around.workflows[name] = {"name": name, "inputs": {"given": "any"}, **_body(random, inside, 3)}
            if inside.workflows:
                around.workflows[name]["workflows"] = inside.workflows
            return made | {"workflow": name, "inputs": {"given": _expression(random, around.readable)}}


def _task(random: Random, readable: list[str]) -> Document:
    task: Document = {"type": random.choice(["work", "check"]), "inputs": {"value": _expression(random, readable)}}
    if random.random() < 0.7:
        task["retry"] = {"max_attempts": random.choice([1, 2, 3]), "initial": random.choice([0, 1])}
    if random.random() < 0.5:
        task["compensate"] = {"type": "undo", "retry": {"max_attempts": random.choice([1, 3])}}
        if random.random() < 0.5:
            task["compensate"]["inputs"] = {"was": "output", "about": random.choice(readable)}
        if random.random() < 0.2:
            task["compensate"]["timeout"] = 2
    return task


def _switch(random: Random, later: list[str], readable: list[str]) -> Document:
    def way() -> Any:
        return random.choice([random.choice(later), random.sample(later, random.randint(1, min(2, len(later))))])

    cases = [
        {"when": f"{random.choice(readable)} == {random.choice(['null', '1'])}", "to": way()}
        for _ in range(random.randint(1, 2))
    ]
    return {"cases": cases, **random.choice([{}, {"default": way()}])}


def _map(random: Random, around: _Around) -> Document:
    made: Document = {"over": random.choice(["[1, 2, 3]", "[1, 2, 3, 4, 5]", "[]", "given == null ? [1] : [2, 3]"])}
    if random.random() < 0.5:
        made["concurrency"] = random.choice([1, 2])
    if random.random() < 0.5:
        made["on_item_failure"] = "collect"
    inner = replace(around, readable=[*around.readable, "item", "index"], depth=around.depth - 1)
    return made | _body(random, inner, 3)
