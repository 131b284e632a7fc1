"""Random workflows that run: small, deeply nested, full of what goes wrong. Plain `random`, so that a seed is a case.

Every expression has a value whatever the agents answer, but for the few that are meant to fail.
"""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from support.troubles import Document, asked, ladder, undoing

SIGNALS = ["go", "stop"]

AGENTS = ["work", "check", "undo", "other", "advisor", "planner", "human", "plan"]
"""What a plan node may allow."""

FORM: Document = {"properties": {"n": {"type": "integer"}}, "required": ["n"]}


@dataclass(frozen=True)
class _Around:
    """What a body's expressions may read, how many more may stand in it, and what else there is in its definition.

    `planned`: it is proposed by the agent of a plan node, and begins the ids of its nodes with that.
    """

    readable: list[str]
    depth: int
    ids: list[str] = field(default_factory=list)
    workflows: Document = field(default_factory=dict)
    planned: str = ""


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
    if random.random() < 0.3:
        document["max_recoveries"] = random.choice([0, 1, 3])
    document |= _ladder_of_all(random)
    if around.workflows:
        document["workflows"] = around.workflows
    return document


def node(random: Random, node_id: str, readable: list[str], later: list[str] | None = None) -> Document:
    """One node without a body, as an edit may add it; it reads some of `readable`."""
    return _node(random, node_id, later or [], _Around(readable, 0))


def proposal(random: Random, names: str, readable: list[str]) -> Document:
    """What the agent of a plan node may answer: mostly a body that can be taken. The ids of its nodes begin as `names`
    says.
    """
    around = _Around(readable, random.choice([0, 1]), planned=names)
    body = _body(random, around, random.choice([1, 3]))
    flaw = random.random()
    if flaw < 0.05:
        body["nodes"][0]["type"] = "unheard"
    elif flaw < 0.1:
        body["nodes"].append(body["nodes"][0])
    elif flaw < 0.15:
        body["edges"].append({"from": names, "to": "nowhere"})
    return body


def _body(random: Random, around: _Around, size: int) -> Document:
    """Nodes that read only what comes before them, and edges that lead forwards: so there is never a cycle."""
    ids = [f"{around.planned or 'n'}{len(around.ids) + index}" for index in range(random.randint(1, size))]
    around.ids.extend(ids)
    nodes: list[Document] = []
    readable = list(around.readable)
    edges: list[Document] = []
    for index, node_id in enumerate(ids):
        nodes.append(_node(random, node_id, ids[index + 1 :], replace(around, readable=readable)))
        likely = 0.45 if index < 4 else 0.2
        sources = [source for source in ids[:index] if random.random() < likely]
        edges += [{"from": source, "to": node_id, **_condition(random, source, nodes, readable)} for source in sources]
        readable += [f"{node_id}.output", f"{node_id}.status"]
    body: Document = {"nodes": nodes, "edges": edges}
    if random.random() < 0.3:
        body["outputs"] = {"result": _expression(random, readable)}
    return body


def _expression(random: Random, readable: list[str]) -> str:
    if random.random() < 0.006:
        return "[1, 2][5]"  # an agent is never asked with it: it cannot be computed
    form = random.choice(["{}", "{}", "[{}, 'text']", "{} == null", "{{'key': {}}}"])
    return form.format(random.choice(readable))


def _condition(random: Random, source: str, nodes: list[Document], readable: list[str]) -> Document:
    asked = next((each for each in nodes if each["id"] == source and each["type"] == "human"), None)
    if asked is not None and random.random() < 0.5:
        return {"when": random.choice(_choices(asked))}
    if random.random() < 0.65:
        return {}
    return {"when": random.choice(["{} == null", "{} != null", "{} == 1"]).format(random.choice(readable))}


