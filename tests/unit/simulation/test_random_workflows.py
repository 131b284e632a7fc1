"""Whatever the definition and whatever goes wrong in it, a simulation comes to an end that has a name."""

from random import Random

import pytest

from concertato.plan.compile import compile_plan
from concertato.simulation.case import Case
from concertato.simulation.faults import Faults
from concertato.simulation.stage import Setting, Stage
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
