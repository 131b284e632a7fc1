"""A run taken by the hand: answers given one by one, with no engine and no chance."""

from typing import Any

import msgspec

from concertato.errors import FailureKind
from concertato.plan.compile import compile_plan
from concertato.plan.model import Plan
from concertato.run.events import (
    AttemptFailed,
    CancelRequested,
    CompensationFailed,
    CompensationSucceeded,
    Decided,
    Failure,
    Identity,
    NodeSucceeded,
    PlanEdited,
    Raw,
    RecoveryDecided,
    RunPaused,
    RunResumed,
    RunStarted,
    SignalReceived,
    TimerFired,
)
from concertato.run.refusal import Refusal
from concertato.run.status import NodeStatus
from support.histories import START, History


class Stepped(History):
    """Says what happens in one word each. Whatever is sent must be accepted, but for `refusal`."""

    def __init__(self, document: dict[str, Any], /, **given: Any) -> None:
        """A run of `document`; `inputs`, `taken` and the like as `RunStarted` has them, inputs as plain values."""
        plan: Plan = compile_plan({"name": "d", **document})
        inputs = {name: _raw(value) for name, value in given.pop("inputs", {}).items()}
        taken = {path: _raw(value) for path, value in given.pop("taken", {}).items()}
        started = RunStarted(
            at=START,
            workflow="d",
            plan=plan.fingerprint,
            inputs=inputs,
            taken=taken,
            **{"run_id": "r", "task_root": "r", **given},
        )
        super().__init__(plan, started)

    def answer(self, path: str, output: Any = None) -> None:
        self._accepted(NodeSucceeded(at=self.now, path=path, output=_raw(output), attempt=self._attempt(path)))

    def fail(self, path: str, kind: str = "rejected", retry_after: float | None = None) -> None:
        failure = Failure(FailureKind(kind), "as the test says", retry_after=retry_after)
        self._accepted(AttemptFailed(at=self.now, path=path, failure=failure, attempt=self._attempt(path)))

    def undone(self, path: str) -> None:
        path += "~undo"
        self._accepted(CompensationSucceeded(at=self.now, path=path, attempt=self._attempt(path)))

    def not_undone(self, path: str, kind: str = "rejected") -> None:
        path += "~undo"
        failure = Failure(FailureKind(kind), "as the test says")
        self._accepted(CompensationFailed(at=self.now, path=path, failure=failure, attempt=self._attempt(path)))

    def fire(self, timer: str) -> None:
        self.now = max(self.now, self.world.timers[timer])
        self._accepted(TimerFired(at=self.now, timer=timer))

    def signal(self, name: str, payload: Any = None) -> None:
        self._accepted(SignalReceived(at=self.now, name=name, payload=_raw(payload)))

    def advise(self, path: str, action: str, **more: Any) -> None:
        """A recovery agent's answer; `path` is the node's, whose ladder has one that is asked just now."""
        self.advise_whole(path, {"action": action, "reason": "as the test says", **more})

    def advise_whole(self, path: str, answer: Any, *, misfit: str | None = None) -> None:
        asked = next(each for each in self.world.calls if each.startswith(f"{path}~recover"))
        attempt, text = self._attempt(asked), answer if isinstance(answer, Raw) else _raw(answer)
        self._accepted(RecoveryDecided(at=self.now, path=asked, attempt=attempt, answer=text, misfit=misfit))

    def decide(self, task_name: str, choice: str, *, by: Identity | None = None, values: Any = None) -> None:
        """As somebody who may, unless it is said `by` whom."""
        self._accepted(self.decision(task_name, choice, by=by, values=values))

    def decision(self, task_name: str, choice: str, *, by: Identity | None = None, values: Any = None) -> Decided:
        to = self.run.tasks[task_name].to[0].partition(":")
        someone = Identity(user=to[2]) if to[0] == "user" else Identity(user="somebody", roles=[to[2]])
        text = values if isinstance(values, Raw) else _raw(values)
        return Decided(at=self.now, task=task_name, choice=choice, by=by or someone, values=text, reason="said")

    @property
    def asked(self) -> list[str]:
        """The names of the tasks that are open."""
        return list(self.world.tasks)

    def told(self, step: str) -> list[tuple[str, dict[str, Any]]]:
        """The paths and details of such steps of the decision path."""
        return [(told.path, told.detail) for turn in self.turns for told in turn.told if told.step == step]

    def pause(self) -> None:
        self._accepted(RunPaused(at=self.now))

    def resume(self) -> None:
        self._accepted(RunResumed(at=self.now))

    def cancel(self, *, rollback: bool = False, by: str | None = None, reason: str | None = None) -> None:
        self._accepted(CancelRequested(at=self.now, rollback=rollback, by=by, reason=reason))

    def edit(self, **patch: Any) -> None:
        self._accepted(self._edit(patch))

    def edit_refused(self, **patch: Any) -> str:
        return self.refusal(self._edit(patch)).reason

    def refusal(self, event: Any) -> Refusal:
        refusal = self.send(event)
        assert refusal is not None, f"{event} was accepted"
        return refusal

    @property
    def called(self) -> list[str]:
        """The paths that are with their agents."""
        return list(self.world.calls)

    def given(self, path: str) -> dict[str, Any]:
        """What the agent that is at work on `path` was given."""
        return {name: msgspec.json.decode(text) for name, text in self.world.calls[path].fields.items()}

    @property
    def statuses(self) -> dict[str, str]:
        """The last status of every node that had a change."""
        found: dict[str, NodeStatus] = {}
        for turn in self.turns:
            found.update(turn.changes)
        return {path: status.value for path, status in found.items()}

    @property
    def outputs(self) -> Any:
        assert self.run.finished is not None
        return msgspec.json.decode(self.run.finished.outputs or b"null")

    @property
    def end(self) -> str:
        assert self.run.finished is not None, f"the run goes on: {self.statuses}"
        return self.run.finished.status

    def _attempt(self, path: str) -> int:
        return self.world.calls[path].attempt

    def _edit(self, patch: dict[str, Any]) -> PlanEdited:
        return PlanEdited(at=self.now, patch=_raw(patch), plan="")

    def _accepted(self, event: Any) -> None:
        refusal = self.send(event)
        assert refusal is None, refusal


def _raw(value: Any) -> Raw:
    return Raw(msgspec.json.encode(value))


def task(node_id: str, **more: Any) -> dict[str, Any]:
    """A node that agent `work` does."""
    return {"id": node_id, "type": "work", **more}


def undoable(node_id: str, **more: Any) -> dict[str, Any]:
    """A node that agent `work` does and agent `undo` undoes."""
    return task(node_id, compensate={"type": "undo"}, **more)


def held(node_id: str, *body: dict[str, Any], over: str = "[1]", **more: Any) -> dict[str, Any]:
    """A map."""
    return {"id": node_id, "type": "map", "over": over, "nodes": [*body], **more}


def fallback(**more: Any) -> dict[str, Any]:
    """A step of a ladder: agent `other` in the node's place."""
    return {"fallback": {"type": "other", **more}}


def recover(*may: str, **more: Any) -> dict[str, Any]:
    """A step of a ladder: agent `advisor` decides."""
    return {"recover": {"type": "advisor", "may": list(may), **more}}


def escalate(**more: Any) -> dict[str, Any]:
    """A step of a ladder: somebody with the role `boss` decides."""
    return {"escalate": {"to": "role:boss", **more}}
