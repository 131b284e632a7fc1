"""What agents really did in the simulated world, whatever the run has heard of it.

Work is known by its task id: an agent is taken to recognise a repeat, so that what is asked for twice under one id is
done once.
"""

from typing import Literal

from concertato.run.commands import CallAgent
from concertato.run.events import Failure
from concertato.simulation.places import node_of

Lost = Literal["late", "failed", "hung", "stopped", "crash"]
"""How the answer of work that was done has come to nothing."""


class Work:
    """What an agent was asked for under one task id. `took` is when it took effect, `undone` when that was undone.

    `settled` says that it never will take effect, as somebody has made sure; `adopted` is the work of another agent
    that this one has found done. `output` is the JSON text that the agent answers with, `failure` how a real agent
    failed.
    """

    __slots__ = ("adopted", "agent", "failure", "lost", "node", "output", "path", "settled", "took", "undone")

    def __init__(self, call: CallAgent) -> None:
        self.agent = call.agent
        self.path = call.path
        self.node = node_of(call.path)
        self.output: bytes | None = None
        self.took: float | None = None
        self.undone: float | None = None
        self.settled = False
        self.adopted: Work | None = None
        self.failure: Failure | None = None
        self.lost: Lost = "failed"

    @property
    def stands(self) -> bool:
        return self.took is not None and self.undone is None


class Ledger:
    """`results` are the works whose results the run has, by the paths of their nodes."""

    def __init__(self) -> None:
        self.works: dict[str, Work] = {}
        self.results: dict[str, Work] = {}

    def work(self, call: CallAgent) -> Work:
        if call.task_id not in self.works:
            self.works[call.task_id] = Work(call)
        return self.works[call.task_id]

    def take_effect(self, work: Work, at: float, settles: tuple[str, ...] = ()) -> bool:
        """The work is done now; returns whether that is news.

        Who `settles` other agents' work first looks whether it was done for the same node, and takes that for its own;
        where it was not, it makes sure that it never will be.
        """
        if work.took is not None or work.settled or work.adopted is not None:
            return False
        for other in self.works.values() if settles else ():
            if other is not work and other.node == work.node and other.agent in settles:
                if other.stands:
                    work.adopted, work.output = other, other.output
                    return False
                other.settled = True
        work.took = at
        return True

    def accept(self, task_id: str) -> None:
        """The run has taken the answer for its node's result."""
        work = self.works[task_id]
        self.results[work.node] = work.adopted or work

    def undo(self, node: str, at: float) -> None:
        """What the run has as the node's result is undone."""
        if node in self.results:
            self.results[node].undone = at

    def standing(self) -> dict[str, list[Work]]:
        """The works whose effect stands, by the paths of their nodes."""
        found: dict[str, list[Work]] = {}
        for work in self.works.values():
            if work.stands:
                found.setdefault(work.node, []).append(work)
        return found