def _node(random: Random, node_id: str, later: list[str], around: _Around) -> Document:
    kinds = ["task"] * 6 + ["set", "wait", "human"] + ["switch"] * bool(later)
    kinds += ["map", "loop", "plan", "plan"] * bool(around.depth)
    kinds += ["workflow"] * bool(around.depth and not around.planned)
    kind = random.choice(kinds)
    made: Document = {"id": node_id, "type": kind}
    if random.random() < 0.45:
        made["join"] = random.choice(["all", "first"])
    if kind in ("task", "map", "loop", "workflow", "plan", "wait") and random.random() < 0.25:
        made["timeout"] = random.choice([1, 3, 10])
    if random.random() < 0.3:
        made["on_failure"] = ladder(random, [*around.readable, "input"], stands_in=kind != "switch")
    match kind:
        case "task":
            return made | _task(random, around.readable)
        case "set":
            return made | {"inputs": {"value": _expression(random, around.readable)}}
        case "wait":
            until = "timestamp(run.started_at) + duration('5s')"
            return made | random.choice([{"for": 2}, {"signal": "go"}, {"signal": "stop"}, {"until": until}])
        case "human":
            return made | _human(random, around.readable)
        case "switch":
            return made | _switch(random, later, around.readable)
        case "map":
            return made | _map(random, around)
        case "plan":
            return made | _plan(random, around)
        case "loop":
            ends = random.choice([{"while": "iteration < 2"}, {"until": "iteration == 1"}, {"until": "last == null"}])
            inner = replace(around, readable=[*around.readable, "iteration", "last"], depth=around.depth - 1)
            return made | ends | {"max_iterations": 3} | _body(random, inner, 3)
        case _:
            return made | _part(random, f"part_{node_id}", around)


def _part(random: Random, name: str, around: _Around) -> Document:
    """A sub-workflow, and its definition among those of the one around it."""
    inside = replace(_Around(["given"], around.depth - 1), ids=around.ids)
    body = _body(random, inside, 3)
    around.workflows[name] = {"name": name, "inputs": {"given": "any"}, **body, **_ladder_of_all(random)}
    if inside.workflows:
        around.workflows[name]["workflows"] = inside.workflows
    return {"workflow": name, "inputs": {"given": _expression(random, around.readable)}}


def _task(random: Random, readable: list[str]) -> Document:
    task: Document = {"type": random.choice(["work", "check"]), "inputs": {"value": _expression(random, readable)}}
    if random.random() < 0.7:
        task["retry"] = {"max_attempts": random.choice([1, 2, 3]), "initial": random.choice([0, 1])}
    if random.random() < 0.5:
        task["compensate"] = {"type": "undo", "retry": {"max_attempts": random.choice([1, 3])}}
        if random.random() < 0.5:
            task["compensate"]["inputs"] = {"was": "output", "input": "input", "about": random.choice(readable)}
        if random.random() < 0.2:
            task["compensate"]["timeout"] = 2
        if random.random() < 0.4:
            task["compensate"]["on_failure"] = undoing(random, readable)
    if random.random() < 0.2:
        task["cancellable"] = random.random() < 0.5
    return task


def _plan(random: Random, around: _Around) -> Document:
    made: Document = {"agent": "planner", "allow": random.choice([*[AGENTS] * 5, ["work", "check", "human"]])}
    made["inputs"] = {"value": _expression(random, around.readable)}
    made["max_nodes"], made["max_depth"] = (1, 1) if around.planned else random.choice([(20, 3), (20, 3), (3, 1)])
    if random.random() < 0.7:
        made["retry"] = {"max_attempts": random.choice([1, 2]), "initial": random.choice([0, 1])}
    return made


def _ladder_of_all(random: Random) -> Document:
    """The ladder of a whole definition, which some have; it sees the inputs alone."""
    if random.random() < 0.75:
        return {}
    # Where a switch is among the nodes nobody may give its output, nor stand in for it: the check knows no better here.
    return {"on_failure": ladder(random, ["given", "input"])}


def _human(random: Random, readable: list[str]) -> Document:
    choices: list[Any] = ["yes", random.choice(["no", {"name": "no", "approvals": 2}])]
    made: Document = {"choices": choices, **asked(random, ["yes", "no"], readable)}
    if random.random() < 0.3:
        made["form"] = FORM
    if "timeout" in made and random.random() < 0.5:
        made["escalate"] = {"to": "role:boss", "timeout": random.choice([2, 30])}
    return made


def _choices(human: Document) -> list[str]:
    return [each if isinstance(each, str) else each["name"] for each in human["choices"]]


def _switch(random: Random, later: list[str], readable: list[str]) -> Document:
    def way() -> Any:
        return random.choice([random.choice(later), random.sample(later, random.randint(1, min(2, len(later))))])

    values = ["null"] * 10 + ["1"] * 10 + ["[1, 2][5]"]
    cases = [
        {"when": f"{random.choice(readable)} == {random.choice(values)}", "to": way()}
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
