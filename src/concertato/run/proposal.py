"""Proposals."""

from typing import NamedTuple

from concertato.plan.model import NodePlan, ScopePlan
from concertato.run.state import Run, Scope


class Proposal(NamedTuple):
    body: bytes
    plan: ScopePlan


def read_proposal(run: Run, scope: Scope, node: NodePlan, output: bytes) -> "Proposal | list[str]":
    raise NotImplementedError
