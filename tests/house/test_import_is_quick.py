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


AT_ONCE = """
import sys, threading, concertato
failed = []
def first():
    try:
        concertato.compile({'name': 'sum', 'nodes': [{'id': 'sum', 'type': 'set', 'inputs': {'sum': '1 + 1'}}]})
    except BaseException as error:
        failed.append(error)
threads = [threading.Thread(target=first) for _ in range(8)]
sys.setswitchinterval(1e-6)
for thread in threads: thread.start()
for thread in threads: thread.join()
import cel.cli
print(failed, hasattr(cel.cli, 'app'))
"""


def test_threads_may_meet_in_the_first_expression() -> None:
    outcome = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=True)
    assert outcome.stdout.strip() == "[] True"
