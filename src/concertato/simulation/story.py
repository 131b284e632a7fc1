"""What happens in one simulated run, told step by step."""

from collections.abc import Mapping
from typing import Any

import msgspec

from concertato.plan.model import NodePlan
from concertato.run.commands import CallAgent
from concertato.run.events import (
    AnyEvent,
    AttemptFailed,
    CompensationFailed,
    Decided,
    Failure,
    NodeSucceeded,
    RecoveryDecided,
)
from concertato.run.refusal import Refusal
from concertato.run.status import NodeStatus
from concertato.run.values import encode
from concertato.simulation.acting import Outage
from concertato.simulation.times import START

_SHOWN = 70
"""Characters of a value."""


class Moment(msgspec.Struct, frozen=True):
    """`at` is in seconds since the run began; `what` is what kind of thing happened, `path` where."""

    at: float
    what: str
    path: str
    text: str


class Story:
    def __init__(self) -> None:
        self.moments: list[Moment] = []

    def _tell(self, at: float, what: str, path: str, text: str) -> None:
        self.moments.append(Moment(round(at - START, 3), what, path, text))

    def began(self, inputs: Mapping[str, Any], outage: Outage | None) -> None:
        given = ", ".join(f"{name} = {_short(encode(value))}" for name, value in inputs.items())
        self._tell(START, "started", "", f"the run starts{f' with {given}' if given else ''}")
        if outage is not None:
            how = "answers too late, and does its work" if outage.slow else "fails"
            self._tell(START, "outage", "", f"from {outage.since - START:.1f} s on, {outage.agent} {how}")

    def asked(self, at: float, call: CallAgent) -> None:
        again = f", attempt {call.attempt}" if call.attempt > 1 else ""
        self._tell(at, "asked", call.path, f"{call.agent} is asked{again}")

    def answered(self, at: float, call: CallAgent, event: AnyEvent, *, again: bool) -> None:
        if again:
            self._tell(at, "answered", call.path, f"the same answer of {call.agent} comes once more")
            return
        match event:
            case AttemptFailed(failure=failure) | CompensationFailed(failure=failure):
                text = f"{call.agent or 'it'} fails: {failure.kind.value} ({failure.message})"
                self._tell(at, "failed", call.path, text)
            case NodeSucceeded(output=output):
                self._tell(at, "answered", call.path, f"{call.agent} answers {_short(bytes(output))}")
            case RecoveryDecided(answer=answer):
                self._tell(at, "answered", call.path, f"{call.agent} answers {_short(bytes(answer))}")
            case _:
                self._tell(at, "answered", call.path, f"{call.agent} has done it")

    def took_effect(self, at: float, call: CallAgent) -> None:
        self._tell(at, "effect", call.path, f"the work of {call.agent} takes effect")

    def refused(self, at: float, what: str, refusal: Refusal) -> None:
        why = "too late, and changes nothing" if refusal.late else refusal.reason
        self._tell(at, "refused", what, why)

    def rang(self, at: float, timer: str) -> None:
        purpose, _, rest = timer.partition(":")
        path = rest.partition("#")[0]
        words = {
            "timeout": "its time is over",
            "retry": "the wait before the next attempt is over",
            "wait": "the moment has come",
            "run": "the workflow's time is over",
            "due": "nobody has decided in time",
            "remind": "a reminder",
        }
        self._tell(at, "timer", path, words.get(purpose, timer))

    def decided(self, at: float, decided: Decided) -> None:
        values = "" if bytes(decided.values) in (b"null", b"{}") else f", with {_short(bytes(decided.values))}"
        self._tell(at, "decided", decided.task, f"{decided.by.user} decides: {decided.choice}{values}")

    def signalled(self, at: float, name: str, payload: bytes) -> None:
        self._tell(at, "signal", "", f"signal {name} comes, with {_short(payload)}")

    def crashed(self, at: float) -> None:
        self._tell(at, "crash", "", "the process dies; what was recorded is replayed, who was at work is asked again")

    def changed(self, at: float, path: str, node: NodePlan, status: NodeStatus, failure: Failure | None) -> None:
        """A node is where it is without anybody's answer, or for good."""
        match status:
            case NodeStatus.SKIPPED:
                self._tell(at, "skipped", path, "skipped")
            case NodeStatus.CANCELLED:
                self._tell(at, "cancelled", path, "cancelled")
            case NodeStatus.FAILED:
                why = "" if failure is None else f": {failure.kind.value} ({failure.message})"
                self._tell(at, "failed", path, f"failed for good{why}")
            case NodeStatus.SUCCEEDED if node.kind not in ("task", "human", "wait"):
                self._tell(at, "succeeded", path, f"{node.kind} is done")
            case NodeStatus.COMPENSATED:
                self._tell(at, "undone", path, "undone")
            case NodeStatus.COMPENSATION_FAILED:
                self._tell(at, "failed", path, "stays undone")
            case _:
                pass

    def told(self, at: float, step: str, path: str, detail: Mapping[str, Any]) -> None:
        """A step of the decision path that is told nowhere else."""
        match step:
            case "rung":
                self._tell(
                    at, "ladder", path, f"step {detail['rung']} of {detail['of']} of the ladder: {detail['what']}"
                )
            case "passed_over":
                self._tell(at, "ladder", path, f"passed over: {detail['why']}")
            case "task_opened":
                self._tell(at, "task", path, f"{', '.join(detail['to'])} asked: {detail['title']}")
            case "task_handed_over":
                self._tell(at, "task", path, f"passed on to {', '.join(detail['to'])}")
            case "action":
                self._tell(at, "ladder", path, f"what becomes of it: {detail['action']}")
            case "stopping":
                how = "and what was done is undone" if detail["rollback"] else "and nothing is undone"
                self._tell(at, "stopping", path, f"what is in flight is stopped, {how}")
            case "proposal_refused":
                self._tell(at, "refused", path, f"the proposal is refused: {'; '.join(detail['mistakes'])}")
            case "ended":
                left = detail.get("undone_left")
                self._tell(
                    at,
                    "ended",
                    "",
                    f"the run ends: {detail['status']}" + (f"; left: {', '.join(left)}" if left else ""),
                )
            case _:
                pass


def _short(text: bytes) -> str:
    shown = text.decode()
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
