"""`import concertato` stays quick: the heavy libraries wait until something needs them."""

import subprocess
import sys

import pytest

HEAVY = ("pydantic", "typer", "rich", "yaml", "cel", "sqlite3", "asyncio", "uvloop", "multiprocessing")


FOR_SOME = ("multiprocessing", "concertato.agents.process", "concertato.definition.builder.workflow", "typer", "rich")
"""What not every program with an engine has a use for."""


A_RUN = """
import asyncio, tempfile
async def run(path):
    async with concertato.Engine.open(path) as engine:
        run = await engine.start({'name': 'sum', 'nodes': [{'id': 'sum', 'type': 'set', 'inputs': {'sum': '1 + 1'}}]})
        assert await run.result() == {'sum': {'sum': 2}}
with tempfile.TemporaryDirectory() as folder:
    asyncio.run(run(folder + '/journal.db'))
"""


@pytest.mark.parametrize(("program", "unwanted"), [("", HEAVY), (A_RUN, FOR_SOME)], ids=["import", "run"])
def test_nothing_is_loaded_before_something_needs_it(program: str, unwanted: tuple[str, ...]) -> None:
    probe = f"import sys, concertato\n{program}\nprint([name for name in {unwanted} if name in sys.modules])"
    outcome = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert outcome.stdout.strip() == "[]"
