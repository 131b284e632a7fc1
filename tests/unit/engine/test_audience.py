"""Who waits for a run has a future of their own, and leaves nothing behind when they stop."""

import asyncio

from concertato.engine.contract import Ended
from concertato.engine.embedded.audience import Audience


async def test_who_asks_again_and_again_leaves_nothing_behind() -> None:
    audience = Audience()
    patient = [audience.end("r") for _ in range(8)]
    for _ in range(100):
        impatient = [audience.end("r") for _ in range(8)]
        for each in impatient:
            each.cancel()
        late = audience.end("r")
        patient.append(late)
        patient.pop(0).cancel()
    assert len(audience._ends["r"]) <= 4 * len(patient)
    audience.ended(Ended(run_id="r", status="succeeded"))
    assert [(await each).status for each in patient] == ["succeeded"] * len(patient)


async def test_one_who_stops_waiting_takes_nobody_with_them() -> None:
    audience = Audience()
    first, second = audience.rest("r"), audience.rest("r")
    first.cancel()
    audience.rested("r")
    await asyncio.wait_for(second, 1)
    assert first.cancelled()
