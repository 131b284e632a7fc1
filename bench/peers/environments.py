"""The virtual environments of the peers: made under build/ once, and again when their pins or the Python change."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.rounds import ROOT, WorkloadFailed

PINS = Path(__file__).parent / "requirements"
ENVIRONMENTS = ROOT / "build" / "peers"


def python_of(project: str, tell: Callable[[str], None]) -> Path:
    """The Python that has what the project's pins name and nothing else. Raises `WorkloadFailed`."""
    folder = ENVIRONMENTS / project
    python, stamp = folder / "bin" / "python", folder / ".ready"
    wanted = f"{sys.version}\n{(PINS / f'{project}.txt').read_text(encoding='utf-8')}"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    tell(f"installing {project} into {folder}")
    _done(sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "--no-input"]
    # As in the Makefile: the pins are complete, so nothing else is looked for; `pip check` says if one is missing.
    _done(*pip, "install", "--quiet", "--no-deps", "-r", str(PINS / f"{project}.txt"))
    _done(*pip, "check")
    stamp.write_text(wanted, encoding="utf-8")
    return python


def pins_of(project: str) -> Iterator[tuple[str, str]]:
    """Each package and its version; the first is the project's own."""
    for line in (PINS / f"{project}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            package, _, version = line.partition("==")
            yield package, version


def _done(*command: str) -> None:
    outcome = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if outcome.returncode:
        raise WorkloadFailed(f"this ended with exit status {outcome.returncode}: {' '.join(command)}\n{outcome.stdout}")
