"""What people decide and recovery agents answer, at random: often as they may, often not."""

from random import Random
from typing import Any

import msgspec

from concertato.run.commands import CallAgent, OpenTask
from concertato.run.events import AnyEvent, CancelRequested, Decided, Identity, Raw, TaskDelegated
from concertato.run.permission import refused_decision, refused_delegation
from concertato.run.question import decode as read_question
from concertato.run.question import digest
from support import troubles, workflows
from support.histories import OUTPUTS, History

PEOPLE = [
    Identity("ann", ["boss"]),
    Identity("bob", ["boss", "clerk"], "jwt"),
    Identity("cat", ["clerk", "boss"]),
    Identity("dan", ["clerk", "operator"]),
    Identity("eve", ["boss", "operator"]),
    Identity("fay"),
]

_NO_BODIES = [
    b"[]",
    b"{}",
    b'{"nodes":7}',
    b'{"nodes":[]}',
    b'{"nodes":[1]}',
    b'{"nodes":[{"id":"x"}]}',
    b"[" * 2000 + b"]" * 2000,
    b'{"nodes":[' + b'{"nodes":[' * 500 + b"]}" * 500 + b"]}",
    b'{"nodes":[' + b",".join(b'{"id":"x%d","type":"work"}' % number for number in range(40)) + b"]}",
]

_BROKEN = [
    b"null",
    b"[]",
    b'"retry"',
    b'{"action":"retry"}',
    b'{"action":7,"reason":"x"}',
    b'{"action":"flee","reason":"x"}',
]


def advice(call: CallAgent, random: Random) -> tuple[Raw, str | None]:
    """A recovery agent's answer, and what the node's own agent has against it."""
    if random.random() < 0.1:
        return Raw(random.choice(_BROKEN)), None
    may = msgspec.json.decode(call.fields["problem"])["may"]
    action = random.choice(may if random.random() < 0.9 else troubles.ACTIONS)
    answer: dict[str, Any] = {"action": action, "reason": "because" if random.random() < 0.95 else " "}
    if action == "use_output" or random.random() < 0.03:
        answer["output"] = random.choice([None, 1, {"given": "instead"}])
    if (action == "retry" and random.random() < 0.5) or random.random() < 0.03:
        answer["inputs"] = _inputs(random)
    return Raw(msgspec.json.encode(answer)), "its own agent says no" if random.random() < 0.05 else None


def planned(history: History, call: CallAgent, random: Random) -> bytes:
    """A planner's answer: mostly what its node allows, sometimes what is no body at all."""
    if random.random() < 0.1:
        return random.choice([*OUTPUTS, *_NO_BODIES])
    readable = ["given"]
    scope = next((each for each in history.run.scopes() if call.path.startswith(each.prefix)), history.run.root)
    if random.random() < 0.2:  # it may be there by now or not
        readable += [f"{node.id}.output" for node in scope.plan.nodes]
    return msgspec.json.encode(workflows.proposal(random, f"p{len(history.turns)}_", readable))


def _inputs(random: Random) -> Any:
    return random.choice([{"value": 7}, {"value": 7}, {"value": None}, {"given": 7}, {}, {"nothing": 1}, [1], None])


def choose(history: History, random: Random) -> AnyEvent:
    """Somebody decides a task: mostly one that is open, mostly as they may."""
    tasks = list(history.world.tasks.values())
    if not tasks or random.random() < 0.05:
        name = random.choice(["nothing", "n0", "n0~failed", *history.world.closed])
        return Decided(at=history.now, task=name, choice="yes", by=random.choice(PEOPLE))
    task = random.choice(tasks)
    question = read_question(task.question)
    choice = random.choice([*(each.name for each in question.choices), *random.choices(troubles.ACTIONS, k=1)])
    values = _values(task, choice, random, fits=random.random() < 0.85)
    return _decided(history, task, choice, random.choice(PEOPLE), values)


def _values(task: OpenTask, choice: str, random: Random, *, fits: bool) -> Any:
    if not fits:
        return random.choice([None, 1, [], {"n": "one"}, {"output": 1}, {"inputs": {"nothing": 1}}, {"more": True}])
    if bytes(read_question(task.question).form) != b"null":
        return {"n": random.randint(0, 9)}
    if task.about == "failure" and choice == "use_output":
        return {"output": random.choice([None, 1, [2]])}
    if task.about == "failure" and choice == "retry":
        return random.choice([None, {}, {"inputs": _inputs(random)}])
    return random.choice([None, {}])


def _decided(history: History, task: OpenTask, choice: str, by: Identity, values: Any) -> Decided:
    shown = digest(task.question)
    text = Raw(msgspec.json.encode(values))
    return Decided(at=history.now, task=task.task, choice=choice, by=by, values=text, shown=shown, reason="random")


def delegate(history: History, random: Random) -> AnyEvent:
    name = random.choice([*history.world.tasks, "nothing"])
    to = random.choice(["user:ann", "user:fay", "role:clerk", "role:boss", "fay", "role:", "user:bob"])
    return TaskDelegated(at=history.now, task=name, to=to, by=random.choice(PEOPLE))


def settle(history: History, random: Random) -> AnyEvent:
    """Somebody decides a task so that the run comes nearer to its end: a newcomer, where all others disagree.

    Where only some who were named may decide, and did so differently, one of them hands it to others.
    """
    task = next(iter(history.world.tasks.values()))
    choices = [each.name for each in read_question(task.question).choices]
    helpful = [each for each in choices if each != "retry"]
    if not helpful:
        if random.random() < 0.5:
            return CancelRequested(at=history.now)
        helpful = choices
    choice = random.choice(helpful)
    newcomer = Identity(f"p{len(history.turns)}", ["boss", "clerk", "operator"])
    for by in [*random.sample(PEOPLE, len(PEOPLE)), newcomer]:
        decided = _decided(history, task, choice, by, _values(task, choice, random, fits=True))
        if refused_decision(history.run, decided) is None:
            return decided
    for by in PEOPLE:
        handed = TaskDelegated(at=history.now, task=task.task, to="role:clerk", by=by)
        if refused_delegation(history.run, handed) is None:
            return handed
    return CancelRequested(at=history.now)
