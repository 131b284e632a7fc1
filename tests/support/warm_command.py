"""The `concertato` command without the half second that it takes to start: forked from a process that is warm."""

import atexit
import subprocess
import sys

import msgspec

from support.command_server import Call
from support.environment import environ_of
from support.source import ROOT


class _Warm:
    """The server, from the first call on. One that was left in the middle of a call, or that died, is replaced.

    What a terminal does to us, such as Ctrl-C, it does not do to the server.
    """

    def __init__(self) -> None:
        self._server: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)

    def ask(self, line: bytes) -> list[str]:
        server = self._server = self._server or self._start()
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            server.stdin.write(line + b"\n")
            server.stdin.flush()
            answer = server.stdout.readline().decode().split()
        except BaseException:  # interrupted: what it says next is the answer to this, and not to what is asked next
            self.stop()
            raise
        if not answer:
            raise RuntimeError(f"the server of warm commands ended with {self.stop()} in the middle of a call")
        return answer

    def _start(self) -> "subprocess.Popen[bytes]":
        server = subprocess.Popen(
            [sys.executable, "-m", "support.command_server"],
            cwd=ROOT / "tests",
            env=environ_of(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        return server

    def stop(self) -> int | None:
        server, self._server = self._server, None
        if server is None:
            return None
        server.kill()
        server.communicate()
        return server.returncode


_WARM = _Warm()


def status_of(call: Call) -> int:
    """See a call through to its end; its output is then in the files that it names."""
    status, how = _WARM.ask(msgspec.json.encode(call))
    if how == "killed":
        raise TimeoutError(f"concertato {' '.join(call.arguments)}: no end within {call.seconds:.0f} s")
    return int(status)
