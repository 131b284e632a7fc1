"""What a simulation has found, by its kinds, where Concertato itself has no fault."""

from typing import Any

from concertato import SimulationReport

Document = dict[str, Any]


def kinds(report: SimulationReport) -> set[str]:
    assert report.ended("fault") == 0
    return {each.kind for each in report.surprises}


def noticed(report: SimulationReport) -> set[str]:
    return {each.kind for each in report.notices}
