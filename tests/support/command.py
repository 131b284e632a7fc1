"""The `concertato` command as a person calls it: in a folder of its own, and in a process, forked or afresh."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from support.command_server import Call
from support.environment import environ_of
from support.warm_command import status_of

_PATIENCE = 30.0


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str


class Command(Protocol):
    def __call__(self, *arguments: str, environ: Mapping[str, str] | None = None) -> Done: ...


class Folder:
    """A folder to call the command in. Nothing of the caller's own settings gets through."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def path(self, name: str) -> Path:
        return self._path / name

    def write(self, name: str, text: str) -> None:
        self.path(name).write_text(text, encoding="utf-8")

    def command(self, *arguments: str, environ: Mapping[str, str] | None = None) -> Done:
        """To its end, in a process that is forked with all of Concertato imported: for what does not depend on that.

        What depends on it, on how Python is started, or on what outlives the command is for `command_afresh`.
        """
        if unheard := [name for name in environ or () if name.startswith("PYTHON")]:
            raise ValueError(f"{', '.join(unheard)}: a fork has its Python already; use command_afresh")
        with tempfile.TemporaryDirectory() as streams:
            out, err = Path(streams) / "out", Path(streams) / "err"
            out.touch()
            err.touch()
            variables = {**environ_of(), **(environ or {})}
            call = Call(arguments, str(self._path), variables, str(out), str(err), _PATIENCE)
            return Done(status_of(call), out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))

    def command_afresh(self, *arguments: str, environ: Mapping[str, str] | None = None) -> Done:
        """To its end, in a Python of its own, as everybody's shell does it."""
        process = self.start(*arguments, environ=environ)
        out, err = process.communicate(timeout=_PATIENCE)
        return Done(process.returncode, out, err)

    def start(self, *arguments: str, environ: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "concertato", *arguments],
            cwd=self._path,
            env={**environ_of(), **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def wait_for(self, name: str) -> None:
        """Until another process has made this file: the one thing that processes can tell each other here."""
        deadline = time.monotonic() + _PATIENCE
        while not self.path(name).exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} was not made in {_PATIENCE:.0f} s")
            time.sleep(0.01)
