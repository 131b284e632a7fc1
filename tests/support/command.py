"""The `concertato` command as a person calls it: a process of its own, in a folder of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import concertato

_SOURCE = Path(concertato.__file__).parents[1]
_PATIENCE = 30.0


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str


class Command(Protocol):
    def __call__(self, *arguments: str, environ: Mapping[str, str] | None = None) -> Done: ...


def environ_of() -> dict[str, str]:
    """The environment of the command, without the caller's own settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CONCERTATO_", "PYTHON"))}
    return clean | {"PYTHONPATH": str(_SOURCE), "PYTHONUTF8": "1"}


class Folder:
    """A folder to call the command in. Nothing of the caller's own settings gets through."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def path(self, name: str) -> Path:
        return self._path / name

    def write(self, name: str, text: str) -> None:
        self.path(name).write_text(text, encoding="utf-8")

    def command(self, *arguments: str, environ: Mapping[str, str] | None = None) -> Done:
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
