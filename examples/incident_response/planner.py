"""The planner: an agent that looks at an alert and proposes what to do, as nodes and edges of the grammar.

A model may stand in its place. This one is plain Python that always thinks the same, so the example needs no model.
"""

from typing import Any

from concertato import agent

Proposal = dict[str, Any]

UNDOABLE = {"scale_out", "shift_traffic", "roll_back_release"}
RESTORE = {"type": "restore_service", "inputs": {"service": "input.service", "before": "output.before"}}
"""How a mitigation is taken back. A restart cannot be."""


@agent
def planner(alert: dict, seen: dict, ruled_out: list[str], mistakes: list[str] | None = None) -> Proposal:
    """`seen` is what the instruments show, `ruled_out` what was tried in vain.

    A proposal with mistakes comes back: then `mistakes` says what is wrong with it.
    """
    service = alert["service"]
    if seen["load_percent"] > 100:
        needed = seen["replicas"] * seen["load_percent"] // 100 + 1
        # A planner that is a model gets names wrong at times. This one does so until it is told, to show how that goes.
        name = "scale_out" if mistakes else "scale_up"
        return _mitigation(service, name, {"replicas": needed})
    if seen["memory_percent"] > 90 and "shift_traffic" not in ruled_out:
        return _mitigation(service, "shift_traffic", {"zone": "b"})
    if seen["memory_percent"] > 90:
        return _mitigation(service, "restart", {})
    if "released" in alert:
        back = {"release": alert["released"]["before"]}
        return _with_approval(_mitigation(service, "roll_back_release", back), alert)
    return {"nodes": [_logs(service)], "outputs": {"done": "'nothing'", "log": "logs.output"}}


def _mitigation(service: str, name: str, settings: dict) -> Proposal:
    """Read the logs, do it, and see whether it helped; if that fails, it is undone."""
    step: dict[str, Any] = {
        "id": name,
        "type": name,
        "inputs": {"service": "alert.service"},
        "with": settings,
        "retry": {"initial": "100ms"},
    }
    if name in UNDOABLE:
        step["compensate"] = RESTORE
    helped = {
        "id": f"{name}_helped",
        "type": "see_whether_it_helped",
        "inputs": {
            "service": "alert.service",
            "before": "triage.output.errors_percent",
            "done": f"{name}.output",
        },
    }
    return {
        "nodes": [_logs(service), step, helped],
        "edges": [{"from": "logs", "to": name}],
        "outputs": {"done": f"'{name}'", "log": "logs.output", "helped": f"{name}_helped.output"},
    }


def _with_approval(proposal: Proposal, alert: dict) -> Proposal:
    """A risky step is put to the people on call first."""
    logs, step, helped = proposal["nodes"]
    approval = {
        "id": "approval",
        "type": "human",
        "to": "role:on_call",
        "title": f"Roll {alert['service']} back to release {alert['released']['before']}?",
        "instructions": "The log says {{ logs.output }}. What was written since the release is lost.",
        "choices": [{"name": "go", "title": "Roll it back"}, {"name": "leave", "title": "Leave it as it is"}],
        "timeout": "15m",
        "default": "leave",
    }
    edges = [{"from": "approval", "to": step["id"], "when": "go"}]
    outputs = {**proposal["outputs"], "done": f"approval.output.choice == 'go' ? '{step['id']}' : 'nothing'"}
    return {"nodes": [logs, approval, step, helped], "edges": edges, "outputs": outputs}


def _logs(service: str) -> dict[str, Any]:
    return {"id": "logs", "type": "read_log", "inputs": {"service": "alert.service"}, "description": f"Of {service}."}
