"""Random ladders, and random questions to people: what is to become of what goes wrong in a random workflow."""

from random import Random
from typing import Any

Document = dict[str, Any]

ACTIONS = ["retry", "skip", "use_output", "escalate", "rollback", "abort"]


def ladder(random: Random, readable: list[str], *, stands_in: bool = True) -> list[Any]:
    """Steps in any order, then perhaps a last word. `stands_in`: somebody else can give the node's output."""
    kinds = [random.choice(["fallback"] * stands_in + ["recover", "escalate"]) for _ in range(random.randint(0, 3))]
    rungs: list[Any] = []
    for position, kind in enumerate(kinds):
        below = kinds[position + 1 :]
        actions = [each for each in ACTIONS if stands_in or each != "use_output"]
        match kind:
            case "fallback":
                rungs.append({"fallback": _fallback(random, readable)})
            case "recover":
                may = [each for each in actions if each != "escalate" or "escalate" in below]
                rungs.append({"recover": _recover(random, may)})
            case _:
                may = [each for each in actions if each != "escalate"]
                chosen = random.sample(may, random.randint(1, len(may)))
                defaults = [each for each in chosen if each != "use_output"]
                rungs.append({"escalate": {"may": chosen, **asked(random, defaults, [*readable, "failure.message"])}})
    if not rungs or random.random() < 0.6:
        rungs.append(random.choice(["rollback", "fail", "continue", "continue"]))
    return rungs


def _fallback(random: Random, readable: list[str]) -> Document:
    made: Document = {"type": "other", "retry": {"max_attempts": random.choice([1, 2])}}
    if random.random() < 0.4:
        made["inputs"] = {"instead": random.choice(readable), "why": "failure.kind"}
    if random.random() < 0.3:
        made["with"] = {"careful": True}
    if random.random() < 0.2:
        made["timeout"] = 2
    return made


def _recover(random: Random, may: list[str]) -> Document:
    made: Document = {"type": "advisor", "may": random.sample(may, random.randint(1, len(may)))}
    made["max_times"] = random.choice([1, 2, 3])
    made["retry"] = {"max_attempts": random.choice([1, 2])}
    if random.random() < 0.2:
        made["timeout"] = 2
    return made


def undoing(random: Random, readable: list[str]) -> list[Any]:
    """What becomes of a compensation that fails for good."""
    if random.random() < 0.3:
        return ["fail"]
    return [{"escalate": asked(random, ["leave"], readable)}, *random.choice([[], ["fail"]])]


def asked(random: Random, defaults: list[str], readable: list[str]) -> Document:
    """Whom to ask and for how long. Whoever is barred, there are two others at least."""
    made: Document = {"to": random.choice(["role:boss", ["user:ann", "role:clerk"], ["role:boss", "role:clerk"]])}
    if random.random() < 0.4:
        made["timeout"] = random.choice([3, 20])
        if random.random() < 0.5:
            made["remind"] = [1, 2]
        if defaults and random.random() < 0.5:
            made["default"] = random.choice(defaults)
    if random.random() < 0.3:
        made["title"] = f"Look at {{{{ {random.choice(readable)} }}}}"
    if random.random() < 0.2:
        made["approvals"] = 2
    if random.random() < 0.3:
        made["not"] = random.choice([["user:bob"], ["initiator"]])
    return made
