"""Agents that run in processes of their own: at the top level of a module, where a worker can find them."""

import os
import signal
import subprocess
import sys
import time

from concertato.agents.context import TaskContext
from concertato.agents.decorator import agent
from concertato.errors import AgentError


@agent(process=True)
def where(n: int, context: TaskContext) -> dict[str, int]:
    context.progress(0.5, f"{context.node} {context.attempt}")
    context.log.warning("asked for %s", n)
    return {"n": n, "pid": os.getpid(), "group": os.getpgid(0)}


@agent(process=True)
async def doubled(n: int) -> int:
    return 2 * n


@agent(process=True)
def refuses(n: int) -> int:
    raise AgentError("not today", kind="rate_limited", retry_after=n)


@agent(process=True)
def leaves(code: int) -> None:
    os._exit(code)


@agent(process=True)
def is_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@agent(process=True)
def never_ends(context: TaskContext) -> None:
    """Says its own process and that of a child it has started, then hangs."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    context.progress(None, f"{os.getpid()} {child.pid}")
    while True:
        time.sleep(3600)
