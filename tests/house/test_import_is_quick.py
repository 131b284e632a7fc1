"""`import concertato` stays quick: the heavy libraries wait until something needs them."""

import subprocess
import sys

import pytest

HEAVY = ("pydantic", "typer", "rich", "yaml", "cel", "sqlite3", "asyncio", "uvloop", "multiprocessing")


FOR_SOME = ("multiprocessing", "concertato.agents.process", "concertato.definition.builder.workflow", "typer", "rich")
"""What not every program with an engine has a use for."""


@pytest.mark.parametrize(("program", "unwanted"), [("concertato", HEAVY), ("concertato.Engine", FOR_SOME)])
def test_nothing_is_loaded_before_something_needs_it(program: str, unwanted: tuple[str, ...]) -> None:
    probe = f"import sys, concertato; {program}; print([name for name in {unwanted} if name in sys.modules])"
    outcome = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert outcome.stdout.strip() == "[]"
