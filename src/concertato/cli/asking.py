"""Asking something of a run that is already there: find it, load the agents it needs, ask, see it on."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.find import find_run
from concertato.cli.identity import account
from concertato.cli.session import open_session
from concertato.engine.contract import Engine, Request
from concertato.plan.model import Plan
from concertato.run.status import RunStatus


class Asking:
    """`definition` and `plan` are given where the run goes on with another definition than its own.

    `calls_agents` is False for what can be done to a run whose agents are nowhere to be found.
    """

    def __init__(
        self,
        doors: Doors,
        *,
        journal: Path | None,
        agents: Sequence[str] | None,
        wait: bool | None,
        as_json: bool,
        quiet: bool,
        definition: Path | None = None,
        plan: Plan | None = None,
        wanted: frozenset[RunStatus] = frozenset({RunStatus.SUCCEEDED}),
        calls_agents: bool = True,
    ) -> None:
        self._doors = doors
        self._journal = journal or doors.settings.journal
        self._agents = agents
        self._wait = wait
        self._as_json = as_json
        self._quiet = quiet
        self._definition = definition
        self._plan = plan
        self._wanted = wanted
        self._calls_agents = calls_agents
        self.by = account().user
        """The name of whoever types, for the record."""

    def send(self, named: str, request: Request) -> Exit:
        async def act(engine: Engine, run_id: str) -> str:
            await engine.send(run_id, request)
            return run_id

        return self.follow_on(named, act)

    def plan_for(self, named: str) -> Plan:
        """What the run goes on with: the plan that was given, or else its own."""
        if self._plan is not None:
            return self._plan
        with self._doors.reader(self._journal) as reader:
            return reader.plan(find_run(reader, named).run_id)

    def follow_on(self, named: str, act: Callable[[Engine, str], Awaitable[str]]) -> Exit:
        """Do `act` to the run that is meant and see on the run whose id it returns."""
        with self._doors.reader(self._journal) as reader:
            row = find_run(reader, named)
            plan = self._plan or reader.plan(row.run_id)
        session = open_session(
            self._doors,
            journal=self._journal,
            agents=self._agents,
            definition=self._definition,
            needed=plan.agents if self._calls_agents else frozenset(),
            wait=self._wait,
            as_json=self._as_json,
            quiet=self._quiet,
            wanted=self._wanted,
        )
        return session.conduct(lambda engine: act(engine, row.run_id))
