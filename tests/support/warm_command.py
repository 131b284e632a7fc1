"""The `concertato` command without the half second that it takes to start: forked from a process that is warm."""

import atexit
import signal
import subprocess
import sys
from functools import cache

import msgspec

from support.command_server import Call
from support.environment import environ_of
from support.source import ROOT


def status_of(call: Call) -> int:
    """See a call through to its end; its output is then in the files that it names."""
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(msgspec.json.encode(call) + b"\n")
    server.stdin.flush()
    status = int(server.stdout.readline())
    if status == -signal.SIGKILL:
        raise TimeoutError(f"concertato {' '.join(call.arguments)}: no end within {call.seconds:.0f} s")
    return status


@cache
def _server() -> "subprocess.Popen[bytes]":
    """One for as long as this process lives. What a terminal does to us, such as Ctrl-C, it does not do to it."""
    server = subprocess.Popen(
        [sys.executable, "-m", "support.command_server"],
        cwd=ROOT / "tests",
        env=environ_of(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    atexit.register(server.communicate)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    return server
