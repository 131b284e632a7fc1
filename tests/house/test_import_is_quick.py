"""`import concertato` stays quick: the heavy libraries wait until something needs them."""

import subprocess
import sys

HEAVY = ("pydantic", "typer", "rich", "yaml", "cel", "sqlite3", "asyncio", "uvloop", "multiprocessing")


def test_importing_concertato_loads_no_heavy_library() -> None:
    probe = f"import sys, concertato; print([name for name in {HEAVY} if name in sys.modules])"
    outcome = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert outcome.stdout.strip() == "[]"
