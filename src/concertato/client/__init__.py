"""What Python programs hold in their hands: an `Engine`, a `Run` of it, and `run` for a script."""

from concertato.client.engine import Engine
from concertato.client.runs import Run
from concertato.client.script import run

__all__ = ["Engine", "Run", "run"]
