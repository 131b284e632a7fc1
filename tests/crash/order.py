"""A program that pays an order in two steps and kills itself, as `kill -9` does, the first time it gets to one of them.

Arguments: the folder of the journal, and the step in which to die. `calls` in that folder is what the world has seen.
"""

import os
import signal
import sys
from pathlib import Path

from concertato import TaskContext, agent, run

FOLDER, DIES_IN = Path(sys.argv[1]), sys.argv[2]
CALLS = FOLDER / "calls"


def seen(task: TaskContext) -> None:
    before = CALLS.read_text(encoding="utf-8") if CALLS.exists() else ""
    CALLS.write_text(f"{before}{task.task_id}\n", encoding="utf-8")
    if task.node == DIES_IN and task.task_id not in before:
        os.kill(os.getpid(), signal.SIGKILL)


@agent
async def reserve(order: str, task: TaskContext) -> str:
    seen(task)
    return f"{order} reserved"


@agent
async def charge(reserved: str, task: TaskContext) -> str:
    seen(task)
    return f"{reserved}, charged"


WORKFLOW = {
    "name": "order",
    "nodes": [
        {"id": "reserve", "type": "reserve", "inputs": ["order"]},
        {"id": "charge", "type": "charge", "inputs": ["reserve.output"]},
    ],
}

if __name__ == "__main__":
    outputs = run(WORKFLOW, {"order": "seven"}, journal=FOLDER / "journal.db", key="order seven")
    sys.stdout.write(outputs["charge"])
