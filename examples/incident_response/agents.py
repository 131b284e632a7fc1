"""The hands of the response: agents that look at services and change them. What they know is in services.py.

A change is made under the `task_id` of the node that asked for it, so a repeat after a crash changes nothing twice.
"""

from pathlib import Path

import services
from planner import planner

from concertato import AgentError, TaskContext, agent

__all__ = ["planner"]

REPORTS = Path(__file__).parent / "out" / "reports"

PATIENCE = 3
"""How many looks a mitigation has to show that it helps."""


@agent
def look_at_service(service: str) -> dict:
    if service not in services.OPENING:
        raise AgentError(f"there is no service {service!r}; there are {', '.join(services.OPENING)}", kind="rejected")
    return services.look(service)


@agent
def read_log(service: str) -> list:
    return services.log(service)


@agent
def scale_out(service: str, replicas: int, task: TaskContext) -> dict:
    return {"before": services.change(task.task_id, service, replicas=replicas)}


@agent
def shift_traffic(service: str, zone: str, task: TaskContext) -> dict:
    return {"before": services.change(task.task_id, service, zone=zone)}


@agent
def roll_back_release(service: str, release: str, task: TaskContext) -> dict:
    return {"before": services.change(task.task_id, service, release=release)}


@agent
def restart(service: str, task: TaskContext) -> dict:
    return {"before": services.change(task.task_id, service, memory=30)}


@agent
def restore_service(service: str, before: dict, task: TaskContext) -> dict:
    """The compensation of whatever can be taken back."""
    services.change(task.task_id, service, **before)
    return {"restored": before}


@agent
def see_whether_it_helped(service: str, before: float, done: dict) -> dict:
    """Fails where it did not, so that what was done is undone. `done` is read for the order alone."""
    for _ in range(PATIENCE):
        errors = services.look(service)["errors_percent"]
        if errors < before:
            return {"before": before, "after": errors}
    raise AgentError(f"{errors} % of the requests fail, and before it was {before} %", kind="rejected")


@agent
def incident_lead(problem: dict) -> dict:
    """Decides what becomes of a response that failed: something else is tried, or people are called."""
    tried = problem["failure"]["path"].rsplit("/", 1)[-1]
    if not tried.endswith("_helped"):
        return {"action": "escalate", "reason": f"{tried} failed, and I know nothing else"}
    ruled_out = [*problem["inputs"]["ruled_out"], tried.removesuffix("_helped")]
    reason = f"{ruled_out[-1]} did not help and was undone; plan again without it"
    return {"action": "retry", "inputs": {"ruled_out": ruled_out}, "reason": reason}


@agent
def save_evidence(service: str) -> dict:
    """Not in the workflow: edits of a live run add it."""
    return {"service": service, "log": services.log(service)}


@agent
def tell_customers(service: str, text: str) -> str:
    """Not in the workflow either."""
    return f"{service}: {text}"


@agent
def write_report(alert: dict, response: dict | None, watched: dict | None) -> dict:
    REPORTS.mkdir(parents=True, exist_ok=True)
    done = response["done"] if response else "nothing"
    errors = watched["errors"] if watched else None
    file = REPORTS / f"{alert['id']}.md"
    ending = "unknown" if errors is None else f"{errors} % errors"
    file.write_text(f"# {alert['id']}: {alert['symptom']}\n\nDone: {done}. In the end: {ending}.\n")
    return {"incident": alert["id"], "done": done, "errors_percent": errors}
