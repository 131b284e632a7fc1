"""Whatever the definition and whatever goes wrong, a run ends in a way that has a name, and its report adds up."""

from random import Random

import pytest

from concertato.plan.compile import compile_plan
from concertato.simulation.case import Case
from concertato.simulation.faults import Faults
from concertato.simulation.report import EndReached, Most, Notice, SimulationReport, Surprise
from concertato.simulation.stage import Setting, Stage
from concertato.simulation.survey import survey
from support import workflows

HARD = Faults(**dict.fromkeys(Faults.__struct_fields__, 0.2))
"""Everything goes wrong, often."""


@pytest.mark.parametrize("block", range(4))
def test_random_workflows_come_to_an_end_and_show_no_fault_of_ours(block: int) -> None:
    for seed in range(block * 30, (block + 1) * 30):
        plan = compile_plan(workflows.workflow(Random(seed)))
        for faults in (HARD, Faults()):
            stage = Stage(plan.document, Setting(faults=faults, most_events=5000))
            for case in range(2):
                outcome = Case(stage, case).play()
                assert outcome is not None
                assert outcome.end != "fault", (seed, case, outcome.sightings)
                assert outcome.end != "waits" or outcome.at != "nothing that can be named"


@pytest.mark.parametrize("block", range(4))
def test_what_is_reported_of_random_workflows_adds_up_and_each_seed_repeats_what_it_stands_for(block: int) -> None:
    for seed in range(block * 8, (block + 1) * 8):
        plan = compile_plan(workflows.workflow(Random(seed)))
        for faults in (HARD, Faults()):
            setting = Setting(faults=faults, most_events=5000)
            report = survey(plan, setting, runs=20, seed=seed)
            assert report == survey(plan, setting, runs=20, seed=seed)
            assert report.ended() == report.runs == 20
            hopeless = [each.place for each in findings(report) if each.kind == "never_reached"]
            assert set(hopeless) <= set(report.unreached)
            for number in {each for each in seeds(report) if each is not None}:
                check_alone(report, survey(plan, setting, runs=1, seed=number), number)


def findings(report: SimulationReport) -> list[Surprise | Notice]:
    return [*report.surprises, *report.notices]


def seeds(report: SimulationReport) -> list[int | None]:
    told: list[EndReached | Surprise | Notice | Most] = [*report.ends, *findings(report), report.calls, report.attempts]
    return [each.seed for each in told] + [report.length.longest_seed]


def check_alone(report: SimulationReport, alone: SimulationReport, seed: int) -> None:
    """What was said of one run among others holds of that run alone."""
    (end,) = alone.ends
    assert (end.end, end.at) in [(each.end, each.at) for each in report.ends]
    for each in report.ends:
        if each.end in ("failed", "rolled_back"):
            assert sum(each.kinds.values()) == each.runs
        assert each.seed != seed or (each.end, each.at) == (end.end, end.at)
    found = {(each.kind, each.place) for each in findings(alone)}
    for finding in findings(report):
        if finding.seed == seed and finding.kind == "never_succeeded":
            assert end.end in ("failed", "rolled_back")
        elif finding.seed == seed:
            assert (finding.kind, finding.place) in found or finding.kind == "no_compensation"
    if report.length.longest_seed == seed:
        assert alone.length.longest_path == report.length.longest_path
        spent = sum(step.seconds for step in report.length.longest_path)
        assert spent == pytest.approx(report.length.longest, abs=0.001 * len(report.length.longest_path))
    for most, its in ((report.calls, alone.calls), (report.attempts, alone.attempts)):
        assert most.seed != seed or most.count == its.count
